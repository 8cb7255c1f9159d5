//! From the packets of a tile to its samples.

use super::band::Coefficient;
use super::component::{Blocks, Component, ROWS, Top};
use super::packet::{self, Corners, Grid, Packets};
use super::stream::{self, Coding, Reader};
use super::wavelet::Slab;
use super::{Stop, Stream, Tile, workers};
use crate::deadline::Deadline;

/// A resolution of a component: corners, and bands with their number among all of the component.
pub(super) struct Resolution {
    pub(super) corners: Corners,
    pub(super) bands: Vec<(usize, Corners)>,
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
    /// Decodes a tile into the picture.
    pub(super) fn decode_tile(
        &self,
        index: usize,
        tile: &Tile<'_>,
        deadline: Deadline,
        samples: &mut [u16],
    ) -> Result<(), Stop> {
        let corners = self.size.tile(index);
        let coding = &tile.coding;
        let joined: Vec<u8>;
        let bodies = match tile.parts[..] {
            [one] => one,
            _ => {
                joined = tile.parts.concat();
                &joined
            }
        };
        let headers = tile.headers.as_ref().map(|headers| Reader(headers));
        let layout: Vec<Vec<Resolution>> =
            coding.styles.iter().map(|style| resolutions(corners, style.levels)).collect();
        let packets = Packets { bodies: Reader(bodies), headers };
        let blocks = self.blocks(corners, coding, &layout, packets)?;
        let threads = workers::count(area(corners) * layout.len());
        let mut values = Vec::new();
        for (index, (blocks, resolutions)) in blocks.into_iter().zip(&layout).enumerate() {
            let component =
                Component { stream: self, coding, resolutions, index, deadline, threads };
            values.push(Values::new(&component, blocks)?);
        }
        let slabs = self.slabs(corners, values.len(), samples);
        let place = |room: &mut Vec<Rows>, (first, last, rows): (usize, usize, &mut [u16])| {
            room.resize_with(values.len(), Rows::default);
            if let ([room], [values]) = (&mut room[..], &values[..]) {
                self.place_grey(corners, room, values, (first, last, rows));
                return Ok(());
            }
            for (room, values) in room.iter_mut().zip(&values) {
                room.make(values, first, last);
            }
            if coding.transform {
                untransform(room)?;
            }
            room.iter_mut().for_each(Rows::round);
            self.place(corners, room, rows);
            Ok(())
        };
        workers::for_each(threads, slabs, Vec::new, place)
    }

    /// The coded blocks of each component of a tile.
    fn blocks<'a>(
        &self,
        corners: Corners,
        coding: &Coding,
        layout: &[Vec<Resolution>],
        packets: Packets<'a>,
    ) -> Result<Vec<Blocks<'a>>, Stop> {
        let components = self.size.components.len();
        // The smallest code block has sixteen samples.
        let mut room = area(corners) * components / 8 + 4096;
        let mut precincts = Vec::new();
        for (component, (style, resolutions)) in coding.styles.iter().zip(layout).enumerate() {
            for (number, resolution) in resolutions.iter().enumerate() {
                let grid = Grid {
                    component,
                    resolution: number,
                    corners: resolution.corners,
                    bands: &resolution.bands,
                    precinct: style.precincts[number],
                    block: style.block,
                    scale: style.levels - number,
                    tile: corners[0],
                };
                packet::precincts(&grid, &mut room, &mut precincts)?;
            }
        }
        packet::read(&mut precincts, coding, packets)?;
        let mut blocks: Vec<Blocks<'a>> = (0..components).map(|_| Vec::new()).collect();
        for (place, block) in precincts.into_iter().flat_map(packet::Precinct::into_blocks) {
            if block.passes > 0 {
                blocks[place[0]].push((place, block));
            }
        }
        Ok(blocks)
    }

    /// The rows of a tile in the picture, from the start of a row, as slabs with the numbers of
    /// their first and last row within the tile.
    fn slabs<'p>(
        &self,
        [low, high]: Corners,
        components: usize,
        samples: &'p mut [u16],
    ) -> Vec<(usize, usize, &'p mut [u16])> {
        let [image, end] = self.size.image;
        let stride = (end[0] - image[0]) * components;
        let rows = (low[1] - image[1]) * stride..(high[1] - image[1]) * stride;
        let slab = |(number, rows): (usize, &'p mut [u16])| {
            (number * ROWS, number * ROWS + rows.len() / stride, rows)
        };
        samples[rows].chunks_mut((ROWS * stride).max(1)).enumerate().map(slab).collect()
    }

    /// Makes rows of a tile of one component right into these rows of the picture.
    fn place_grey(
        &self,
        [low, high]: Corners,
        room: &mut Rows,
        values: &Values,
        (first, last, rows): (usize, usize, &mut [u16]),
    ) {
        let [image, end] = self.size.image;
        let (width, word) = (high[0] - low[0], Word::new(self.size.components[0]));
        let lines = rows.chunks_exact_mut(end[0] - image[0]);
        let lines = lines.map(|line| &mut line[low[0] - image[0]..][..width]);
        match values {
            Values::Small(top) => top.rows(first, last, &mut room.slabs.small, word.into(lines)),
            Values::Whole(top) => top.rows(first, last, &mut room.slabs.whole, word.into(lines)),
            Values::Real(top) => top.rows(first, last, &mut room.slabs.real, word.into(lines)),
        }
    }

    /// Writes rows of a tile as stored words into these rows of the picture.
    fn place(&self, [low, high]: Corners, values: &[Rows], rows: &mut [u16]) {
        let [image, end] = self.size.image;
        let (width, components) = (high[0] - low[0], values.len());
        let lines = rows.chunks_exact_mut((end[0] - image[0]) * components);
        for (y, line) in lines.enumerate() {
            let line = &mut line[(low[0] - image[0]) * components..][..width * components];
            for (c, values) in values.iter().enumerate() {
                let word = Word::new(self.size.components[c]);
                let row = &values.whole[y * width..][..width];
                let places = line.iter_mut().skip(c).step_by(components);
                places.zip(row).for_each(|(to, v)| *to = word.of(*v));
            }
        }
    }
}

fn area([low, high]: Corners) -> usize {
    (high[0] - low[0]) * (high[1] - low[1])
}

/// Makes values stored words: shifted to be positive where they are unsigned, clipped to their
/// bits.
#[derive(Debug, Clone, Copy)]
struct Word {
    low: i32,
    high: i32,
    shift: i32,
    mask: i32,
}

impl Word {
    fn new(component: stream::Component) -> Self {
        let half = 1 << (component.precision - 1);
        let shift = if component.signed { 0 } else { half };
        Self { low: -half, high: half - 1, shift, mask: 2 * half - 1 }
    }

    #[inline(always)]
    fn of(self, value: i32) -> u16 {
        ((value.clamp(self.low, self.high) + self.shift) & self.mask) as u16
    }

    /// Writes a row as words into the next of some lines.
    fn into<'l, T: Coefficient>(
        self,
        mut lines: impl Iterator<Item = &'l mut [u16]>,
    ) -> impl FnMut(&[T]) {
        move |row| {
            let line = lines.next().unwrap_or_default();
            line.iter_mut().zip(row).for_each(|(to, v)| *to = self.of(v.whole()));
        }
    }
}

/// Values of a component, by the wavelet.
enum Values {
    Small(Top<i16>),
    Whole(Top<i32>),
    Real(Top<f32>),
}

impl Values {
    fn new(component: &Component<'_, '_>, blocks: Blocks<'_>) -> Result<Self, Stop> {
        Ok(match component.coding.styles[component.index].reversible {
            true if component.is_small() => Self::Small(component.top(blocks)?),
            true => Self::Whole(component.top(blocks)?),
            false => Self::Real(component.top(blocks)?),
        })
    }
}

/// Room to make rows in.
#[derive(Default)]
struct Slabs {
    small: Slab<i16>,
    whole: Slab<i32>,
    real: Slab<f32>,
}

/// Rows of a component, and room to make them in.
#[derive(Default)]
struct Rows {
    whole: Vec<i32>,
    real: Vec<f32>,
    slabs: Slabs,
}

impl Rows {
    fn make(&mut self, values: &Values, first: usize, last: usize) {
        self.whole.clear();
        self.real.clear();
        match values {
            Values::Small(top) => {
                let add = |row: &[i16]| self.whole.extend(row.iter().map(|v| v.whole()));
                top.rows(first, last, &mut self.slabs.small, add);
            }
            Values::Whole(top) => {
                let add = |row: &[i32]| self.whole.extend_from_slice(row);
                top.rows(first, last, &mut self.slabs.whole, add);
            }
            Values::Real(top) => {
                let add = |row: &[f32]| self.real.extend_from_slice(row);
                top.rows(first, last, &mut self.slabs.real, add);
            }
        }
    }

    /// Rounds real values, to even where they are in the middle.
    fn round(&mut self) {
        self.whole.extend(self.real.iter().map(|v| v.whole()));
    }
}

/// Undoes the transform of the first three components (T.800 annex G).
fn untransform(rows: &mut [Rows]) -> Result<(), Stop> {
    let [a, b, c, ..] = rows else {
        return Err("a component transform needs three components".into());
    };
    let whole = a.whole.iter_mut().zip(&mut b.whole).zip(&mut c.whole);
    for ((y, u), v) in whole {
        let green = y.wrapping_sub(u.wrapping_add(*v) >> 2);
        (*y, *u, *v) = (v.wrapping_add(green), green, u.wrapping_add(green));
    }
    let real = a.real.iter_mut().zip(&mut b.real).zip(&mut c.real);
    for ((y, u), v) in real {
        let (red, blue) = (*y + 1.402 * *v, *y + 1.772 * *u);
        (*y, *u, *v) = (red, *y - 0.344_136 * *u - 0.714_136 * *v, blue);
    }
    match a.whole.len() == b.whole.len() && b.whole.len() == c.whole.len() {
        true => Ok(()),
        false => Err("a component transform needs three components of one wavelet".into()),
    }
}
