//! High-throughput JPEG 2000 (ITU-T T.814 | ISO/IEC 15444-15): the codestream of JPEG 2000 with a
//! block coder that is made to be fast. All of a decoder is here, from markers to samples, because
//! no crate was right: one prints and panics on damaged blocks, one differs from the reference
//! decoder by tens of grey levels where coding is lossy.
//!
//! Reads one set of high-throughput passes per block (cleanup, propagation, refinement), all
//! progression orders, precincts, layers, tiles, both wavelets and component transforms. Not read,
//! with an error: subsampled components, regions of interest, packed packet headers, changes of
//! progression order, blocks of both kinds in one picture.
//!
//! Like the reference decoder it takes the middle of what quantization leaves open.

mod bits;
mod block;
mod component;
mod packet;
mod stream;
mod tables;
mod tile;
mod wavelet;

use super::{Fault, Frame, FrameColour, FrameSamples, Size};
use std::collections::BTreeMap;
use stream::{Coding, Reader};

/// Why decoding stopped.
#[derive(Debug, Clone)]
enum Stop {
    /// The bytes ended.
    Ended,
    /// They are wrong, or something not supported.
    Fault(String),
}

impl From<&str> for Stop {
    fn from(reason: &str) -> Self {
        Self::Fault(reason.into())
    }
}

impl From<Stop> for Fault {
    fn from(stop: Stop) -> Self {
        Fault::new(
            "HTJ2K",
            match stop {
                Stop::Ended => "expected more bytes; got the end of the data".into(),
                Stop::Fault(reason) => reason,
            },
        )
    }
}

const SOC_SIZ: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];
/// The capabilities segment announces high-throughput blocks (T.814 A.3).
const CAP: [u8; 2] = [0xFF, 0x50];

/// Whether a JPEG 2000 codestream, bare or in a file, has high-throughput blocks.
pub(super) fn is_htj2k(bytes: &[u8]) -> bool {
    let Some(codestream) = find_codestream(bytes) else { return false };
    let mut reader = Reader(&codestream[4..]);
    reader.segment().is_ok() && reader.0.starts_with(&CAP)
}

fn find_codestream(bytes: &[u8]) -> Option<&[u8]> {
    let at = bytes.windows(4).position(|w| w == SOC_SIZ)?;
    Some(&bytes[at..])
}

/// Decodes a codestream or a JPH file; a component transform is undone. Stops where `is_over` says
/// so.
pub(super) fn decode(bytes: &[u8], size: Size, is_over: &dyn Fn() -> bool) -> Result<Frame, Fault> {
    let codestream = find_codestream(bytes).ok_or(Stop::from("no codestream (ff 4f ff 51)"))?;
    let mut reader = Reader(&codestream[4..]);
    let picture = stream::Size::read(reader.segment()?)?;
    let [low, high] = picture.image;
    let got = Size {
        height: high[1] - low[1],
        width: high[0] - low[0],
        components: picture.components.len(),
    };
    size.check("HTJ2K", got)?;
    let stream = Stream::read(picture, reader)?;
    let mut samples = vec![0_u16; size.pixels() * size.components];
    let mut tiles = 0;
    for (index, tile) in &stream.tiles {
        stream.decode_tile(*index, tile, is_over, &mut samples)?;
        tiles += 1;
    }
    let expected = stream.size.tiles().iter().product::<usize>();
    if tiles < expected {
        let reason = format!("expected {expected} tiles; got {tiles}");
        return Err(Stop::Fault(reason).into());
    }
    let precision = stream.size.components.iter().map(|c| c.precision).max().unwrap_or(0) as u16;
    Ok(Frame {
        samples: FrameSamples::Words(samples),
        precision,
        rows: size.height,
        lossy: stream.coding.styles.iter().any(|style| !style.reversible),
        colour: if stream.coding.transform { FrameColour::Rgb } else { FrameColour::Unsaid },
    })
}

/// A codestream taken apart.
struct Stream<'a> {
    size: stream::Size,
    coding: Coding,
    tiles: BTreeMap<usize, Tile<'a>>,
}

/// The coding of a tile and its packets.
struct Tile<'a> {
    coding: Coding,
    parts: Vec<&'a [u8]>,
}

impl<'a> Stream<'a> {
    /// From the first segment after SIZ.
    fn read(size: stream::Size, mut reader: Reader<'a>) -> Result<Self, Stop> {
        let mut coding = None;
        let mut waiting = Vec::new();
        loop {
            match reader.number::<2>()? {
                0xFF90 => break,
                0xFF52 => coding = Some(Coding::read(reader.segment()?, size.components.len())?),
                marker => waiting.push((marker, reader.segment()?)),
            }
        }
        let mut coding = coding.ok_or("no coding style (COD)")?;
        waiting
            .into_iter()
            .try_for_each(|(marker, segment)| apply(&mut coding, marker, segment))?;
        let mut tiles = BTreeMap::new();
        read_tile_parts(reader, &size, &coding, &mut tiles)?;
        Ok(Self { size, coding, tiles })
    }
}

/// Takes over a segment of the main header or of a tile's.
fn apply(coding: &mut Coding, marker: usize, segment: Reader<'_>) -> Result<(), Stop> {
    match marker {
        0xFF52 => coding.replace(segment),
        0xFF53 => coding.component_style(segment),
        0xFF5C => coding.quantization(segment),
        0xFF5D => coding.component_quantization(segment),
        0xFF5E => Err("regions of interest are not supported".into()),
        0xFF5F => Err("changes of the progression order are not supported".into()),
        0xFF60 | 0xFF61 => Err("packed packet headers are not supported".into()),
        // Capabilities, profiles, lengths, comments.
        0xFF50 | 0xFF55..=0xFF59 | 0xFF63 | 0xFF64 => Ok(()),
        other => Err(Stop::Fault(format!("unexpected marker {other:04x}"))),
    }
}

/// From the first SOT marker, which has been read, to the end of the codestream.
fn read_tile_parts<'a>(
    mut reader: Reader<'a>,
    size: &stream::Size,
    main: &Coding,
    tiles: &mut BTreeMap<usize, Tile<'a>>,
) -> Result<(), Stop> {
    loop {
        let start = reader.0;
        let mut segment = reader.segment()?;
        let (index, len) = (segment.number::<2>()?, segment.number::<4>()?);
        if index >= size.tiles().iter().product() {
            return Err("a tile outside the picture".into());
        }
        let tile =
            tiles.entry(index).or_insert_with(|| Tile { coding: main.clone(), parts: Vec::new() });
        loop {
            match reader.number::<2>()? {
                0xFF93 => break,
                marker => apply(&mut tile.coding, marker, reader.segment()?)?,
            }
        }
        // The length counts from the marker; 0 is to the end of the codestream.
        let header = start.len() - reader.0.len() + 2;
        let body = match len {
            0 if reader.0.windows(2).any(|w| w == [0xFF, 0xD9]) => reader.0.len(),
            0 => return Err(Stop::Ended),
            _ => len.checked_sub(header).ok_or("a tile-part shorter than its header")?,
        };
        tile.parts.push(reader.take(body)?);
        // Data that end here without the end marker are complete all the same.
        match reader.number::<2>() {
            Ok(0xFF90) => {}
            Ok(0xFFD9) | Err(Stop::Ended) => return Ok(()),
            Ok(other) => {
                return Err(Stop::Fault(format!("unexpected marker {other:04x} after a tile")));
            }
            Err(stop) => return Err(stop),
        }
    }
}
