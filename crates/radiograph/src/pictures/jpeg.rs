//! JPEG pictures: 8-bit baseline and progressive, and the lossless and 12-bit processes of DICOM.

use super::{Picture, check_pixels, luma, luma_of_ycbcr, provenance};
use crate::codec::{self, FrameColour};
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
    let white = f64::from((1_u32 << frame.precision) - 1);
    // Where the file is silent, three components are what libjpeg takes them for.
    let is_rgb = match frame.colour {
        FrameColour::Rgb => true,
        FrameColour::Ycc => false,
        FrameColour::Unsaid => !frame.lossy,
    };
    let (colour, values) = match (size.components, is_rgb) {
        (1, _) => ("grayscale", samples),
        (_, true) => ("rgb", luma(samples.into_iter(), size.components)),
        _ => ("ycbcr", luma_of_ycbcr(&samples, white)),
    };
    let mut provenance = provenance(SourceFormat::Jpeg, colour, size.components, frame.precision);
    if size.components > 1 {
        provenance.warnings.push(Warning::ColourToGrey { photometric: colour.into() });
    }
    let (rows, orientation) = (frame.rows, codec::jpeg_orientation(bytes, deadline));
    let picture = Picture::new(size.height, size.width, values, Some([0.0, white]));
    Picture { rows, orientation, provenance, ..picture }.into_radiograph(options)
}
