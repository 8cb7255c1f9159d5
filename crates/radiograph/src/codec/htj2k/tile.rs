//! From the packets of a tile to its samples.

use super::component::Component;
use super::packet::{self, Block, Corners, Grid};
use super::stream::{self, Coding, Reader};
use super::wavelet::Plane;
use super::{Stop, Stream, Tile};

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

/// Blocks of one component with their resolution and band.
type Blocks<'a> = Vec<([usize; 3], Block<'a>)>;

impl Stream<'_> {
    pub(super) fn decode_tile(
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
        let layout: Vec<Vec<Resolution>> =
            coding.styles.iter().map(|style| resolutions(corners, style.levels)).collect();
        let blocks = self.blocks(corners, coding, &layout, bytes)?;
        let plane = |(c, (blocks, resolutions)): (usize, (Blocks<'_>, &Vec<Resolution>))| {
            let component = Component { stream: self, coding, resolutions, index: c, is_over };
            if coding.styles[c].reversible {
                component.plane::<i32>(blocks).map(Values::Whole)
            } else {
                component.plane::<f32>(blocks).map(Values::Real)
            }
        };
        let planes = blocks
            .into_iter()
            .zip(&layout)
            .enumerate()
            .map(plane)
            .collect::<Result<Vec<_>, _>>()?;
        self.place(corners, untransform(planes, coding.transform)?, samples);
        Ok(())
    }

    /// The coded blocks of each component of a tile.
    fn blocks<'a>(
        &self,
        corners: Corners,
        coding: &Coding,
        layout: &[Vec<Resolution>],
        bytes: &'a [u8],
    ) -> Result<Vec<Blocks<'a>>, Stop> {
        let components = self.size.components.len();
        let area = (corners[1][0] - corners[0][0]) * (corners[1][1] - corners[0][1]) * components;
        // The smallest code block has sixteen samples.
        let mut room = area / 8 + 4096;
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
        packet::read(&mut precincts, coding, Reader(bytes))?;
        let mut blocks: Vec<Blocks<'a>> = (0..components).map(|_| Vec::new()).collect();
        for (place, block) in precincts.into_iter().flat_map(packet::Precinct::into_blocks) {
            if block.passes > 0 && !block.cleanup.is_empty() {
                blocks[place[0]].push((place, block));
            }
        }
        Ok(blocks)
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
