//! Bit readers of a code block's segments (T.814 7.1). After the byte FF a byte holds seven bits,
//! so that no marker can arise; backwards, a byte whose low seven bits are set holds seven where
//! the byte before it in reading was above 8F.

/// Least significant bit first, from the start; when the bytes end, `pad` follows.
pub(super) struct Forward<'a> {
    bytes: &'a [u8],
    pos: usize,
    buffer: u64,
    bits: u32,
    after_ff: bool,
    pad: u8,
}

impl<'a> Forward<'a> {
    pub(super) fn new(bytes: &'a [u8], pad: u8) -> Self {
        Self { bytes, pos: 0, buffer: 0, bits: 0, after_ff: false, pad }
    }

    fn fill(&mut self) {
        while self.bits <= 56 {
            let byte = self.bytes.get(self.pos).copied().unwrap_or(self.pad);
            self.pos += 1;
            let count = if self.after_ff { 7 } else { 8 };
            self.after_ff = byte == 0xFF;
            self.buffer |= (u64::from(byte) & ((1 << count) - 1)) << self.bits;
            self.bits += count;
        }
    }

    /// The next `count` bits, at most 32.
    pub(super) fn take(&mut self, count: u32) -> u32 {
        if self.bits < count {
            self.fill();
        }
        let value = self.buffer & ((1 << count) - 1);
        self.buffer >>= count;
        self.bits -= count;
        value as u32
    }
}

/// Least significant bit first, from the last byte to the first; then zeros.
pub(super) struct Backward<'a> {
    bytes: &'a [u8],
    buffer: u64,
    bits: u32,
    above_8f: bool,
}

impl<'a> Backward<'a> {
    /// Of the refinement segment: as if FF followed it.
    pub(super) fn refinement(bytes: &'a [u8]) -> Self {
        Self { bytes, buffer: 0, bits: 0, above_8f: true }
    }

    /// Of the cleanup segment without its last byte: the low half of the byte before is not of it.
    pub(super) fn cleanup(bytes: &'a [u8]) -> Self {
        let Some((&last, rest)) = bytes.split_last() else {
            return Self { bytes, buffer: 0, bits: 0, above_8f: false };
        };
        let high = u64::from(last >> 4);
        let bits = if high & 7 == 7 { 3 } else { 4 };
        Self { bytes: rest, buffer: high & ((1 << bits) - 1), bits, above_8f: last | 15 > 0x8F }
    }

    fn fill(&mut self) {
        while self.bits <= 56 {
            let byte = match self.bytes.split_last() {
                Some((&byte, rest)) => {
                    self.bytes = rest;
                    byte
                }
                None => 0,
            };
            let count = if self.above_8f && byte & 0x7F == 0x7F { 7 } else { 8 };
            self.above_8f = byte > 0x8F;
            self.buffer |= (u64::from(byte) & ((1 << count) - 1)) << self.bits;
            self.bits += count;
        }
    }

    /// The next seven bits, without taking them.
    pub(super) fn peek7(&mut self) -> usize {
        if self.bits < 7 {
            self.fill();
        }
        (self.buffer & 127) as usize
    }

    /// The next `count` bits, at most 32.
    pub(super) fn take(&mut self, count: u32) -> u32 {
        if self.bits < count {
            self.fill();
        }
        let value = self.buffer & ((1 << count) - 1);
        self.buffer >>= count;
        self.bits -= count;
        value as u32
    }
}

/// The adaptive run-length code MEL (T.814 7.3.3): most significant bit first, then ones.
pub(super) struct Mel<'a> {
    bytes: &'a [u8],
    pos: usize,
    byte: u8,
    left: u32,
    state: usize,
    zeros: u32,
    one: bool,
}

/// Logarithm of the run length in each state (T.814 table 2).
const RUNS: [u32; 13] = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5];

impl<'a> Mel<'a> {
    /// Of the cleanup segment's suffix without its last byte.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, pos: 0, byte: 0, left: 0, state: 0, zeros: 0, one: false }
    }

    fn bit(&mut self) -> u32 {
        if self.left == 0 {
            let before = self.byte;
            self.byte = match self.bytes.get(self.pos) {
                // The low half of the last byte belongs to the other code.
                Some(byte) if self.pos + 1 == self.bytes.len() => byte | 15,
                Some(byte) => *byte,
                None => 0xFF,
            };
            self.pos += 1;
            self.left = if before == 0xFF { 7 } else { 8 };
        }
        self.left -= 1;
        u32::from(self.byte >> self.left & 1)
    }

    /// The next symbol.
    pub(super) fn symbol(&mut self) -> bool {
        if self.zeros == 0 && !self.one {
            let log = RUNS[self.state];
            if self.bit() == 1 {
                self.zeros = 1 << log;
                self.state = (self.state + 1).min(RUNS.len() - 1);
            } else {
                self.zeros = (0..log).fold(0, |run, _| run << 1 | self.bit());
                self.state = self.state.saturating_sub(1);
                self.one = true;
            }
        }
        if self.zeros > 0 {
            self.zeros -= 1;
            return false;
        }
        std::mem::take(&mut self.one)
    }
}
