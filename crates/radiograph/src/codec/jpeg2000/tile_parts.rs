//! Which tile-parts of a codestream arrived whole (ITU-T T.800 A.4.2): decoders make what they can
//! of a cut one and say nothing.

use std::collections::BTreeMap;

const SOC_SIZ: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];
const SOT: usize = 0xFF90;
const END: [u8; 2] = [0xFF, 0xD9];

/// What is known of a tile: its parts so far, how many there are to be, whether one was cut.
#[derive(Debug, Default)]
struct Tile {
    parts: usize,
    announced: usize,
    cut: bool,
}

/// Rows above the first tile that did not arrive whole, `height` where all did; `None` where the
/// headers are cut.
///
/// In a lossless stream of one tile what is missing is missing everywhere, so that no row is right.
pub(super) fn arrived(bytes: &[u8], height: usize) -> Option<usize> {
    let start = bytes.windows(4).position(|w| w == SOC_SIZ)? + 2;
    let grid = Grid::read(bytes.get(start..)?)?;
    let mut at = start;
    // The segments of the main header.
    while number(bytes, at, 2)? != SOT {
        at = at.checked_add(2 + number(bytes, at + 2, 2)?)?;
    }
    let mut tiles = BTreeMap::<usize, Tile>::new();
    while number(bytes, at, 2) == Some(SOT) {
        let (Some(index), Some(len)) = (number(bytes, at + 4, 2), number(bytes, at + 6, 4)) else {
            break;
        };
        let tile = tiles.entry(index).or_default();
        tile.parts += 1;
        tile.announced = tile.announced.max(number(bytes, at + 11, 1).unwrap_or(0));
        // A length of 0 is to the end of the codestream.
        let end = match len {
            0 => bytes[at..].windows(2).position(|w| w == END).map(|n| at + n),
            _ => at.checked_add(len).filter(|&end| end <= bytes.len() && len >= 12),
        };
        match end {
            Some(end) => at = end,
            None => {
                tile.cut = true;
                break;
            }
        }
    }
    let whole = |tile: &Tile| !tile.cut && tile.parts >= tile.announced;
    let missing = (0..grid.tiles()).find(|index| !tiles.get(index).is_some_and(whole));
    Some(missing.map_or(height, |index| grid.top(index).min(height)))
}

/// The tiles of a picture (T.800 B.3).
struct Grid {
    across: usize,
    down: usize,
    height: usize,
    /// From the top of the first tile to that of the picture.
    offset: usize,
}

impl Grid {
    /// From the SIZ marker on.
    fn read(siz: &[u8]) -> Option<Self> {
        let field = |i: usize| number(siz, 6 + 4 * i, 4);
        let [width, height, _, top] = [field(0)?, field(1)?, field(2)?, field(3)?];
        let [tile_width, tile_height] = [field(4)?, field(5)?];
        let [left_tile, top_tile] = [field(6)?, field(7)?];
        if tile_width == 0 || tile_height == 0 {
            return None;
        }
        let across = width.checked_sub(left_tile)?.div_ceil(tile_width);
        let down = height.checked_sub(top_tile)?.div_ceil(tile_height);
        Some(Self { across, down, height: tile_height, offset: top.checked_sub(top_tile)? })
    }

    /// At most as many as there are numbers for.
    fn tiles(&self) -> usize {
        self.across.saturating_mul(self.down).min(1 << 16)
    }

    /// The first row of a tile in the picture.
    fn top(&self, index: usize) -> usize {
        (index / self.across.max(1) * self.height).saturating_sub(self.offset)
    }
}

fn number(bytes: &[u8], at: usize, size: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}
