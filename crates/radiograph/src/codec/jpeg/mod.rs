//! JPEG (ITU-T T.81): lossless and 12-bit DCT here, 8-bit DCT by zune-jpeg.

mod bits;
mod dct;
mod huffman;
mod lossless;
mod stream;

use super::{Fault, Frame, FrameColour, FrameSamples, Size};
use crate::deadline::Deadline;
use stream::{Event, FrameHeader, Stream, fault};
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
        (1, 12) => extended(stream, &frame),
        (0..=2, 8) => baseline(&stream, &frame, size),
        (process, precision) => {
            Err(fault(format!("process SOF{process} of {precision} bits is not supported")))
        }
    }
}

fn lossless(mut stream: Stream<'_>, frame: &FrameHeader) -> Result<Frame, Fault> {
    let mut decoder = lossless::Lossless::new(frame)?;
    while let Event::Scan(segment, data) = stream.next()? {
        let scan = stream::scan_header(&segment, data, frame)?;
        let end = decoder.scan(&stream, &scan)?;
        stream.seek(end);
    }
    Ok(decoder.finish())
}

fn extended(mut stream: Stream<'_>, frame: &FrameHeader) -> Result<Frame, Fault> {
    let mut decoder = dct::Sequential::new(frame)?;
    while let Event::Scan(segment, data) = stream.next()? {
        let scan = stream::scan_header(&segment, data, frame)?;
        let end = decoder.scan(&stream, &scan)?;
        stream.seek(end);
    }
    Ok(decoder.finish())
}

/// Decodes 8-bit DCT processes, without a change of colour.
///
/// The library is not shown the application segments: it refuses files whose Adobe segment is too
/// short, and what they say of colour is `stream`'s to read.
fn baseline(stream: &Stream<'_>, frame: &FrameHeader, size: Size) -> Result<Frame, Fault> {
    let library = |e: zune_jpeg::errors::DecodeErrors| fault(e.to_string());
    let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
    let as_stored = match (size.components, ids.as_slice()) {
        (1, _) => ColorSpace::Luma,
        (_, b"RGB") => ColorSpace::RGB,
        (3, _) => ColorSpace::YCbCr,
        _ => return Err(fault(format!("expected 1 or 3 components; got {}", size.components))),
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
    let samples = decoder.decode().map_err(library)?;
    let expected = size.pixels() * size.components;
    if samples.len() != expected {
        return Err(fault(format!("expected {expected} samples; got {}", samples.len())));
    }
    let colour = match (stream.adobe_transform, stream.jfif) {
        _ if as_stored == ColorSpace::RGB => FrameColour::Rgb,
        (Some(0), _) => FrameColour::Rgb,
        (Some(_), _) | (None, true) => FrameColour::Ycc,
        (None, false) => FrameColour::Unsaid,
    };
    let samples = FrameSamples::Bytes(samples);
    Ok(Frame { samples, precision: 8, rows: size.height, colour, lossy: true })
}
