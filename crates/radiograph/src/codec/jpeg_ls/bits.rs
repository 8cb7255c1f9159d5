//! Bits of a JPEG-LS scan: a byte 0xFF is followed by a stuffed zero bit (T.87 A.1); a marker ends
//! it.

/// Reads bits, most significant first. After the end it gives zeros and counts them.
#[derive(Debug, Clone)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    pos: usize,
    /// Bits not yet read, left-aligned.
    acc: u64,
    count: u32,
    padding: u64,
    /// Whether the last byte taken was 0xFF.
    after_ff: bool,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], pos: usize) -> Self {
        Self { bytes, pos, acc: 0, count: 0, padding: 0, after_ff: false }
    }

    /// Makes at least 48 bits available.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if self.count >= 48 {
            return;
        }
        if let Some(chunk) = self.bytes.get(self.pos..).and_then(|b| b.first_chunk::<8>()) {
            let word = u64::from_be_bytes(*chunk);
            if !self.after_ff && !has_ff(word) {
                let taken = (63 - self.count) / 8;
                self.acc |= (word >> (64 - 8 * taken)) << (64 - 8 * taken - self.count);
                self.pos += taken as usize;
                self.count += 8 * taken;
                return;
            }
        }
        self.refill_slowly();
    }

    #[cold]
    #[inline(never)]
    fn refill_slowly(&mut self) {
        while self.count <= 56 {
            let next = self.bytes.get(self.pos).copied();
            let marker = self.after_ff && next.is_some_and(|b| b >= 0x80);
            let ends = match (next, self.bytes.get(self.pos + 1)) {
                (None, _) => true,
                (Some(0xFF), Some(&after)) => after >= 0x80,
                _ => marker,
            };
            let (byte, width) = match next {
                Some(byte) if !ends => {
                    self.pos += 1;
                    let width = if self.after_ff { 7 } else { 8 };
                    self.after_ff = byte == 0xFF;
                    (byte, width)
                }
                _ => {
                    self.padding += 8;
                    (0, 8)
                }
            };
            self.acc |= (u64::from(byte) << (64 - width)) >> self.count;
            self.count += width;
        }
    }

    /// The next `n` bits (0 to 32); at least `n` must be available.
    #[inline(always)]
    pub(super) fn take(&mut self, n: u32) -> u32 {
        let value = ((self.acc >> 1) >> (63 - n)) as u32;
        self.consume(n);
        value
    }

    #[inline(always)]
    pub(super) fn bit(&mut self) -> bool {
        let bit = self.acc >> 63 != 0;
        self.consume(1);
        bit
    }

    /// Zeros before the next one, which is consumed with them; `None` where they are more than
    /// `limit`. At least 48 bits must be available.
    #[inline(always)]
    pub(super) fn zeros(&mut self, limit: u32) -> Option<u32> {
        let zeros = self.acc.leading_zeros();
        if zeros >= 48 {
            return self.many_zeros(limit);
        }
        if zeros > limit {
            return None;
        }
        self.consume(zeros + 1);
        Some(zeros)
    }

    /// More zeros than are sure to be at hand: the escape code of near-lossless coding with many
    /// bits has up to 62 of them (T.87 A.5.3).
    #[cold]
    #[inline(never)]
    fn many_zeros(&mut self, limit: u32) -> Option<u32> {
        let mut total = 0;
        loop {
            self.refill();
            let zeros = self.acc.leading_zeros().min(32);
            total += zeros;
            if total > limit {
                return None;
            }
            if zeros < 32 {
                self.consume(zeros + 1);
                return Some(total);
            }
            self.consume(32);
        }
    }

    #[inline(always)]
    fn consume(&mut self, n: u32) {
        self.acc <<= n;
        self.count = self.count.saturating_sub(n);
    }

    /// Whether more bits were consumed than the scan holds.
    pub(super) fn overrun(&self) -> bool {
        u64::from(self.count) < self.padding
    }

    /// Steps over the restart marker that must come next.
    pub(super) fn restart(&mut self) -> bool {
        let pos = self.next_marker();
        let found = matches!(self.bytes.get(pos..pos + 2), Some([0xFF, 0xD0..=0xD7]));
        if found && !self.overrun() {
            *self = Self::new(self.bytes, pos + 2);
            return true;
        }
        false
    }

    /// Where the next marker starts, or the end.
    pub(super) fn next_marker(&self) -> usize {
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        let found = rest.windows(2).position(|w| w[0] == 0xFF && w[1] >= 0x80);
        self.pos + found.unwrap_or(rest.len())
    }
}

/// Whether any byte of the word is 0xFF.
#[inline(always)]
fn has_ff(word: u64) -> bool {
    (!word).wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bit_after_ff_is_dropped_and_a_marker_ends_the_scan() {
        // ff, then 7 bits of 0x55, then 0xAA, then EOI.
        let mut bits = Bits::new(&[0xFF, 0x55, 0xAA, 0xFF, 0xD9], 0);
        bits.refill();
        assert_eq!(bits.take(8), 0xFF);
        assert_eq!(bits.take(7), 0x55);
        assert_eq!(bits.take(8), 0xAA);
        assert!(!bits.overrun());
        assert!(!bits.bit());
        assert!(bits.overrun());
        assert_eq!(bits.next_marker(), 3);
    }

    #[test]
    fn zeros_are_counted_up_to_the_limit() {
        let mut bits = Bits::new(&[0b0001_0100, 0, 0, 0x01, 0, 0, 0, 0, 0, 0], 0);
        bits.refill();
        assert_eq!(bits.zeros(23), Some(3));
        assert_eq!(bits.zeros(23), Some(1));
        assert_eq!(bits.zeros(20), None);
        assert_eq!(bits.zeros(47), Some(25));
    }

    #[test]
    fn zeros_are_counted_beyond_what_is_at_hand() {
        for length in 40..=100_u32 {
            let mut bytes = vec![0; 32];
            bytes[(length / 8) as usize] = 0x80 >> (length % 8);
            let mut bits = Bits::new(&bytes, 0);
            bits.refill();
            let mut short = bits.clone();
            assert_eq!(bits.zeros(length), Some(length));
            assert_eq!(short.zeros(length - 1), None);
        }
    }
}
