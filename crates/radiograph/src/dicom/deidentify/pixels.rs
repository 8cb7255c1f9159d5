//! Pixel Data without what is no pixel: bytes behind the last one, bits outside Bits Stored, and
//! metadata of codestreams.

use super::DeidentificationReport;
use super::fragments::fragments;
use crate::dicom::cursor::PixelElement;
use crate::dicom::file::Header;
use crate::dicom::layout::Layout;
use crate::dicom::syntax::TransferSyntax;
use crate::dicom::{encode, tag};
use crate::{Error, ReadOptions, Warning};

/// Writes Pixel Data.
pub(super) fn write_pixels(
    header: &Header<'_>,
    out: &mut Vec<u8>,
    syntax: TransferSyntax,
    report: &mut DeidentificationReport,
) -> Result<(), Error> {
    let pixel_data = (0x7FE0, 0x0010);
    let Some(pixels) = &header.pixels else { return Ok(()) };
    let sizes = Sizes::read(header)?;
    match pixels {
        PixelElement::Native { bytes, announced, vr } => {
            if (bytes.len() as u64) < *announced {
                let (expected, got) = (*announced, bytes.len() as u64);
                return Err(Error::Truncated { name: tag::PIXEL_DATA.name.into(), expected, got });
            }
            let mut pixels = bytes.to_vec();
            sizes.cut(&mut pixels);
            let cleared = sizes.clear_unused(&mut pixels, syntax.big_endian);
            if cleared > 0 {
                report.warnings.push(Warning::BitsAboveHighBit { pixels: cleared });
            }
            encode::header(out, pixel_data, *vr, pixels.len() as u32, syntax.big_endian);
            out.extend(pixels);
        }
        PixelElement::Encapsulated { items, truncated } => {
            if *truncated {
                return Err(Error::Missing { name: "the end of Pixel Data (7FE0,0010)" });
            }
            if header.any(|e| e.group & 0xFF00 == 0x6000 && e.element == 0x0102) {
                let what = "an overlay may lie in unused bits of the compressed pixels".into();
                report.warnings.push(Warning::Guessed { what });
            }
            let ob = syntax.explicit.then_some(*b"OB");
            encode::header(out, pixel_data, ob, u32::MAX, syntax.big_endian);
            for item in fragments(header, items, &sizes, syntax)? {
                encode::header(out, (0xFFFE, 0xE000), None, item.len() as u32, false);
                out.extend(item);
            }
            encode::header(out, (0xFFFE, 0xE0DD), None, 0, false);
        }
    }
    Ok(())
}

/// How much of Pixel Data are pixels. What a film is read by, or where it cannot be read as one,
/// what its numbers say.
pub(super) struct Sizes {
    pub(super) frames: usize,
    /// Of a frame.
    pub(super) pixels: usize,
    /// Of an uncompressed frame.
    pub(super) frame_bytes: usize,
    layout: Option<Layout>,
}

impl Sizes {
    fn read(header: &Header<'_>) -> Result<Self, Error> {
        if let Ok(layout) = Layout::read(header, &ReadOptions::default(), &mut Vec::new()) {
            return Ok(Self {
                frames: layout.frames,
                pixels: layout.pixels(),
                frame_bytes: layout.frame_bytes(),
                layout: Some(layout),
            });
        }
        let word = |tag| Ok::<_, Error>(usize::from(header.require_word(tag)?));
        let pixels = word(tag::ROWS)? * word(tag::COLUMNS)?;
        let samples = usize::from(header.word(tag::SAMPLES_PER_PIXEL)?.unwrap_or(1));
        let bits = pixels.saturating_mul(samples).saturating_mul(word(tag::BITS_ALLOCATED)?);
        let frames = header.number(tag::NUMBER_OF_FRAMES)?.unwrap_or(1.0).max(1.0);
        Ok(Self { frames: frames as usize, pixels, frame_bytes: bits.div_ceil(8), layout: None })
    }

    /// Cuts off what lies behind the last pixel, but for the byte that makes the number even.
    fn cut(&self, pixels: &mut Vec<u8>) {
        let bytes = match &self.layout {
            Some(layout) if layout.bits_allocated == 1 => {
                self.pixels.saturating_mul(self.frames).div_ceil(8)
            }
            _ => self.frame_bytes.saturating_mul(self.frames),
        };
        if bytes < pixels.len() {
            pixels.truncate(bytes);
            pixels.resize(bytes.next_multiple_of(2), 0);
        }
    }

    /// Makes the bits that are not of the value what they are without an overlay: zero, or where
    /// numbers are signed, the sign. Returns how many samples had others.
    pub(super) fn clear_unused(&self, pixels: &mut [u8], big_endian: bool) -> u64 {
        let Some(layout) = self.layout else { return 0 };
        if layout.bits_stored == layout.bits_allocated {
            return 0;
        }
        let clear = Clear::new(&layout);
        let mut garbage = 0;
        match layout.bits_allocated {
            8 => pixels.iter_mut().for_each(|p| *p = clear.word(u32::from(*p), &mut garbage) as u8),
            16 => pixels.as_chunks_mut::<2>().0.iter_mut().for_each(|p| {
                let word = if big_endian { u16::from_be_bytes(*p) } else { u16::from_le_bytes(*p) };
                let word = clear.word(u32::from(word), &mut garbage) as u16;
                *p = if big_endian { word.to_be_bytes() } else { word.to_le_bytes() };
            }),
            32 => pixels.as_chunks_mut::<4>().0.iter_mut().for_each(|p| {
                let word = if big_endian { u32::from_be_bytes(*p) } else { u32::from_le_bytes(*p) };
                let word = clear.word(word, &mut garbage);
                *p = if big_endian { word.to_be_bytes() } else { word.to_le_bytes() };
            }),
            _ => {}
        }
        garbage
    }
}

/// The bits of a sample that are of its value, and its sign.
struct Clear {
    value: u32,
    sign: u32,
    above: u32,
}

impl Clear {
    fn new(layout: &Layout) -> Self {
        let (stored, high) = (u32::from(layout.bits_stored), u32::from(layout.high_bit));
        let allocated = u32::MAX >> (32 - u32::from(layout.bits_allocated));
        Self {
            value: (u32::MAX >> (32 - stored)) << (high + 1 - stored),
            sign: if layout.signed { 1 << high } else { 0 },
            above: allocated & !(u32::MAX >> (31 - high)),
        }
    }

    /// The word without overlay, all by the same rule; counts those that had neither zeros nor
    /// their sign there.
    fn word(&self, word: u32, garbage: &mut u64) -> u32 {
        let value = word & self.value;
        let new = if word & self.sign == 0 { value } else { value | self.above };
        *garbage += u64::from(word != new && word != value);
        new
    }
}
