//! The bits of packet headers and the trees they fill (T.800 B.10).

use super::Stop;

/// Bits of a packet header: most significant first, seven in a byte after FF.
pub(super) struct HeaderBits<'a> {
    bytes: &'a [u8],
    pos: usize,
    left: u32,
}

impl<'a> HeaderBits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, pos: 0, left: 0 }
    }

    pub(super) fn bit(&mut self) -> Result<u32, Stop> {
        if self.left == 0 {
            let after_ff = self.pos > 0 && self.bytes[self.pos - 1] == 0xFF;
            self.bytes.get(self.pos).ok_or(Stop::Ended)?;
            self.pos += 1;
            self.left = if after_ff { 7 } else { 8 };
        }
        self.left -= 1;
        Ok(u32::from(self.bytes[self.pos - 1] >> self.left & 1))
    }

    pub(super) fn number(&mut self, bits: u32) -> Result<usize, Stop> {
        (0..bits).try_fold(0, |n, _| Ok(n << 1 | self.bit()? as usize))
    }

    /// Number of coding passes (T.800 table B.4).
    pub(super) fn passes(&mut self) -> Result<u32, Stop> {
        for (bits, base) in [(1, 1), (1, 2), (2, 3), (5, 6)] {
            let value = self.number(bits)? as u32;
            if value + 1 < 1 << bits {
                return Ok(base + value);
            }
        }
        Ok(37 + self.number(7)? as u32)
    }

    /// Bytes of the header, with the stuffed one that follows a last FF.
    pub(super) fn bytes_read(&self) -> usize {
        let ends_in_ff = self.pos > 0 && self.bytes[self.pos - 1] == 0xFF;
        self.pos + usize::from(ends_in_ff)
    }
}

/// A tree of minima (T.800 B.10.2).
#[derive(Debug, Clone)]
pub(super) struct TagTree {
    /// Width of each level and where it starts among the nodes, from the leaves.
    levels: Vec<(usize, usize)>,
    /// The value as far as known, and whether it is settled.
    nodes: Vec<(u32, bool)>,
}

impl TagTree {
    pub(super) fn new([mut width, mut height]: [usize; 2]) -> Self {
        let (mut levels, mut count) = (Vec::new(), 0);
        while width * height > 0 {
            levels.push((width, count));
            count += width * height;
            if width * height == 1 {
                break;
            }
            (width, height) = (width.div_ceil(2), height.div_ceil(2));
        }
        Self { levels, nodes: vec![(0, false); count] }
    }

    /// Whether the value of a leaf is at most `limit`; reads as many bits as that takes.
    pub(super) fn at_most(
        &mut self,
        leaf: usize,
        limit: u32,
        bits: &mut HeaderBits<'_>,
    ) -> Result<bool, Stop> {
        let Some(&(width, _)) = self.levels.first() else { return Ok(false) };
        let (x, y) = (leaf % width, leaf / width);
        let mut low = 0;
        for (level, &(width, start)) in self.levels.iter().enumerate().rev() {
            let node = &mut self.nodes[start + (y >> level) * width + (x >> level)];
            node.0 = node.0.max(low);
            while !node.1 && node.0 <= limit {
                if bits.bit()? == 1 {
                    node.1 = true;
                } else {
                    node.0 += 1;
                }
            }
            low = node.0;
            if !node.1 {
                return Ok(false);
            }
        }
        Ok(low <= limit)
    }
}
