//! JPEG XL (ISO/IEC 18181), decoded by jxl-rs.

use super::{Fault, Frame, FrameColour, FrameSamples, Size};
use crate::deadline::Deadline;
use jxl::api::{
    Endianness, Event, JxlBitDepth, JxlColorType, JxlDataFormat, JxlDecoder, JxlDecoderOptions,
    JxlOutputBuffer, JxlPixelFormat, ProfileLevel,
};

/// Bytes given to the decoder at once; the time is looked at in between.
const PIECE: usize = 256 << 10;

/// Decodes the first frame of a codestream or of a file. A picture recompressed from JPEG comes as
/// its pixels.
///
/// Of a cut picture the decoder writes what it has whole and does not say what: a second run, over
/// a buffer of other bytes, shows what was written.
pub(crate) fn decode(bytes: &[u8], size: Size, deadline: Deadline) -> Result<Frame, Fault> {
    let (first, whole) = run(bytes, size, deadline, 0)?;
    let rows = match whole {
        true => size.height,
        false => first.rows_as_in(&run(bytes, size, deadline, u8::MAX)?.0),
    };
    Ok(Frame { rows, ..first.into_frame(size) })
}

/// Decodes into a buffer of equal bytes; and whether the picture arrived whole.
fn run(bytes: &[u8], size: Size, deadline: Deadline, fill: u8) -> Result<(Output, bool), Fault> {
    let mut rest = bytes;
    let mut piece: &[u8] = &[];
    let mut options = JxlDecoderOptions::default();
    // DICOM has its own ways to turn a picture.
    options.adjust_orientation = false;
    options.high_precision = true;
    options.max_profile_level = ProfileLevel::Main10;
    // The decoder counts three channels whatever there are, and extra ones.
    options.sample_limit = Some(size.pixels().max(16 * size.height) * 8);
    let mut decoder = JxlDecoder::new(options);
    let mut output: Option<Output> = None;
    loop {
        let mut buffer = output.as_mut().map(|output| [output.buffer()]);
        let buffers = buffer.as_mut().map(|buffer| &mut buffer[..]);
        let event = decoder.process(&mut piece, buffers, None).map_err(|e| fault(e.to_string()))?;
        match event {
            Event::NeedMoreInput { .. } if rest.is_empty() => {
                let cut = || fault("expected more bytes; got the end of the data");
                return output.map(|output| (output, false)).ok_or_else(cut);
            }
            Event::NeedMoreInput { .. } if deadline.is_over() => {
                return Err(fault("not done within the time allowed by the read options"));
            }
            Event::NeedMoreInput { size_hint } => {
                // What the decoder left of the last piece comes again.
                let start = bytes.len() - rest.len() - piece.len();
                let end = (bytes.len() - rest.len() + size_hint.max(PIECE)).min(bytes.len());
                piece = &bytes[start..end];
                rest = &bytes[end..];
            }
            Event::BasicInfo => output = Some(Output::new(&mut decoder, size, fill)?),
            Event::FrameHeader => {}
            Event::FrameComplete { .. } | Event::Complete => break,
        }
    }
    let output = output.ok_or_else(|| fault("expected a frame; got none"))?;
    Ok((output, true))
}

fn fault(reason: impl Into<String>) -> Fault {
    Fault::new("JPEG XL", reason)
}

/// Where the decoder writes its samples.
struct Output {
    bytes: Vec<u8>,
    /// The first byte that samples may start at.
    start: usize,
    rows: usize,
    row_bytes: usize,
    precision: u16,
    /// In the codec's own colours, which lossless coding never is.
    lossy: bool,
}

impl Output {
    /// Makes room for the picture that the decoder announces, and tells it the format.
    fn new(decoder: &mut JxlDecoder, size: Size, fill: u8) -> Result<Self, Fault> {
        let info = decoder.basic_info().ok_or_else(|| fault("no basic information"))?;
        let (width, height) = info.size;
        let (extra, lossy) = (info.extra_channels.len(), !info.uses_original_profile);
        let JxlBitDepth::Int { bits_per_sample: bits @ 1..=16 } = info.bit_depth else {
            let got = format!("expected integers of at most 16 bits; got {:?}", info.bit_depth);
            return Err(fault(got));
        };
        let channels = decoder.embedded_color_profile().map_or(0, |profile| profile.channels());
        size.check("JPEG XL", Size { height, width, components: channels })?;
        let bit_depth = bits as u8;
        let (format, sample_bytes) = if bits <= 8 {
            (JxlDataFormat::U8 { bit_depth }, 1)
        } else {
            (JxlDataFormat::U16 { endianness: Endianness::LittleEndian, bit_depth }, 2)
        };
        let color_type = match channels {
            1 => JxlColorType::Grayscale,
            _ => JxlColorType::Rgb,
        };
        let format = JxlPixelFormat {
            color_type,
            color_data_format: Some(format),
            extra_channel_format: vec![None; extra],
        };
        decoder.set_pixel_format(format).map_err(|e| fault(e.to_string()))?;
        let row_bytes = width * channels * sample_bytes;
        let bytes = vec![fill; height * row_bytes + 1];
        // The decoder wants words where words may lie.
        let start = bytes.as_ptr().align_offset(sample_bytes).min(1);
        Ok(Self { bytes, start, rows: height, row_bytes, precision: bits as u16, lossy })
    }

    fn buffer(&mut self) -> JxlOutputBuffer<'_> {
        let len = self.rows * self.row_bytes;
        JxlOutputBuffer::new(&mut self.bytes[self.start..][..len], self.rows, self.row_bytes)
    }

    /// Rows from the top on that are the same in both.
    fn rows_as_in(&self, other: &Self) -> usize {
        let rows = |output: &Self, row: usize| {
            output.bytes[output.start + row * output.row_bytes..][..output.row_bytes].to_vec()
        };
        (0..self.rows).take_while(|&row| rows(self, row) == rows(other, row)).count()
    }

    fn into_frame(mut self, size: Size) -> Frame {
        let samples = if self.precision <= 8 {
            self.bytes.truncate(self.rows * self.row_bytes);
            FrameSamples::Bytes(self.bytes)
        } else {
            let words = self.bytes[self.start..].as_chunks::<2>().0.iter();
            let count = self.rows * self.row_bytes / 2;
            FrameSamples::Words(words.map(|b| u16::from_le_bytes(*b)).take(count).collect())
        };
        let colour = if size.components == 3 { FrameColour::Rgb } else { FrameColour::Unsaid };
        Frame { samples, precision: self.precision, rows: self.rows, lossy: self.lossy, colour }
    }
}
