//! Bits of an entropy-coded segment: stuffed zero bytes removed, a marker ends it.

/// Reads bits, most significant first. After the end it gives zeros and counts them.
#[derive(Debug, Clone)]
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    pos: usize,
    /// Bits not yet read, left-aligned.
    acc: u64,
    /// How many of them there are; the last `padding` of them are made up.
    count: u32,
    padding: u64,
    consumed_padding: bool,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8], pos: usize) -> Self {
        Self { bytes, pos, acc: 0, count: 0, padding: 0, consumed_padding: false }
    }

    /// Makes at least 48 bits available.
    #[inline]
    pub(crate) fn refill(&mut self) {
        if self.count >= 48 {
            return;
        }
        if let Some(chunk) = self.bytes.get(self.pos..).and_then(|b| b.first_chunk::<8>()) {
            let word = u64::from_be_bytes(*chunk);
            if !has_ff(word) {
                let taken = (63 - self.count) / 8;
                // Bits below the whole bytes taken are read again next time: the same bits.
                self.acc |= (word >> (64 - 8 * taken)) << (64 - 8 * taken - self.count);
                self.pos += taken as usize;
                self.count += 8 * taken;
                return;
            }
        }
        self.refill_slowly();
    }

    /// Makes at least 32 bits available, seldomer than [`refill`](Self::refill) loads bytes.
    #[inline]
    pub(crate) fn at_least_32(&mut self) {
        if self.count < 32 {
            self.refill();
        }
    }

    #[cold]
    #[inline(never)]
    fn refill_slowly(&mut self) {
        while self.count <= 56 {
            let byte = match self.bytes.get(self.pos..) {
                Some([0xFF, 0x00, ..]) => {
                    self.pos += 2;
                    0xFF
                }
                Some([0xFF, ..] | []) | None => {
                    self.padding += 8;
                    0
                }
                Some([byte, ..]) => {
                    self.pos += 1;
                    *byte
                }
            };
            self.acc |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next `n` bits (1 to 32), not consumed; at least `n` must be available.
    #[inline]
    pub(crate) fn peek(&self, n: u32) -> u32 {
        (self.acc >> (64 - n)) as u32
    }

    /// Drops `n` bits (0 to 32).
    #[inline]
    pub(crate) fn consume(&mut self, n: u32) {
        self.acc <<= n;
        self.count = self.count.saturating_sub(n);
    }

    /// Whether more bits were consumed than the segment holds.
    pub(crate) fn overrun(&mut self) -> bool {
        self.consumed_padding |= u64::from(self.count) < self.padding;
        self.consumed_padding
    }

    /// Steps over the restart marker that must come next.
    pub(crate) fn restart(&mut self) -> bool {
        self.overrun();
        let pos = self.next_marker();
        match self.bytes.get(pos..pos + 2) {
            Some([0xFF, 0xD0..=0xD7]) => {
                *self = Self {
                    consumed_padding: self.consumed_padding,
                    ..Self::new(self.bytes, pos + 2)
                };
                true
            }
            _ => false,
        }
    }

    /// Where the next marker starts, or the end.
    pub(crate) fn next_marker(&self) -> usize {
        // Bits already loaded may lie before `pos`, but never a marker: loading stops there.
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        let found = rest.windows(2).position(|w| w[0] == 0xFF && !matches!(w[1], 0x00 | 0xFF));
        self.pos + found.unwrap_or(rest.len())
    }
}

/// Whether any byte of the word is 0xFF.
#[inline]
fn has_ff(word: u64) -> bool {
    let inverted = !word;
    inverted.wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_is_removed_and_a_marker_ends_the_segment() {
        let bytes = [0xAB, 0xFF, 0x00, 0xCD, 0xFF, 0xD9];
        let mut bits = Bits::new(&bytes, 0);
        bits.refill();
        assert_eq!(bits.peek(24), 0x00AB_FFCD);
        bits.consume(24);
        assert!(!bits.overrun());
        bits.consume(1);
        assert!(bits.overrun());
        assert_eq!(bits.next_marker(), 4);
    }

    #[test]
    fn long_runs_read_the_same_as_byte_by_byte() {
        let bytes: Vec<u8> = (0..200_u32).map(|i| (i * 89 % 255) as u8).collect();
        let mut bits = Bits::new(&bytes, 0);
        let mut got = Vec::new();
        for i in 0..200 * 8 / 5 {
            bits.refill();
            let _ = i;
            got.extend((0..5).rev().map(|b| (bits.peek(5) >> b & 1) as u8));
            bits.consume(5);
        }
        let expected: Vec<u8> =
            bytes.iter().flat_map(|b| (0..8).rev().map(move |i| b >> i & 1)).collect();
        assert_eq!(got, expected);
        assert!(!bits.overrun());
    }

    #[test]
    fn has_ff_is_exact() {
        for i in 0..8 {
            assert!(has_ff(0xFF << (8 * i)));
            assert!(!has_ff(0xFE << (8 * i)));
            assert!(!has_ff(!(1 << (8 * i)) & 0xFEFE_FEFE_FEFE_FEFE));
        }
        assert!(!has_ff(0) && !has_ff(0x7F80_0180_7FFE_0001));
    }
}
