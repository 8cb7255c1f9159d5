//! Marker segments of a codestream (T.800 annex A, T.814 annex A).

use super::{Stop, ebcot};
use std::ops::Range;

/// Size of the image and of its tiles (SIZ).
#[derive(Debug, Clone)]
pub(super) struct Size {
    /// Corners of the image on the reference grid.
    pub(super) image: [[usize; 2]; 2],
    pub(super) tile: [usize; 2],
    pub(super) tile_origin: [usize; 2],
    pub(super) components: Vec<Component>,
}

/// Precision of a component.
#[derive(Debug, Clone, Copy)]
pub(super) struct Component {
    pub(super) precision: u32,
    pub(super) signed: bool,
}

/// How the packets of a tile follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    LayerResolution,
    ResolutionLayer,
    ResolutionPosition,
    PositionComponent,
    ComponentPosition,
}

/// As many changes of the packets' order as OpenJPEG reads.
const MOST_PROGRESSIONS: usize = 32;

/// A part of the packets' order: what is sent, and how.
#[derive(Debug, Clone)]
pub(super) struct Progression {
    pub(super) order: Order,
    /// Up to which layer.
    pub(super) layers: usize,
    pub(super) resolutions: Range<usize>,
    pub(super) components: Range<usize>,
}

/// How blocks are coded.
#[derive(Debug, Clone, Copy)]
pub(super) enum Coder {
    Ebcot(ebcot::Style),
    /// High-throughput; whether no row looks at the next stripe.
    HighThroughput {
        causal: bool,
    },
}

/// Coding style of a component (COD, COC).
#[derive(Debug, Clone)]
pub(super) struct Style {
    pub(super) levels: usize,
    /// Logarithms of the block's width and height.
    pub(super) block: [u32; 2],
    pub(super) coder: Coder,
    pub(super) reversible: bool,
    /// Logarithms of the precinct's width and height by resolution.
    pub(super) precincts: Vec<[u32; 2]>,
}

/// Quantization of a component (QCD, QCC).
#[derive(Debug, Clone)]
pub(super) struct Steps {
    guard: u32,
    derived: bool,
    /// Exponent and mantissa by band.
    steps: Vec<[u32; 2]>,
}

impl Steps {
    /// Magnitude bits of a band, and exponent and mantissa of its step. `band` counts LL, then HL,
    /// LH and HH of each resolution; `level` is the band's number of decompositions.
    pub(super) fn of(&self, band: usize, levels: usize, level: usize) -> Result<Band, Stop> {
        let [exponent, mantissa] = if self.derived {
            let [exponent, mantissa] = self.steps[0];
            let exponent = (exponent + level as u32).checked_sub(levels as u32);
            [exponent.ok_or("quantization exponent below zero")?, mantissa]
        } else {
            *self.steps.get(band).ok_or("a band without a quantization step")?
        };
        let bits = (self.guard + exponent).checked_sub(1).ok_or("a band without bit-planes")?;
        Ok(Band { bits, exponent, mantissa })
    }
}

/// Quantization of a band.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band {
    pub(super) bits: u32,
    pub(super) exponent: u32,
    pub(super) mantissa: u32,
}

/// What the main header, or a tile's, says of the coding.
#[derive(Debug, Clone)]
pub(super) struct Coding {
    pub(super) order: Order,
    pub(super) layers: usize,
    pub(super) transform: bool,
    pub(super) sop: bool,
    pub(super) eph: bool,
    pub(super) styles: Vec<Style>,
    pub(super) steps: Vec<Option<Steps>>,
    /// By how many bit-planes each component's region of interest is above the rest.
    pub(super) region_shifts: Vec<u32>,
    /// The parts of the packets' order; empty where it does not change.
    pub(super) progressions: Vec<Progression>,
    own_style: Vec<bool>,
    own_steps: Vec<bool>,
}

/// Reads big-endian numbers; the end is an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], Stop> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(Stop::Ended)?;
        self.0 = tail;
        Ok(head)
    }

    /// A number of `N` bytes, at most four.
    pub(super) fn number<const N: usize>(&mut self) -> Result<usize, Stop> {
        Ok(self.take(N)?.iter().fold(0, |n, &b| n << 8 | usize::from(b)))
    }

    /// A marker segment's content.
    pub(super) fn segment(&mut self) -> Result<Reader<'a>, Stop> {
        let len =
            self.number::<2>()?.checked_sub(2).ok_or("a marker segment shorter than itself")?;
        Ok(Reader(self.take(len)?))
    }
}

impl Size {
    pub(super) fn read(mut segment: Reader<'_>) -> Result<Self, Stop> {
        segment.take(2)?;
        let mut pair = || Ok::<_, Stop>([segment.number::<4>()?, segment.number::<4>()?]);
        let (end, origin, tile, tile_origin) = (pair()?, pair()?, pair()?, pair()?);
        let count = segment.number::<2>()?;
        let components = (0..count).map(|_| component(&mut segment)).collect::<Result<_, _>>()?;
        let good = (0..2).all(|i| {
            origin[i] < end[i]
                && tile[i] > 0
                && tile_origin[i] <= origin[i]
                && tile_origin[i] + tile[i] > origin[i]
        });
        if !good {
            return Err("image and tiles do not meet".into());
        }
        Ok(Self { image: [origin, end], tile, tile_origin, components })
    }

    /// Number of tiles along a row and a column.
    pub(super) fn tiles(&self) -> [usize; 2] {
        [0, 1].map(|i| (self.image[1][i] - self.tile_origin[i]).div_ceil(self.tile[i]))
    }

    /// Corners of a tile.
    pub(super) fn tile(&self, index: usize) -> [[usize; 2]; 2] {
        let columns = self.tiles()[0];
        let place = [index % columns, index / columns];
        let corner = |i: usize, n: usize| {
            let at = self.tile_origin[i] + (place[i] + n) * self.tile[i];
            at.clamp(self.image[0][i], self.image[1][i])
        };
        [0, 1].map(|n| [0, 1].map(|i| corner(i, n)))
    }
}

fn component(segment: &mut Reader<'_>) -> Result<Component, Stop> {
    let (depth, x, y) = (segment.number::<1>()?, segment.number::<1>()?, segment.number::<1>()?);
    if (x, y) != (1, 1) {
        return Err("subsampled components are not supported".into());
    }
    let precision = (depth & 0x7F) as u32 + 1;
    if precision > 16 {
        return Err(Stop::Fault(format!("expected at most 16 bits; got {precision}")));
    }
    Ok(Component { precision, signed: depth & 0x80 != 0 })
}

impl Coding {
    /// From the COD segment.
    pub(super) fn read(mut segment: Reader<'_>, components: usize) -> Result<Self, Stop> {
        let flags = segment.number::<1>()?;
        let order = order(segment.number::<1>()?)?;
        let layers = segment.number::<2>()?;
        let transform = segment.number::<1>()?;
        let style = style(&mut segment, flags & 1 != 0)?;
        if layers == 0 || transform > 1 {
            return Err("no layer, or an unknown component transform".into());
        }
        Ok(Self {
            order,
            layers,
            transform: transform == 1,
            sop: flags & 2 != 0,
            eph: flags & 4 != 0,
            styles: vec![style; components],
            steps: vec![None; components],
            region_shifts: vec![0; components],
            progressions: Vec::new(),
            own_style: vec![false; components],
            own_steps: vec![false; components],
        })
    }

    /// Replaces what a COD of a tile says.
    pub(super) fn replace(&mut self, segment: Reader<'_>) -> Result<(), Stop> {
        let new = Self::read(segment, self.styles.len())?;
        (self.order, self.layers, self.transform) = (new.order, new.layers, new.transform);
        (self.sop, self.eph, self.styles) = (new.sop, new.eph, new.styles);
        self.own_style = new.own_style;
        Ok(())
    }

    pub(super) fn component_style(&mut self, mut segment: Reader<'_>) -> Result<(), Stop> {
        let at = self.component(&mut segment)?;
        let flags = segment.number::<1>()?;
        self.styles[at] = style(&mut segment, flags & 1 != 0)?;
        self.own_style[at] = true;
        Ok(())
    }

    pub(super) fn quantization(&mut self, segment: Reader<'_>) -> Result<(), Stop> {
        let steps = quantization(segment)?;
        for (own, slot) in self.own_steps.iter().zip(&mut self.steps) {
            if !own {
                *slot = Some(steps.clone());
            }
        }
        Ok(())
    }

    pub(super) fn component_quantization(&mut self, mut segment: Reader<'_>) -> Result<(), Stop> {
        let at = self.component(&mut segment)?;
        self.steps[at] = Some(quantization(segment)?);
        self.own_steps[at] = true;
        Ok(())
    }

    /// A region of interest (RGN, T.800 A.6.3).
    pub(super) fn region(&mut self, mut segment: Reader<'_>) -> Result<(), Stop> {
        let at = self.component(&mut segment)?;
        if segment.number::<1>()? != 0 {
            return Err("unknown style of a region of interest".into());
        }
        self.region_shifts[at] = segment.number::<1>()? as u32;
        Ok(())
    }

    /// Changes of the packets' order (POC, T.800 A.6.6), after those known.
    pub(super) fn progression(&mut self, mut segment: Reader<'_>) -> Result<(), Stop> {
        let wide = self.styles.len() >= 257;
        let component = |segment: &mut Reader<'_>| match wide {
            true => segment.number::<2>(),
            false => segment.number::<1>(),
        };
        while !segment.0.is_empty() {
            let first_resolution = segment.number::<1>()?;
            let first_component = component(&mut segment)?;
            let layers = segment.number::<2>()?;
            let resolutions = first_resolution..segment.number::<1>()?;
            let end = match component(&mut segment)? {
                0 => self.styles.len(),
                end => end,
            };
            let order = order(segment.number::<1>()?)?;
            let components = first_component..end;
            self.progressions.push(Progression { order, layers, resolutions, components });
            if self.progressions.len() > MOST_PROGRESSIONS {
                return Err("more changes of the progression order than any file has".into());
            }
        }
        Ok(())
    }

    /// A component's number, which takes one byte where there are fewer than 257.
    fn component(&self, segment: &mut Reader<'_>) -> Result<usize, Stop> {
        let count = self.styles.len();
        let at = if count < 257 { segment.number::<1>()? } else { segment.number::<2>()? };
        if at < count { Ok(at) } else { Err("a component that is not there".into()) }
    }
}

fn order(number: usize) -> Result<Order, Stop> {
    Ok(match number {
        0 => Order::LayerResolution,
        1 => Order::ResolutionLayer,
        2 => Order::ResolutionPosition,
        3 => Order::PositionComponent,
        4 => Order::ComponentPosition,
        _ => return Err("unknown progression order".into()),
    })
}

fn style(segment: &mut Reader<'_>, own_precincts: bool) -> Result<Style, Stop> {
    let levels = segment.number::<1>()?;
    let block = [segment.number::<1>()? as u32 + 2, segment.number::<1>()? as u32 + 2];
    let flags = segment.number::<1>()?;
    let wavelet = segment.number::<1>()?;
    if levels > 32 || block.iter().any(|b| *b > 10) || block[0] + block[1] > 12 || wavelet > 1 {
        return Err("coding style that the standard does not allow".into());
    }
    let coder = coder(flags)?;
    let precincts = (0..=levels)
        .map(|resolution| {
            if !own_precincts {
                return Ok([15, 15]);
            }
            let size = segment.number::<1>()? as u32;
            let size = [size & 15, size >> 4];
            if resolution > 0 && size.contains(&0) {
                return Err("a precinct of less than a sample".into());
            }
            Ok(size)
        })
        .collect::<Result<_, Stop>>()?;
    Ok(Style { levels, block, coder, reversible: wavelet == 1, precincts })
}

/// The block coder of a style's flags (T.800 table A.19, T.814 A.4).
fn coder(flags: usize) -> Result<Coder, Stop> {
    let has = |bit: usize| flags >> bit & 1 == 1;
    match flags >> 6 {
        0 => Ok(Coder::Ebcot(ebcot::Style {
            bypass: has(0),
            reset: has(1),
            terminate: has(2),
            causal: has(3),
            symbols: has(5),
        })),
        1 => Ok(Coder::HighThroughput { causal: has(3) }),
        _ => Err("blocks of both kinds in one picture are not supported".into()),
    }
}

fn quantization(mut segment: Reader<'_>) -> Result<Steps, Stop> {
    let style = segment.number::<1>()?;
    let mut steps = Vec::new();
    while !segment.0.is_empty() {
        steps.push(match style & 31 {
            0 => [segment.number::<1>()? as u32 >> 3, 0],
            1 | 2 => {
                let step = segment.number::<2>()? as u32;
                [step >> 11, step & 0x7FF]
            }
            _ => return Err("unknown quantization style".into()),
        });
    }
    if steps.is_empty() {
        return Err("no quantization step".into());
    }
    Ok(Steps { guard: style as u32 >> 5, derived: style & 31 == 1, steps })
}
