//! Packets: which bytes belong to which code block (T.800 annex B.9, B.10; T.814 annex B).

use super::Stop;
use super::headers::{HeaderBits, TagTree};
use super::stream::{Coder, Coding, Order, Progression, Reader};

/// A code block and what packets brought of it.
#[derive(Debug, Clone)]
pub(super) struct Block<'a> {
    /// Corner and size in the band.
    pub(super) at: [usize; 2],
    pub(super) size: [usize; 2],
    pub(super) missing: u32,
    pub(super) passes: u32,
    length_bits: u32,
    /// Number of passes and bytes of each codeword segment.
    pub(super) segments: Vec<(u32, usize)>,
    /// The bytes of all segments, as packets brought them.
    pub(super) bytes: Vec<&'a [u8]>,
}

/// The blocks of a precinct in one band.
#[derive(Debug, Clone)]
struct Patch<'a> {
    band: usize,
    blocks: Vec<Block<'a>>,
    inclusion: TagTree,
    planes: TagTree,
}

/// The bands of a precinct.
#[derive(Debug, Clone)]
pub(super) struct Precinct<'a> {
    component: usize,
    resolution: usize,
    index: usize,
    /// Row and column on the reference grid.
    position: [usize; 2],
    /// Layers that were read.
    layers: usize,
    patches: Vec<Patch<'a>>,
}

/// Corners of a band.
pub(super) type Corners = [[usize; 2]; 2];

/// What divides a resolution into precincts.
pub(super) struct Grid<'g> {
    pub(super) component: usize,
    pub(super) resolution: usize,
    pub(super) corners: Corners,
    /// The resolution's bands with their number.
    pub(super) bands: &'g [(usize, Corners)],
    /// Logarithms of the sizes of a precinct and of a block.
    pub(super) precinct: [u32; 2],
    pub(super) block: [u32; 2],
    /// Logarithm of the resolution's distance on the reference grid.
    pub(super) scale: usize,
    /// The tile's first corner.
    pub(super) tile: [usize; 2],
}

/// Splits a resolution into precincts; `room` is for how many of them and their blocks there is.
pub(super) fn precincts<'a>(
    grid: &Grid<'_>,
    room: &mut usize,
    out: &mut Vec<Precinct<'a>>,
) -> Result<(), Stop> {
    let Grid { component, resolution, precinct, block, scale, tile, .. } = *grid;
    let [low, high] = grid.corners;
    if (0..2).any(|i| low[i] >= high[i]) {
        return Ok(());
    }
    let half = u32::from(resolution > 0);
    let first = [0, 1].map(|i| low[i] >> precinct[i]);
    let last = [0, 1].map(|i| high[i].div_ceil(1 << precinct[i]));
    let block = [0, 1].map(|i| block[i].min(precinct[i] - half));
    for row in first[1]..last[1] {
        for column in first[0]..last[0] {
            let place = [column, row];
            let size = [0, 1].map(|i| precinct[i] - half);
            let patch = |&(band, corners): &(usize, Corners)| {
                let from = [0, 1].map(|i| corners[0][i].max(place[i] << size[i]));
                let to = [0, 1].map(|i| corners[1][i].min((place[i] + 1) << size[i]));
                Patch::new((band, corners[0]), [from, to], block, room)
            };
            let patches = grid.bands.iter().map(patch).collect::<Result<_, _>>()?;
            let position = [1, 0].map(|i| ((place[i] << precinct[i]) << scale).max(tile[i]));
            let index = (row - first[1]) * (last[0] - first[0]) + column - first[0];
            out.push(Precinct { component, resolution, index, position, layers: 0, patches });
        }
    }
    Ok(())
}

impl<'a> Patch<'a> {
    fn new(
        (band, low): (usize, [usize; 2]),
        [from, to]: Corners,
        block: [u32; 2],
        room: &mut usize,
    ) -> Result<Self, Stop> {
        let empty = (0..2).any(|i| from[i] >= to[i]);
        let first = [0, 1].map(|i| from[i] >> block[i]);
        let last = [0, 1].map(|i| if empty { first[i] } else { to[i].div_ceil(1 << block[i]) });
        let count = [0, 1].map(|i| last[i] - first[i]);
        *room = (count[0] * count[1] + 1)
            .le(room)
            .then(|| *room - count[0] * count[1] - 1)
            .ok_or("more precincts and code blocks than a picture of this size needs")?;
        let mut blocks = Vec::with_capacity(count[0] * count[1]);
        for row in first[1]..last[1] {
            for column in first[0]..last[0] {
                let place = [column, row];
                let corner = [0, 1].map(|i| from[i].max(place[i] << block[i]));
                let end = [0, 1].map(|i| to[i].min((place[i] + 1) << block[i]));
                blocks.push(Block {
                    at: [0, 1].map(|i| corner[i] - low[i]),
                    size: [0, 1].map(|i| end[i] - corner[i]),
                    missing: 0,
                    passes: 0,
                    length_bits: 3,
                    segments: Vec::new(),
                    bytes: Vec::new(),
                });
            }
        }
        let tree = TagTree::new(count);
        Ok(Self { band, blocks, inclusion: tree.clone(), planes: tree })
    }
}

/// The packets of a tile: their bodies, and their headers where these stand apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packets<'a> {
    pub(super) bodies: Reader<'a>,
    pub(super) headers: Option<Reader<'a>>,
}

/// Reads all packets of a tile in their order.
pub(super) fn read<'a>(
    precincts: &mut [Precinct<'a>],
    coding: &Coding,
    mut packets: Packets<'a>,
) -> Result<(), Stop> {
    let whole = Progression {
        order: coding.order,
        layers: coding.layers,
        resolutions: 0..usize::MAX,
        components: 0..usize::MAX,
    };
    let parts = match coding.progressions.as_slice() {
        [] => &[whole],
        parts => parts,
    };
    parts.iter().try_for_each(|part| read_part(precincts, coding, part, &mut packets))?;
    match precincts.iter().all(|p| p.layers == coding.layers) {
        true => Ok(()),
        false => Err("the progression order leaves packets out".into()),
    }
}

/// Reads the packets of a part of the order that were not read before.
fn read_part<'a>(
    precincts: &mut [Precinct<'a>],
    coding: &Coding,
    part: &Progression,
    packets: &mut Packets<'a>,
) -> Result<(), Stop> {
    sort(precincts, part.order);
    let is_chosen = |p: &Precinct<'_>| {
        part.resolutions.contains(&p.resolution) && part.components.contains(&p.component)
    };
    let mut group = 0;
    while group < precincts.len() {
        // Layers run around everything, around a resolution, or within a precinct.
        let resolution = precincts[group].resolution;
        let end = match part.order {
            Order::LayerResolution => precincts.len(),
            Order::ResolutionLayer => {
                group + precincts[group..].iter().take_while(|p| p.resolution == resolution).count()
            }
            _ => group + 1,
        };
        let mut chosen: Vec<_> =
            precincts[group..end].iter_mut().filter(|precinct| is_chosen(precinct)).collect();
        // Layers that were read are not gone through again.
        let first = chosen.iter().map(|precinct| precinct.layers).min().unwrap_or(usize::MAX);
        for layer in first..part.layers.min(coding.layers) {
            for precinct in chosen.iter_mut().filter(|precinct| precinct.layers == layer) {
                packet(precinct, layer, coding, packets)?;
                precinct.layers += 1;
            }
        }
        group = end;
    }
    Ok(())
}

fn sort(precincts: &mut [Precinct<'_>], order: Order) {
    precincts.sort_by_key(|p| {
        let (c, r, [y, x], k) = (p.component, p.resolution, p.position, p.index);
        match order {
            Order::LayerResolution | Order::ResolutionLayer => [r, c, k, 0, 0],
            Order::ResolutionPosition => [r, y, x, c, k],
            Order::PositionComponent => [y, x, c, r, k],
            Order::ComponentPosition => [c, y, x, r, k],
        }
    });
}

fn packet<'a>(
    precinct: &mut Precinct<'a>,
    layer: usize,
    coding: &Coding,
    packets: &mut Packets<'a>,
) -> Result<(), Stop> {
    let bodies = &mut packets.bodies;
    if coding.sop && bodies.0.starts_with(&[0xFF, 0x91]) {
        bodies.take(6)?;
    }
    let coder = coding.styles[precinct.component].coder;
    let headers = packets.headers.as_mut().unwrap_or(bodies);
    let mut lengths = Vec::new();
    let mut bits = HeaderBits::new(headers.0);
    if bits.bit()? == 1 {
        for (p, patch) in precinct.patches.iter_mut().enumerate() {
            for b in 0..patch.blocks.len() {
                if let Some(len) = patch.contribution(b, layer, coder, &mut bits)? {
                    lengths.push((p, b, len));
                }
            }
        }
    }
    let header = bits.bytes_read();
    headers.take(header)?;
    if coding.eph && headers.0.starts_with(&[0xFF, 0x92]) {
        headers.take(2)?;
    }
    for (p, b, len) in lengths.into_iter().filter(|(_, _, len)| *len > 0) {
        precinct.patches[p].blocks[b].bytes.push(packets.bodies.take(len)?);
    }
    Ok(())
}

impl Patch<'_> {
    /// Bytes of a block in this packet.
    fn contribution(
        &mut self,
        index: usize,
        layer: usize,
        coder: Coder,
        bits: &mut HeaderBits<'_>,
    ) -> Result<Option<usize>, Stop> {
        let first = self.blocks[index].passes == 0;
        let included = if first {
            self.inclusion.at_most(index, layer as u32, bits)?
        } else {
            bits.bit()? == 1
        };
        if !included {
            return Ok(None);
        }
        if first {
            self.blocks[index].missing = self.missing(index, bits)?;
        }
        let passes = bits.passes()?;
        let block = &mut self.blocks[index];
        while bits.bit()? == 1 {
            block.length_bits += 1;
            if block.length_bits > 31 {
                return Err("a code block's length of more than 31 bits".into());
            }
        }
        let len = match coder {
            Coder::Ebcot(style) => {
                block.add_segments(passes, |pass| style.segment_passes(pass), bits)
            }
            Coder::HighThroughput { .. } => block.add_high_throughput(first, passes, bits),
        };
        len.map(Some)
    }

    /// Missing bit-planes of a block.
    fn missing(&mut self, index: usize, bits: &mut HeaderBits<'_>) -> Result<u32, Stop> {
        let mut planes = 0;
        while !self.planes.at_most(index, planes, bits)? {
            planes += 1;
            if planes > 74 {
                return Err("more missing bit-planes than there are".into());
            }
        }
        Ok(planes)
    }
}

impl Block<'_> {
    /// Spreads passes over segments, of which the one that begins with a pass has at most
    /// `most` passes (T.800 B.10.7); returns their bytes.
    fn add_segments(
        &mut self,
        mut passes: u32,
        most: impl Fn(u32) -> u32,
        bits: &mut HeaderBits<'_>,
    ) -> Result<usize, Stop> {
        let mut total = 0;
        while passes > 0 {
            let open = self
                .segments
                .last()
                .map_or(0, |&(count, _)| most(self.passes - count).saturating_sub(count));
            if open == 0 {
                self.segments.push((0, 0));
            }
            let count = passes.min(if open == 0 { most(self.passes) } else { open });
            let len = bits.number(self.length_bits + count.ilog2())?;
            if let Some(segment) = self.segments.last_mut() {
                segment.0 += count;
                segment.1 += len;
            }
            total += len;
            self.passes += count;
            passes -= count;
        }
        Ok(total)
    }

    /// The same of high-throughput passes (T.814 B.3): a cleanup pass, and what refines it.
    fn add_high_throughput(
        &mut self,
        first: bool,
        mut passes: u32,
        bits: &mut HeaderBits<'_>,
    ) -> Result<usize, Stop> {
        let mut total = 0;
        if first {
            // Passes in threes before the one that counts only say that bit-planes are missing.
            let placeholders = (passes - 1) / 3 * 3;
            self.missing += placeholders / 3;
            total = bits.number(self.length_bits + (placeholders + 1).ilog2())?;
            passes -= placeholders + 1;
            self.passes = 1;
            self.segments.push((1, total));
        }
        if passes > 0 {
            let len = bits.number(self.length_bits + passes.ilog2())?;
            self.passes += passes;
            total += len;
            if self.segments.len() < 2 {
                self.segments.push((0, 0));
            }
            self.segments[1].0 += passes;
            self.segments[1].1 += len;
        }
        if self.passes > 3 {
            return Err("more than one set of high-throughput passes is not supported".into());
        }
        Ok(total)
    }
}

impl<'a> Precinct<'a> {
    /// All code blocks with component, resolution and band.
    pub(super) fn into_blocks(self) -> impl Iterator<Item = ([usize; 3], Block<'a>)> {
        let (component, resolution) = (self.component, self.resolution);
        self.patches.into_iter().flat_map(move |patch| {
            let place = [component, resolution, patch.band];
            patch.blocks.into_iter().map(move |block| (place, block))
        })
    }
}
