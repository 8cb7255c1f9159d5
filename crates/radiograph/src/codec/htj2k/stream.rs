//! Marker segments of a codestream (T.800 annex A, T.814 annex A).

use super::Stop;

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

/// Coding style of a component (COD, COC).
#[derive(Debug, Clone)]
pub(super) struct Style {
    pub(super) levels: usize,
    /// Logarithms of the block's width and height.
    pub(super) block: [u32; 2],
    pub(super) causal: bool,
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
        match (self.guard + exponent).checked_sub(1) {
            Some(bits) if bits <= 29 => Ok(Band { bits, exponent, mantissa }),
            _ => Err("bit-planes of a band: more than 29, or none".into()),
        }
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
        let order = match segment.number::<1>()? {
            0 => Order::LayerResolution,
            1 => Order::ResolutionLayer,
            2 => Order::ResolutionPosition,
            3 => Order::PositionComponent,
            4 => Order::ComponentPosition,
            _ => return Err("unknown progression order".into()),
        };
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
            own_style: vec![false; components],
            own_steps: vec![false; components],
        })
    }

    /// Replaces what a COD of a tile says.
    pub(super) fn replace(&mut self, segment: Reader<'_>) -> Result<(), Stop> {
        let new = Self::read(segment, self.styles.len())?;
        *self = Self { steps: self.steps.clone(), own_steps: self.own_steps.clone(), ..new };
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

    /// A component's number, which takes one byte where there are fewer than 257.
    fn component(&self, segment: &mut Reader<'_>) -> Result<usize, Stop> {
        let count = self.styles.len();
        let at = if count < 257 { segment.number::<1>()? } else { segment.number::<2>()? };
        if at < count { Ok(at) } else { Err("a component that is not there".into()) }
    }
}

fn style(segment: &mut Reader<'_>, own_precincts: bool) -> Result<Style, Stop> {
    let levels = segment.number::<1>()?;
    let block = [segment.number::<1>()? as u32 + 2, segment.number::<1>()? as u32 + 2];
    let flags = segment.number::<1>()?;
    let wavelet = segment.number::<1>()?;
    if levels > 32 || block.iter().any(|b| *b > 10) || block[0] + block[1] > 12 || wavelet > 1 {
        return Err("coding style that the standard does not allow".into());
    }
    if flags & 0xC0 != 0x40 {
        return Err("blocks of both kinds in one picture are not supported".into());
    }
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
    Ok(Style { levels, block, causal: flags & 8 != 0, reversible: wavelet == 1, precincts })
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
