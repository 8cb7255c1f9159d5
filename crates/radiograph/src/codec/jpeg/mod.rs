//! JPEG (ITU-T T.81): lossless and 12-bit DCT here, 8-bit DCT by zune-jpeg.

mod bits;
mod dct;
mod huffman;
mod lossless;
mod progressive;
mod stream;
mod strides;

use super::{Fault, Frame, FrameColour, FrameSamples, Size};
use crate::deadline::Deadline;
use stream::{Event, FrameHeader, Stream, fault};

pub(crate) use stream::orientation as tiff_orientation;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};

/// Each scan of a progressive picture goes over all of it; encoders make some ten.
const MOST_SCANS: usize = 200;

/// The size that the frame header states.
pub(crate) fn size(bytes: &[u8], deadline: Deadline) -> Result<Size, Fault> {
    let Event::Frame(frame) = Stream::new(bytes, deadline)?.next()? else {
        return Err(fault("expected a frame header before the scan or the end"));
    };
    if frame.height == 0 || frame.width == 0 {
        return Err(fault(format!("expected a size; got {} x {}", frame.height, frame.width)));
    }
    Ok(Size { height: frame.height, width: frame.width, components: frame.components.len() })
}

/// Decodes a JPEG stream of any process this crate knows.
pub(crate) fn decode(bytes: &[u8], size: Size, deadline: Deadline) -> Result<Frame, Fault> {
    let mut stream = Stream::new(bytes, deadline)?;
    let Event::Frame(frame) = stream.next()? else {
        return Err(fault("expected a frame header before the scan or the end"));
    };
    let got = Size { height: frame.height, width: frame.width, components: frame.components.len() };
    size.check("JPEG", got)?;
    match (frame.process, frame.precision) {
        (3, _) => lossless(stream, &frame),
        (0 | 1, 8) if !is_interleaved(&stream, &frame) => extended(stream, &frame),
        (0..=2, 8) => baseline(&stream, &frame, size),
        (1, 12) => extended(stream, &frame),
        (2, 12) => progressive(stream, &frame),
        (process, precision) => {
            Err(fault(format!("process SOF{process} of {precision} bits is not supported")))
        }
    }
}

/// Whether the first scan has all components. The library reads those of a sequential picture in
/// scans of their own wrong, without a word.
fn is_interleaved(stream: &Stream<'_>, frame: &FrameHeader) -> bool {
    let scan = stream.clone_ahead().and_then(|mut ahead| ahead.next());
    !matches!(scan, Ok(Event::Scan(segment, _))
        if segment.first().is_some_and(|n| usize::from(*n) < frame.components.len()))
}

/// The orientation that an Exif segment before the first scan states: 1 to 8 as in TIFF.
pub(crate) fn orientation(bytes: &[u8], deadline: Deadline) -> Option<u16> {
    let mut stream = Stream::new(bytes, deadline).ok()?;
    stream.next().ok()?;
    stream.orientation
}

/// What the components of a DCT frame are, as libjpeg takes them: by a JFIF segment, else by an
/// Adobe one, else by the components' names. Four are not for films.
fn colour(stream: &Stream<'_>, frame: &FrameHeader) -> Result<FrameColour, Fault> {
    let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
    match (ids.len(), stream.adobe_transform) {
        (1, _) => Ok(FrameColour::Unsaid),
        (3, _) if stream.jfif => Ok(FrameColour::Ycc),
        (3, Some(0)) => Ok(FrameColour::Rgb),
        (3, Some(_)) => Ok(FrameColour::Ycc),
        (3, None) if ids == *b"RGB" => Ok(FrameColour::Rgb),
        (3, None) => Ok(FrameColour::Unsaid),
        (4, Some(2)) => Err(fault("expected grey, YCbCr or RGB; got YCCK (4 components)")),
        (4, _) => Err(fault("expected grey, YCbCr or RGB; got CMYK (4 components)")),
        (n, _) => Err(fault(format!("expected 1 or 3 components; got {n}"))),
    }
}

fn lossless(mut stream: Stream<'_>, frame: &FrameHeader) -> Result<Frame, Fault> {
    // What no Adobe segment calls YCbCr is taken as it is.
    let colour = match (frame.components.len(), stream.adobe_transform) {
        (3, Some(1..)) => FrameColour::Ycc,
        (4, _) => return Err(fault("expected grey, YCbCr or RGB; got 4 components")),
        _ => FrameColour::Unsaid,
    };
    let mut decoder = lossless::Lossless::new(frame)?;
    while let Event::Scan(segment, data) = stream.next()? {
        let scan = stream::scan_header(&segment, data, frame)?;
        let end = decoder.scan(&stream, &scan)?;
        stream.seek(end);
    }
    Ok(Frame { colour, ..decoder.finish() })
}

fn extended(mut stream: Stream<'_>, frame: &FrameHeader) -> Result<Frame, Fault> {
    let colour = colour(&stream, frame)?;
    let mut decoder = dct::Sequential::new(frame)?;
    scans(&mut stream, frame, &mut decoder)?;
    Ok(Frame { colour, ..decoder.finish() })
}

/// Decodes all scans of a sequential frame.
fn scans(
    stream: &mut Stream<'_>,
    frame: &FrameHeader,
    decoder: &mut dct::Sequential<'_>,
) -> Result<(), Fault> {
    while let Event::Scan(segment, data) = stream.next()? {
        let scan = stream::scan_header(&segment, data, frame)?;
        let end = decoder.scan(stream, &scan)?;
        stream.seek(end);
    }
    Ok(())
}

fn progressive(mut stream: Stream<'_>, frame: &FrameHeader) -> Result<Frame, Fault> {
    let colour = colour(&stream, frame)?;
    let mut decoder = progressive::Progressive::new(frame)?;
    let mut scans = 0;
    while let Event::Scan(segment, data) = stream.next()? {
        scans += 1;
        if scans > MOST_SCANS {
            return Err(fault(format!("expected at most {MOST_SCANS} scans; got more")));
        }
        let scan = stream::scan_header(&segment, data, frame)?;
        let end = decoder.scan(&stream, &scan)?;
        stream.seek(end);
    }
    Ok(Frame { colour, ..decoder.finish(&stream)? })
}

/// Decodes 8-bit DCT processes, without a change of colour.
///
/// The library is not shown the application segments: it refuses files whose Adobe segment is too
/// short, and what they say of colour is `stream`'s to read. It fills up what is missing of a cut
/// file without a word; where that may have happened, the decoders of this crate tell what arrived.
fn baseline(stream: &Stream<'_>, frame: &FrameHeader, size: Size) -> Result<Frame, Fault> {
    let library = |e: zune_jpeg::errors::DecodeErrors| fault(e.to_string());
    let colour = colour(stream, frame)?;
    let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
    let as_stored = match ids.as_slice() {
        [_] => ColorSpace::Luma,
        b"RGB" => ColorSpace::RGB,
        _ => ColorSpace::YCbCr,
    };
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(as_stored)
        .set_max_width(size.width)
        .set_max_height(size.height);
    let scans = stream.bytes.windows(2).filter(|w| *w == [0xFF, 0xDA]).take(MOST_SCANS + 1).count();
    if scans > MOST_SCANS {
        return Err(fault(format!("expected at most {MOST_SCANS} scans; got more")));
    }
    let plain = stream::without_application_segments(stream.bytes);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&plain), options);
    let decoded = decoder.decode();
    let expected = size.pixels() * size.components;
    let whole = matches!(&decoded, Ok(s) if !may_be_cut(stream.bytes, s, size));
    let rows = match whole {
        true => size.height,
        false => arrived(stream, frame).or_else(|error| match &decoded {
            // Of a kind that only the library knows, and with its end.
            Ok(_) if has_end(stream.bytes) => Ok(size.height),
            _ => Err(error),
        })?,
    };
    let mut samples = match decoded {
        // The library gives up where little arrived.
        Err(_) if rows < size.height => vec![0; expected],
        decoded => decoded.map_err(library)?,
    };
    if samples.len() != expected {
        return Err(fault(format!("expected {expected} samples; got {}", samples.len())));
    }
    samples[rows * size.width * size.components..].fill(0);
    let samples = FrameSamples::Bytes(samples);
    Ok(Frame { samples, precision: 8, rows, colour, lossy: true })
}

/// Whether the library may have made up the end of a picture: the end marker is not there, or the
/// last blocks are alike, as those are that it makes of no bits.
fn may_be_cut(bytes: &[u8], samples: &[u8], size: Size) -> bool {
    if !has_end(bytes) {
        return true;
    }
    let Size { height, width, components } = size;
    let (bottom, right) = ((height - 1) / 8 * 8, (width - 1) / 8 * 8);
    if right < 8 {
        return true;
    }
    let sample = |row: usize, column: usize| {
        i32::from(samples.get((row * width + column) * components).copied().unwrap_or(0))
    };
    let step = sample(bottom, right) - sample(bottom, right - 8);
    (bottom..height)
        .all(|row| (right..width).all(|x| (sample(row, x) - sample(row, x - 8) - step).abs() <= 1))
}

/// Whether the end marker is there, before any padding.
fn has_end(bytes: &[u8]) -> bool {
    let padding = bytes.iter().rev().take_while(|b| **b == 0).count();
    bytes[..bytes.len() - padding].ends_with(&[0xFF, 0xD9])
}

/// Rows of an 8-bit picture that arrived.
fn arrived(stream: &Stream<'_>, frame: &FrameHeader) -> Result<usize, Fault> {
    let mut again = Stream::new(stream.bytes, stream.deadline)?;
    again.next()?;
    if frame.process == 2 {
        return Ok(progressive(again, frame)?.rows);
    }
    let mut decoder = dct::Sequential::new(frame)?.without_samples();
    scans(&mut again, frame, &mut decoder)?;
    Ok(decoder.rows())
}
