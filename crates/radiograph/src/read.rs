//! From a file to a radiograph: which reader, by content. And whole files written.
//!
//! A file is read into memory, not mapped. Mapping would save at most the file's own size (7.5 MB
//! of the 27 MB that reading a native film of 2140 x 1760 takes, less where it is compressed), it
//! needs `unsafe`, and a file that another process cuts short would end the program. Headers alone
//! are read in pieces ([`ReadOptions::read_header`]).

use crate::{Error, Radiograph, ReadOptions, dicom, pictures};
use std::fs::File;
use std::io::Read;
use std::path::Path;

pub(crate) fn file(path: &Path, options: &ReadOptions) -> Result<Radiograph, Error> {
    bytes(&read_bounded(path, options.limits.bytes)?, options)
}

/// The whole file, which may not be longer than `limit`.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    if len > limit {
        return Err(exceeded(limit, len));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0) + 1);
    append_bounded(file, limit, &mut bytes)?;
    Ok(bytes)
}

/// A whole stream, which may not be longer than `limit`.
pub(crate) fn stream_bounded(stream: impl Read, limit: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    append_bounded(stream, limit, &mut bytes)?;
    Ok(bytes)
}

fn append_bounded(stream: impl Read, limit: u64, bytes: &mut Vec<u8>) -> Result<(), Error> {
    stream.take(limit.saturating_add(1)).read_to_end(bytes)?;
    let got = bytes.len() as u64;
    if got > limit { Err(exceeded(limit, got)) } else { Ok(()) }
}

fn exceeded(allowed: u64, got: u64) -> Error {
    Error::LimitExceeded { name: "bytes of the file", allowed, got }
}

/// Writes a file, whole or not at all.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    vertebra_run::write_whole(path, bytes).map_err(|e| {
        let (path, source) = e.into_parts();
        Error::Io { source }.at(&path)
    })
}

/// Kinds of files that are read here.
enum Kind {
    Png,
    Npy,
    Dicom,
    Tiff,
    Jpeg,
    Bmp,
}

/// The kind of a file, by its first bytes.
fn kind(bytes: &[u8], options: &ReadOptions) -> Result<Kind, Error> {
    if bytes.starts_with(pictures::PNG_SIGNATURE) {
        return Ok(Kind::Png);
    }
    if bytes.starts_with(pictures::NPY_SIGNATURE) {
        return Ok(Kind::Npy);
    }
    if dicom::has_prefix(bytes) || (options.lenient && dicom::looks_like_data_set(bytes)) {
        return Ok(Kind::Dicom);
    }
    // After DICOM, whose preamble may hold the header of a TIFF (PS3.10 7.1).
    if pictures::is_tiff(bytes) {
        return Ok(Kind::Tiff);
    }
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Ok(Kind::Jpeg);
    }
    if pictures::is_bmp(bytes) {
        return Ok(Kind::Bmp);
    }
    Err(Error::UnknownFormat {
        expected: "\"DICM\" at byte 128 (DICOM), or PNG, TIFF, JPEG, BMP or NPY",
        got: first_bytes(bytes),
    })
}

pub(crate) fn bytes(bytes: &[u8], options: &ReadOptions) -> Result<Radiograph, Error> {
    match kind(bytes, options)? {
        Kind::Png => pictures::read_png(bytes, options),
        Kind::Npy => pictures::read_npy(bytes, options),
        Kind::Dicom => dicom::read(bytes, options),
        Kind::Tiff => pictures::read_tiff(bytes, options),
        Kind::Jpeg => pictures::read_jpeg(bytes, options),
        Kind::Bmp => pictures::read_bmp(bytes, options),
    }
}

/// Looks whether a file is a film, from as few of its bytes as that takes.
pub(crate) fn film(file: &mut dyn Read, options: &ReadOptions) -> Result<(), Error> {
    const ENOUGH: u64 = 4 << 10;
    let mut first = Vec::new();
    Read::take(&mut *file, ENOUGH).read_to_end(&mut first)?;
    match kind(&first, options)? {
        Kind::Dicom => options.header_of(&mut first.as_slice().chain(file)).map(|_| ()),
        _ => Ok(()),
    }
}

pub(crate) fn first_bytes(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing: it is empty".into();
    }
    bytes.iter().take(8).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}
