//! JPEG pictures: 8-bit baseline and progressive, and the lossless and 12-bit processes of DICOM.

use super::{Picture, check_pixels, luma, provenance};
use crate::codec;
use crate::deadline::Deadline;
use crate::{Error, Radiograph, ReadOptions, SourceFormat, Warning};

/// Reads a JPEG; black is 0 and white the largest sample its precision can hold.
pub(crate) fn read_jpeg(bytes: &[u8], options: &ReadOptions) -> Result<Radiograph, Error> {
    let deadline = Deadline::new(&options.limits);
    let size = codec::jpeg_size(bytes, deadline);
    deadline.check()?;
    let size = size?;
    check_pixels(size.height, size.width, size.components, options)?;
    let frame = codec::decode_jpeg(bytes, size, deadline);
    deadline.check()?;
    let frame = frame?;
    if frame.rows < size.height && !options.lenient {
        return Err(Error::Truncated {
            name: "JPEG data, in rows instead of".into(),
            expected: size.height as u64,
            got: frame.rows as u64,
        });
    }
    let samples = frame.samples.values();
    let colour = if size.components == 1 { "grayscale" } else { "rgb" };
    let mut provenance = provenance(SourceFormat::Jpeg, colour, size.components, frame.precision);
    if size.components > 1 {
        provenance.warnings.push(Warning::ColourToGrey { photometric: colour.into() });
    }
    if frame.rows < size.height {
        let warning = Warning::Truncated { rows_present: frame.rows, rows: size.height };
        provenance.warnings.push(warning);
    }
    let range = Some([0.0, f64::from((1_u32 << frame.precision) - 1)]);
    let values = luma(samples.into_iter(), size.components);
    let (height, width) = (size.height, size.width);
    Picture { height, width, values, range, provenance }.into_radiograph(options)
}
