//! JPEG 2000 (ITU-T T.800) and its high-throughput kind (T.814): one codestream with two block
//! coders, [`ebcot`] and [`htj2k`](super::htj2k). All of a decoder is here, from markers to
//! samples.
//!
//! Reads all progression orders and their changes, packed packet headers, precincts, layers, tiles,
//! regions of interest, both wavelets and component transforms, all block styles, and one set of
//! high-throughput passes per block. Not read, with an error: subsampled components, more than 16
//! bits, blocks of both kinds in one picture.
//!
//! Like the reference decoders it takes the middle of what quantization leaves open.

mod band;
mod component;
mod ebcot;
mod headers;
mod packet;
mod stream;
mod tile;
mod tile_parts;
mod wavelet;
mod workers;

use super::{Fault, Frame, FrameColour, FrameSamples, Size};
use crate::deadline::Deadline;
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

impl Stop {
    fn fault(self, codec: &'static str) -> Fault {
        Fault::new(
            codec,
            match self {
                Self::Ended => "expected more bytes; got the end of the data".into(),
                Self::Fault(reason) => reason,
            },
        )
    }
}

const SOC_SIZ: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];
/// The capabilities segment announces high-throughput blocks (T.814 A.3).
const CAP: [u8; 2] = [0xFF, 0x50];

/// Decodes a codestream, bare or in a JP2 or JPH file; a component transform is undone.
pub(crate) fn decode(bytes: &[u8], size: Size, deadline: Deadline) -> Result<Frame, Fault> {
    let at = bytes.windows(4).position(|w| w == SOC_SIZ);
    let no_codestream = "expected an SOC and a SIZ marker (ff 4f ff 51); got none";
    let codestream = &bytes[at.ok_or_else(|| Fault::new("JPEG 2000", no_codestream))?..];
    let codec = if is_high_throughput(codestream) { "HTJ2K" } else { "JPEG 2000" };
    let rows = tile_parts::arrived(codestream, size.height)
        .ok_or_else(|| Fault::new(codec, "headers cut short"))?;
    let mut reader = Reader(&codestream[4..]);
    let siz = reader.segment().and_then(stream::Size::read);
    let picture = siz.map_err(|stop| stop.fault(codec))?;
    let [low, high] = picture.image;
    let got = Size {
        height: high[1] - low[1],
        width: high[0] - low[0],
        components: picture.components.len(),
    };
    size.check(codec, got)?;
    let frame =
        Stream::read(picture, reader).and_then(|stream| stream.decode(size, rows, deadline));
    frame.map_err(|stop| stop.fault(codec))
}

fn is_high_throughput(codestream: &[u8]) -> bool {
    let mut reader = Reader(&codestream[4..]);
    reader.segment().is_ok() && reader.0.starts_with(&CAP)
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
    /// Packet headers that stand apart.
    headers: Option<Vec<u8>>,
    /// Whether a part of it was cut.
    cut: bool,
}

/// Packed packet headers of a main header or of a tile's.
#[derive(Default)]
struct Packed<'a>(BTreeMap<usize, &'a [u8]>);

impl<'a> Packed<'a> {
    /// A segment with its number (PPM, PPT; T.800 A.7.4).
    fn add(&mut self, mut segment: Reader<'a>) -> Result<(), Stop> {
        let number = segment.number::<1>()?;
        self.0.insert(number, segment.0);
        Ok(())
    }

    fn joined(&self) -> Vec<u8> {
        self.0.values().copied().flatten().copied().collect()
    }
}

impl<'a> Stream<'a> {
    /// From the first segment after SIZ.
    fn read(size: stream::Size, mut reader: Reader<'a>) -> Result<Self, Stop> {
        let mut coding = None;
        let (mut waiting, mut packed) = (Vec::new(), Packed::default());
        loop {
            match reader.number::<2>()? {
                0xFF90 => break,
                0xFF52 => coding = Some(Coding::read(reader.segment()?, size.components.len())?),
                0xFF60 => packed.add(reader.segment()?)?,
                marker => waiting.push((marker, reader.segment()?)),
            }
        }
        let mut coding = coding.ok_or("no coding style (COD)")?;
        waiting
            .into_iter()
            .try_for_each(|(marker, segment)| apply(&mut coding, marker, segment))?;
        let headers = packed.joined();
        let mut stream = Self { size, coding, tiles: BTreeMap::new() };
        stream.tile_parts(reader, (!packed.0.is_empty()).then_some(Reader(&headers)))?;
        Ok(stream)
    }

    /// From the first SOT marker, which has been read, to the end of the codestream. `headers`:
    /// those of all packets, where the main header has them.
    fn tile_parts(
        &mut self,
        mut reader: Reader<'a>,
        mut headers: Option<Reader<'_>>,
    ) -> Result<(), Stop> {
        loop {
            let whole = self.tile_part(&mut reader, headers.as_mut())?;
            // Data that end here without the end marker are complete all the same.
            match reader.number::<2>() {
                Ok(0xFF90) if whole => {}
                Ok(0xFFD9) | Err(Stop::Ended) => return Ok(()),
                _ if !whole => return Ok(()),
                Ok(other) => {
                    return Err(Stop::Fault(format!("unexpected marker {other:04x} after a tile")));
                }
                Err(stop) => return Err(stop),
            }
        }
    }

    /// A tile-part; whether it is whole.
    fn tile_part(
        &mut self,
        reader: &mut Reader<'a>,
        headers: Option<&mut Reader<'_>>,
    ) -> Result<bool, Stop> {
        let start = reader.0;
        let mut segment = reader.segment()?;
        let (index, len) = (segment.number::<2>()?, segment.number::<4>()?);
        if index >= self.size.tiles().iter().product() {
            return Err("a tile outside the picture".into());
        }
        let tile = self.tiles.entry(index).or_insert_with(|| Tile {
            coding: self.coding.clone(),
            parts: Vec::new(),
            headers: None,
            cut: false,
        });
        let mut packed = Packed::default();
        loop {
            match reader.number::<2>()? {
                0xFF93 => break,
                0xFF61 => packed.add(reader.segment()?)?,
                marker => {
                    // A tile's own order replaces that of the main header.
                    if marker == 0xFF5F && tile.parts.is_empty() {
                        tile.coding.progressions.clear();
                    }
                    apply(&mut tile.coding, marker, reader.segment()?)?;
                }
            }
        }
        if let Some(headers) = headers {
            let len = headers.number::<4>()?;
            tile.headers.get_or_insert_default().extend(headers.take(len)?);
        } else if !packed.0.is_empty() {
            tile.headers.get_or_insert_default().extend(packed.joined());
        }
        // The length counts from the marker; 0 is to the end of the codestream.
        let header = start.len() - reader.0.len() + 2;
        let body = match len {
            0 => reader.0.len(),
            _ => len.checked_sub(header).ok_or("a tile-part shorter than its header")?,
        };
        tile.cut |= body > reader.0.len();
        tile.parts.push(reader.take(body.min(reader.0.len()))?);
        Ok(!tile.cut)
    }

    /// Decodes all tiles. Those of which something is missing stay black: the first `rows` rows
    /// are above them.
    fn decode(self, size: Size, rows: usize, deadline: Deadline) -> Result<Frame, Stop> {
        let mut samples = vec![0_u16; size.pixels() * size.components];
        for (index, tile) in &self.tiles {
            let [low, _] = self.size.tile(*index);
            // Of a picture that is not whole only the rows that are will be shown.
            if !tile.cut && low[1] - self.size.image[0][1] < rows {
                self.decode_tile(*index, tile, deadline, &mut samples)?;
            }
        }
        let precision = self.size.components.iter().map(|c| c.precision).max().unwrap_or(0) as u16;
        Ok(Frame {
            samples: FrameSamples::Words(samples),
            precision,
            rows,
            lossy: self.coding.styles.iter().any(|style| !style.reversible),
            colour: if self.coding.transform { FrameColour::Rgb } else { FrameColour::Unsaid },
        })
    }
}

/// Takes over a segment of the main header or of a tile's.
fn apply(coding: &mut Coding, marker: usize, segment: Reader<'_>) -> Result<(), Stop> {
    match marker {
        0xFF52 => coding.replace(segment),
        0xFF53 => coding.component_style(segment),
        0xFF5C => coding.quantization(segment),
        0xFF5D => coding.component_quantization(segment),
        0xFF5E => coding.region(segment),
        0xFF5F => coding.progression(segment),
        // Capabilities, profiles, lengths, comments.
        0xFF50 | 0xFF55..=0xFF59 | 0xFF63 | 0xFF64 => Ok(()),
        other => Err(Stop::Fault(format!("unexpected marker {other:04x}"))),
    }
}
