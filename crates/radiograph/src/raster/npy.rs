//! numpy's array file, version 1.0: written as little-endian float32 `[height, width]`.

use crate::{Error, Radiograph};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes the grey values as a float32 array `[height, width]`.
///
/// # Errors
/// [`Error::File`] around what the operating system refused.
pub fn write_npy(path: impl AsRef<Path>, radiograph: &Radiograph) -> Result<(), Error> {
    let path = path.as_ref();
    encode(path, radiograph).map_err(|e| Error::from(e).at(path))
}

fn encode(path: &Path, radiograph: &Radiograph) -> std::io::Result<()> {
    let (height, width) = (radiograph.height(), radiograph.width());
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({height}, {width}), }}");
    // The data start at a multiple of 64 bytes, after 10 bytes of preamble and a newline.
    let padding = (64 - (10 + header.len() + 1) % 64) % 64;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&(header.len() as u16).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for value in radiograph.pixels() {
        file.write_all(&value.to_le_bytes())?;
    }
    file.flush()
}
