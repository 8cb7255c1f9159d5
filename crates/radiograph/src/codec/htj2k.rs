//! High-throughput JPEG 2000 (ITU-T T.814 | ISO/IEC 15444-15): the codestream of JPEG 2000 with a block
//! coder that is made to be fast. All of a decoder is here, from markers to samples, because no crate
//! was right: one prints and panics on damaged blocks, one differs from the reference decoder by tens of
//! grey levels where coding is lossy.
//!
//! Reads one set of high-throughput passes per block (cleanup, propagation, refinement), all
//! progression orders, precincts, layers, tiles, both wavelets and component transforms. Not read, with
//! an error: subsampled components, regions of interest, packed packet headers, changes of
//! progression order, blocks of both kinds in one picture.
//!
//! Like the reference decoder it takes the middle of what quantization leaves open.

mod bits;
mod block;
mod packet;
mod stream;
mod tables;
mod wavelet;

use super::{Fault, Frame, FrameColour, FrameSamples, Size};
use packet::Corners;
use std::collections::BTreeMap;
use stream::{Coding, Reader};
use wavelet::{Plane, Wavelet, synthesize};

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

/// Decodes a codestream or a JPH file; a component transform is undone. Stops where `is_over` says so.
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
            0 => reader.0.len(),
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

/// A resolution of a component: corners, and bands with their number among all of the component.
struct Resolution {
    corners: Corners,
    bands: Vec<(usize, Corners)>,
}

/// The resolutions of a component of a tile (T.800 B.5).
fn resolutions(tile: Corners, levels: usize) -> Vec<Resolution> {
    let scaled = |level: usize, offset: [usize; 2]| {
        tile.map(|corner| {
            [0, 1].map(|i| {
                let shift = if level > 0 { offset[i] << (level - 1) } else { 0 };
                corner[i].saturating_sub(shift).div_ceil(1 << level)
            })
        })
    };
    (0..=levels)
        .map(|r| {
            let bands = if r == 0 {
                vec![(0, scaled(levels, [0, 0]))]
            } else {
                let level = levels - r + 1;
                let of = |n: usize, offset| (3 * (r - 1) + n, scaled(level, offset));
                vec![of(1, [1, 0]), of(2, [0, 1]), of(3, [1, 1])]
            };
            Resolution { corners: scaled(levels - r, [0, 0]), bands }
        })
        .collect()
}

impl Stream<'_> {
    fn decode_tile(
        &self,
        index: usize,
        tile: &Tile<'_>,
        is_over: &dyn Fn() -> bool,
        samples: &mut [u16],
    ) -> Result<(), Stop> {
        let corners = self.size.tile(index);
        let coding = &tile.coding;
        let joined: Vec<u8>;
        let bytes = match tile.parts[..] {
            [one] => one,
            _ => {
                joined = tile.parts.concat();
                &joined
            }
        };
        let components = self.size.components.len();
        let area = (corners[1][0] - corners[0][0]) * (corners[1][1] - corners[0][1]) * components;
        // The smallest code block has sixteen samples.
        let mut room = area / 8 + 4096;
        let mut precincts = Vec::new();
        let mut layout = Vec::new();
        for (c, style) in coding.styles.iter().enumerate() {
            let resolutions = resolutions(corners, style.levels);
            for (r, resolution) in resolutions.iter().enumerate() {
                packet::precincts(
                    (c, r),
                    resolution.corners,
                    &resolution.bands,
                    (style.precincts[r], style.block),
                    (style.levels - r, corners[0]),
                    &mut room,
                    &mut precincts,
                )?;
            }
            layout.push(resolutions);
        }
        packet::read(&mut precincts, coding, Reader(bytes))?;
        let mut blocks: Vec<Vec<_>> = (0..components).map(|_| Vec::new()).collect();
        for (place, block) in precincts.into_iter().flat_map(packet::Precinct::into_blocks) {
            if block.passes > 0 && !block.cleanup.is_empty() {
                blocks[place[0]].push((place, block));
            }
        }
        let planes = blocks
            .into_iter()
            .zip(&layout)
            .enumerate()
            .map(|(c, (blocks, resolutions))| {
                let component = Component { stream: self, coding, resolutions, index: c, is_over };
                if coding.styles[c].reversible {
                    component.plane::<i32>(blocks).map(Values::Whole)
                } else {
                    component.plane::<f32>(blocks).map(Values::Real)
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        self.place(corners, untransform(planes, coding.transform)?, samples);
        Ok(())
    }

    /// Writes a tile's values as stored words into the picture.
    fn place(&self, [low, high]: Corners, planes: Vec<Values>, samples: &mut [u16]) {
        let [image, end] = self.size.image;
        let (stride, components) = (end[0] - image[0], planes.len());
        for (c, plane) in planes.iter().enumerate() {
            let component = self.size.components[c];
            let width = high[0] - low[0];
            for row in 0..high[1] - low[1] {
                let start = (low[1] - image[1] + row) * stride + low[0] - image[0];
                let line = &mut samples[start * components..][..width * components];
                let places = line.iter_mut().skip(c).step_by(components);
                match plane {
                    Values::Whole(plane) => {
                        let values = &plane.values[row * width..][..width];
                        places.zip(values).for_each(|(p, v)| *p = word(*v, component));
                    }
                    Values::Real(plane) => {
                        let values = &plane.values[row * width..][..width];
                        let whole = |v: f32| v.round_ties_even() as i32;
                        places.zip(values).for_each(|(p, v)| *p = word(whole(*v), component));
                    }
                }
            }
        }
    }
}

/// A value as a stored word: shifted to be positive where it is unsigned, clipped to its bits.
fn word(value: i32, component: stream::Component) -> u16 {
    let half = 1 << (component.precision - 1);
    if component.signed {
        return (value.clamp(-half, half - 1) as u16) & (u16::MAX >> (16 - component.precision));
    }
    value.saturating_add(half).clamp(0, 2 * half - 1) as u16
}

/// Values of a component, by the wavelet.
enum Values {
    Whole(Plane<i32>),
    Real(Plane<f32>),
}

/// Undoes the transform of the first three components (T.800 annex G).
fn untransform(mut planes: Vec<Values>, transform: bool) -> Result<Vec<Values>, Stop> {
    if !transform {
        return Ok(planes);
    }
    match planes.as_mut_slice() {
        [Values::Whole(a), Values::Whole(b), Values::Whole(c), ..] => {
            for ((y, u), v) in a.values.iter_mut().zip(&mut b.values).zip(&mut c.values) {
                let green = y.wrapping_sub(u.wrapping_add(*v) >> 2);
                (*y, *u, *v) = (v.wrapping_add(green), green, u.wrapping_add(green));
            }
        }
        [Values::Real(a), Values::Real(b), Values::Real(c), ..] => {
            for ((y, u), v) in a.values.iter_mut().zip(&mut b.values).zip(&mut c.values) {
                let (red, blue) = (*y + 1.402 * *v, *y + 1.772 * *u);
                (*y, *u, *v) = (red, *y - 0.344_136 * *u - 0.714_136 * *v, blue);
            }
        }
        _ => return Err("a component transform needs three components of one wavelet".into()),
    }
    Ok(planes)
}

/// What the blocks of a component share.
struct Component<'s, 'a> {
    stream: &'s Stream<'a>,
    coding: &'s Coding,
    resolutions: &'s [Resolution],
    index: usize,
    is_over: &'s dyn Fn() -> bool,
}

/// A coefficient from a doubled index (see [`block::decode`]) and the band's step.
trait Coefficient: Wavelet {
    fn dequantize(doubled: i32, step: f32) -> Self;
}

impl Coefficient for i32 {
    fn dequantize(doubled: i32, _: f32) -> Self {
        doubled / 2
    }
}

impl Coefficient for f32 {
    fn dequantize(doubled: i32, step: f32) -> Self {
        doubled as f32 * (step / 2.0)
    }
}

impl Component<'_, '_> {
    /// Decodes the blocks and puts the resolutions together.
    fn plane<T: Coefficient>(
        &self,
        blocks: Vec<([usize; 3], packet::Block<'_>)>,
    ) -> Result<Plane<T>, Stop> {
        let mut bands: Vec<Plane<T>> = self
            .resolutions
            .iter()
            .flat_map(|r| r.bands.iter().map(|(_, [low, high])| Plane::new(*low, *high)))
            .collect();
        let mut indices = Vec::new();
        for ([_, resolution, band], block) in &blocks {
            if (self.is_over)() {
                return Err("not done within the time allowed by the read options".into());
            }
            self.block(*resolution, *band, block, &mut indices, &mut bands[*band])?;
        }
        let mut bands = bands.into_iter();
        let mut low = bands.next().ok_or("no band")?;
        for resolution in &self.resolutions[1..] {
            let (Some(hl), Some(lh), Some(hh)) = (bands.next(), bands.next(), bands.next()) else {
                return Err("a resolution without bands".into());
            };
            low = synthesize([&low, &hl, &lh, &hh], resolution.corners[0]);
        }
        Ok(low)
    }

    fn block<T: Coefficient>(
        &self,
        resolution: usize,
        band: usize,
        block: &packet::Block<'_>,
        indices: &mut Vec<i32>,
        out: &mut Plane<T>,
    ) -> Result<(), Stop> {
        let style = &self.coding.styles[self.index];
        let steps = self.coding.steps[self.index].as_ref().ok_or("no quantization (QCD)")?;
        let level = style.levels - resolution.saturating_sub(1);
        let level = if resolution == 0 { style.levels } else { level };
        let quantized = steps.of(band, style.levels, level)?;
        let plane = (quantized.bits.checked_sub(block.missing + 1))
            .ok_or("more missing bit-planes than there are")?;
        let [width, height] = block.size;
        indices.clear();
        indices.resize(width * height, 0);
        let refinement = block.refinement.concat();
        let coded = block::Block {
            width,
            height,
            cleanup: block.cleanup,
            refinement: &refinement,
            passes: block.passes,
            missing: block.missing,
            plane,
            causal: style.causal,
        };
        block::decode(&coded, indices)?;
        // HL and LH gain one bit, HH two (T.800 table E.1).
        let gain = if band == 0 { 0 } else { [1, 1, 2][(band - 1) % 3] };
        let range = self.stream.size.components[self.index].precision as i32 + gain;
        let step = 2_f32.powi(range - quantized.exponent as i32)
            * (1.0 + quantized.mantissa as f32 / 2048.0);
        for (row, line) in indices.chunks(width).enumerate() {
            let target = &mut out.values[(block.at[1] + row) * out.width + block.at[0]..][..width];
            target.iter_mut().zip(line).for_each(|(t, v)| *t = T::dequantize(*v, step));
        }
        Ok(())
    }
}
