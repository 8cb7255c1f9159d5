//! Bits of a code block's segments (T.814 7.1). After the byte FF a byte holds seven bits, so that
//! no marker can arise; backwards, a byte whose low seven bits are set holds seven where the byte
//! before it in reading was above 8F. These gaps are closed before anything is decoded, so that any
//! place of the rest is read by one shift.

/// Bits of a segment without gaps, least significant bit first.
#[derive(Debug, Default)]
pub(super) struct Bits(Vec<u8>);

/// What follows the bits: more than a window can show from any place of its first byte.
const MARGIN: usize = 16;

impl Bits {
    /// From the start; `pad` follows, all ones or zeros.
    pub(super) fn forward(&mut self, mut bytes: &[u8], pad: u8) {
        let mut to = Writer::new(&mut self.0);
        let mut after_ff = false;
        while let Some((byte, rest)) = bytes.split_first() {
            if let (Some(four), false) = (bytes.first_chunk::<4>(), after_ff) {
                let word = u32::from_le_bytes(*four);
                if !has_zero(!word) {
                    to.word(word);
                    bytes = &bytes[4..];
                    continue;
                }
            }
            to.byte(*byte, if after_ff { 7 } else { 8 });
            after_ff = *byte == 0xFF;
            bytes = rest;
        }
        to.end(pad);
    }

    /// From the last byte of the refinement passes, as if FF followed it; zeros follow.
    pub(super) fn refinement(&mut self, bytes: &[u8]) {
        backward(bytes, true, Writer::new(&mut self.0));
    }

    /// From the last byte of the cleanup segment without its last byte, of which the low half is
    /// not of it; zeros follow.
    pub(super) fn cleanup(&mut self, bytes: &[u8]) {
        let mut to = Writer::new(&mut self.0);
        let Some((&last, rest)) = bytes.split_last() else { return to.end(0) };
        to.byte(last >> 4, if last >> 4 & 7 == 7 { 3 } else { 4 });
        backward(rest, last | 15 > 0x8F, to);
    }

    /// Reads each bit as soon as it knows where it stands.
    pub(super) fn cursor(&self) -> Cursor<'_> {
        Cursor { bytes: &self.0, pos: 0 }
    }

    /// Reads bits whose place depends on those before them.
    pub(super) fn window(&self) -> Window<'_> {
        Window { bytes: &self.0, at: 0, buffer: 0, count: 0 }
    }
}

/// Eight bytes, those at the end where they would be behind it.
#[inline(always)]
fn eight(bytes: &[u8], start: usize) -> u64 {
    let start = start.min(bytes.len().saturating_sub(MARGIN / 2));
    let eight = bytes.get(start..).and_then(|bytes| bytes.first_chunk::<8>());
    u64::from_le_bytes(eight.copied().unwrap_or_default())
}

/// A place among bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl Cursor<'_> {
    /// At least 57 bits from where reading stands, without taking them.
    #[inline(always)]
    pub(super) fn next(self) -> u64 {
        eight(self.bytes, self.pos / 8) >> (self.pos % 8)
    }

    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.pos += count as usize;
    }

    /// The next `count` bits, at most 32.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let value = self.next() & ((1 << count) - 1);
        self.skip(count);
        value as u32
    }
}

/// The next bits in a register. Which bytes will follow them is known before it is known how many
/// are taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window<'a> {
    bytes: &'a [u8],
    at: usize,
    buffer: u64,
    count: u32,
}

impl Window<'_> {
    /// The next bits, at least 56.
    #[inline(always)]
    pub(super) fn next(&mut self) -> u64 {
        self.buffer |= eight(self.bytes, self.at) << self.count;
        self.at += (63 - self.count as usize) / 8;
        self.count |= 56;
        self.buffer
    }

    /// Takes at most 56 bits.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.buffer >>= count;
        self.count -= count;
    }
}

fn backward(mut bytes: &[u8], mut above_8f: bool, mut to: Writer<'_>) {
    while let Some((byte, rest)) = bytes.split_last() {
        if let Some(four) = bytes.last_chunk::<4>() {
            let word = u32::from_be_bytes(*four);
            if !has_zero(!word & 0x7F7F_7F7F) {
                to.word(word);
                above_8f = four[0] > 0x8F;
                bytes = &bytes[..bytes.len() - 4];
                continue;
            }
        }
        to.byte(*byte, if above_8f && byte & 0x7F == 0x7F { 7 } else { 8 });
        above_8f = *byte > 0x8F;
        bytes = rest;
    }
    to.end(0);
}

/// Whether a byte of a word is zero.
fn has_zero(word: u32) -> bool {
    word.wrapping_sub(0x0101_0101) & !word & 0x8080_8080 != 0
}

/// Appends bits.
struct Writer<'b> {
    to: &'b mut Vec<u8>,
    buffer: u64,
    bits: u32,
}

impl<'b> Writer<'b> {
    fn new(to: &'b mut Vec<u8>) -> Self {
        to.clear();
        Self { to, buffer: 0, bits: 0 }
    }

    /// 32 bits.
    #[inline(always)]
    fn word(&mut self, word: u32) {
        self.buffer |= u64::from(word) << self.bits;
        self.to.extend_from_slice(&(self.buffer as u32).to_le_bytes());
        self.buffer >>= 32;
    }

    #[inline(always)]
    fn byte(&mut self, byte: u8, count: u32) {
        self.buffer |= (u64::from(byte) & ((1 << count) - 1)) << self.bits;
        self.bits += count;
        if self.bits >= 32 {
            self.to.extend_from_slice(&(self.buffer as u32).to_le_bytes());
            self.buffer >>= 32;
            self.bits -= 32;
        }
    }

    fn end(mut self, pad: u8) {
        self.buffer |= (u64::from(pad) * 0x0101_0101_0101_0101) << self.bits;
        self.to.extend_from_slice(&self.buffer.to_le_bytes()[..4]);
        self.to.extend([pad; MARGIN]);
    }
}

/// The adaptive run-length code MEL (T.814 7.3.3).
#[derive(Debug, Clone, Copy)]
pub(super) struct Mel<'a> {
    source: Source<'a>,
    state: u8,
    /// Twice the zeros that come next, and one more where a one follows them.
    rest: u32,
}

/// Logarithm of the run length in each of the thirteen states (T.814 table 2), and in none.
const RUNS: [u8; 16] = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 5, 5];
const LAST: u8 = 12;

impl<'a> Mel<'a> {
    /// Of the cleanup segment's suffix without its last byte.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let source = Source { bytes, after_ff: false, buffer: 0, count: 0 };
        Self { source, state: 0, rest: 0 }
    }

    /// The next symbol.
    #[inline(always)]
    pub(super) fn symbol(&mut self) -> bool {
        if self.rest == 0 {
            self.run();
        }
        let is_one = self.rest == 1;
        self.rest -= if is_one { 1 } else { 2 };
        is_one
    }

    /// Decodes how many zeros come next, and whether a one after them.
    #[inline(always)]
    fn run(&mut self) {
        // A bit, and as many as the longest run's logarithm.
        if self.source.count < 6 {
            self.source = self.source.filled();
        }
        let log = u32::from(RUNS[usize::from(self.state & 15)]);
        let bits = (self.source.buffer >> 58) as u32;
        let is_full = bits & 32 != 0;
        self.rest = if is_full { 2 << log } else { bits >> (5 - log) << 1 | 1 };
        let (up, down) = ((self.state + 1).min(LAST), self.state.saturating_sub(1));
        self.state = if is_full { up } else { down };
        let taken = if is_full { 1 } else { 1 + log };
        self.source.buffer <<= taken;
        self.source.count -= taken;
    }
}

/// Bits of bytes, the most significant first, then ones.
#[derive(Debug, Clone, Copy)]
struct Source<'a> {
    bytes: &'a [u8],
    after_ff: bool,
    /// The next bits, from the highest, and how many there are.
    buffer: u64,
    count: u32,
}

impl Source<'_> {
    /// With as many bits more as there is room for.
    #[inline(never)]
    fn filled(mut self) -> Self {
        while self.count <= 56 {
            let (byte, rest) = match self.bytes {
                // The low half of the last byte belongs to the other code.
                [last] => (last | 15, &[][..]),
                [byte, rest @ ..] => (*byte, rest),
                [] => (0xFF, &[][..]),
            };
            self.bytes = rest;
            let count = if self.after_ff { 7 } else { 8 };
            self.after_ff = byte == 0xFF;
            // Of a byte after FF the highest bit is none.
            self.buffer |= u64::from(byte << (8 - count)) << 56 >> self.count;
            self.count += count;
        }
        self
    }
}
