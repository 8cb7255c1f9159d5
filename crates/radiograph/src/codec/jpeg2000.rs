//! JPEG 2000 (ITU-T T.800), decoded by hayro-jpeg2000; high-throughput blocks by [`htj2k`].

mod tile_parts;

use super::{Fault, Frame, FrameColour, FrameSamples, Size, htj2k};
use crate::deadline::Deadline;
use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

/// Decodes a codestream or a JP2 file; a component transform is undone.
pub(crate) fn decode(bytes: &[u8], size: Size, deadline: Deadline) -> Result<Frame, Fault> {
    if htj2k::is_htj2k(bytes) {
        return htj2k::decode(bytes, size, &|| deadline.is_over());
    }
    let rows = tile_parts::arrived(bytes, size.height)
        .ok_or_else(|| Fault::new("JPEG 2000", "headers cut short"))?;
    let library = |e: hayro_jpeg2000::DecodeError| Fault::new("JPEG 2000", format!("{e} ({e:?})"));
    let components = Siz::find(bytes)?;
    let settings = DecodeSettings { resolve_palette_indices: false, ..DecodeSettings::default() };
    let image = Image::new(bytes, &settings).map_err(library)?;
    let got = Size {
        height: image.height() as usize,
        width: image.width() as usize,
        components: components.len(),
    };
    size.check("JPEG 2000", got)?;
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(library)?;
    let planes = decoded.components();
    if planes.len() != size.components || planes.iter().any(|p| p.samples().len() != size.pixels())
    {
        return Err(Fault::new("JPEG 2000", "subsampled components are not supported"));
    }
    let mut planes: Vec<Vec<u16>> = planes
        .iter()
        .zip(&components)
        .map(|(plane, component)| plane.samples().iter().map(|&v| component.word(v)).collect())
        .collect();
    let samples = if planes.len() == 1 {
        planes.pop().unwrap_or_default()
    } else {
        (0..size.pixels()).flat_map(|i| planes.iter().map(move |p| p[i])).collect()
    };
    let precision = components.iter().map(|c| c.precision).max().unwrap_or(0);
    let (transformed, lossy) = coding_style(bytes);
    let colour = if transformed { FrameColour::Rgb } else { FrameColour::Unsaid };
    Ok(Frame { samples: FrameSamples::Words(samples), precision, rows, colour, lossy })
}

/// Precision and sign of a component, from the SIZ segment.
#[derive(Debug, Clone, Copy)]
struct Component {
    precision: u16,
    signed: bool,
}

impl Component {
    /// A decoded value as a stored word. The decoder adds the level shift to signed components too,
    /// which the standard does not, so it is taken off again.
    fn word(self, value: f32) -> u16 {
        let max = (1_i32 << self.precision) - 1;
        // As `round`, which is a call a sample where the processor is not named to the compiler.
        let whole = value as i32;
        let up = i32::from(value - whole as f32 >= 0.5);
        let word = (whole + up).clamp(0, max) as u16;
        if self.signed { word.wrapping_sub(1 << (self.precision - 1)) } else { word }
    }
}

/// Whether the first COD segment names a component transform, and the irreversible wavelet
/// (T.800 A.6.1).
fn coding_style(bytes: &[u8]) -> (bool, bool) {
    let at = bytes.windows(4).position(|w| w[..3] == [0xFF, 0x52, 0x00] && w[3] >= 12);
    match at.and_then(|at| bytes.get(at..at + 14)) {
        Some(segment) => (segment[8] == 1, segment[13] == 0),
        None => (false, false),
    }
}

struct Siz;

impl Siz {
    /// The components of the first SIZ segment (T.800 A.5.1).
    fn find(bytes: &[u8]) -> Result<Vec<Component>, Fault> {
        let fault = |reason: &str| Fault::new("JPEG 2000", reason);
        let at = bytes
            .windows(4)
            .position(|w| w == [0xFF, 0x4F, 0xFF, 0x51])
            .ok_or_else(|| fault("expected an SOC and a SIZ marker (ff 4f ff 51); got none"))?;
        let segment = &bytes[at + 4..];
        let count = segment.get(36..38).ok_or_else(|| fault("SIZ segment cut short"))?;
        let count = usize::from(u16::from_be_bytes([count[0], count[1]]));
        let list = segment.get(38..38 + 3 * count).ok_or_else(|| fault("SIZ segment cut short"))?;
        list.as_chunks::<3>()
            .0
            .iter()
            .map(|[depth, ..]| {
                let precision = u16::from(depth & 0x7F) + 1;
                if precision > 16 {
                    return Err(Fault::new(
                        "JPEG 2000",
                        format!("expected at most 16 bits; got {precision}"),
                    ));
                }
                Ok(Component { precision, signed: depth & 0x80 != 0 })
            })
            .collect()
    }
}
