//! The MQ arithmetic decoder (ITU-T T.800 annex C), made for few unpredictable branches.
//!
//! Interval and code stand at the top of 64-bit words: the code's upper 16 bits are those that the
//! standard compares, the 48 below are bytes read ahead, so that memory is looked at once in some
//! 40 bits. A context is the whole row of the probability table it stands at.

/// A context: probability of its less probable symbol at the top (16 bits), the rows that follow
/// its more (7 bits) and its less probable symbol (7 bits), and the more probable symbol (1 bit).
pub(super) type Context = u64;

const PROBABILITY: u64 = 0xFFFF << 48;
const LESS_PROBABLE: u32 = 7;
const SYMBOL: u32 = 14;

/// Probability, next row after the more and the less probable symbol, whether the two swap
/// (T.800 table C.2).
const ROWS: [(u64, u64, u64, u64); 47] = [
    (0x5601, 1, 1, 1),
    (0x3401, 2, 6, 0),
    (0x1801, 3, 9, 0),
    (0x0AC1, 4, 12, 0),
    (0x0521, 5, 29, 0),
    (0x0221, 38, 33, 0),
    (0x5601, 7, 6, 1),
    (0x5401, 8, 14, 0),
    (0x4801, 9, 14, 0),
    (0x3801, 10, 14, 0),
    (0x3001, 11, 17, 0),
    (0x2401, 12, 18, 0),
    (0x1C01, 13, 20, 0),
    (0x1601, 29, 21, 0),
    (0x5601, 15, 14, 1),
    (0x5401, 16, 14, 0),
    (0x5101, 17, 15, 0),
    (0x4801, 18, 16, 0),
    (0x3801, 19, 17, 0),
    (0x3401, 20, 18, 0),
    (0x3001, 21, 19, 0),
    (0x2801, 22, 19, 0),
    (0x2401, 23, 20, 0),
    (0x2201, 24, 21, 0),
    (0x1C01, 25, 22, 0),
    (0x1801, 26, 23, 0),
    (0x1601, 27, 24, 0),
    (0x1401, 28, 25, 0),
    (0x1201, 29, 26, 0),
    (0x1101, 30, 27, 0),
    (0x0AC1, 31, 28, 0),
    (0x09C1, 32, 29, 0),
    (0x08A1, 33, 30, 0),
    (0x0521, 34, 31, 0),
    (0x0441, 35, 32, 0),
    (0x02A1, 36, 33, 0),
    (0x0221, 37, 34, 0),
    (0x0141, 38, 35, 0),
    (0x0111, 39, 36, 0),
    (0x0085, 40, 37, 0),
    (0x0049, 41, 38, 0),
    (0x0025, 42, 39, 0),
    (0x0015, 43, 40, 0),
    (0x0009, 44, 41, 0),
    (0x0005, 45, 42, 0),
    (0x0001, 45, 43, 0),
    (0x5601, 46, 46, 0),
];

/// Every row with either symbol as the more probable one: row `r` with symbol `s` is `2 r + s`.
static TABLE: [Context; 128] = {
    let mut table = [0; 128];
    let mut i = 0;
    while i < 94 {
        let (probability, more, less, swap) = ROWS[i / 2];
        let symbol = i as u64 % 2;
        let (more, less) = (2 * more + symbol, 2 * less + (symbol ^ swap));
        table[i] = probability << 48 | symbol << SYMBOL | less << LESS_PROBABLE | more;
        i += 1;
    }
    table
};

/// A context at a row of the table, 0 its more probable symbol.
pub(super) const fn context(row: usize) -> Context {
    TABLE[2 * row]
}

/// The decoder of one codeword segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mq<'a> {
    interval: u64,
    code: u64,
    /// Bits of the code that were read ahead; below zero, more must be read.
    ahead: i32,
    bytes: &'a [u8],
    after_ff: bool,
}

impl<'a> Mq<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let first = bytes.first().copied().unwrap_or(0xFF);
        let mut mq = Self {
            interval: 0x8000 << 48,
            code: u64::from(first) << 55,
            ahead: 9 - 16,
            bytes: bytes.get(1..).unwrap_or(&[]),
            after_ff: first == 0xFF,
        };
        mq.read();
        mq
    }

    /// The next symbol in a context, quickly where it is the more probable one.
    #[inline(always)]
    pub(super) fn decode(&mut self, context: &mut Context) -> u64 {
        let row = *context;
        let probability = row & PROBABILITY;
        let interval = self.interval - probability;
        let (code, below) = self.code.overflowing_sub(probability);
        if !below && interval >> 63 == 1 {
            (self.interval, self.code) = (interval, code);
            return row >> SYMBOL & 1;
        }
        self.decode_even(context)
    }

    /// The next symbol in a context where the more probable symbol is no safe bet.
    #[inline(always)]
    pub(super) fn decode_even(&mut self, context: &mut Context) -> u64 {
        self.decode_if(context, u64::MAX)
    }

    /// The same where `mask` is all ones; where it is 0, nothing happens. There is no branch but
    /// for reading ahead: both halves of the interval are followed.
    #[inline(always)]
    pub(super) fn decode_if(&mut self, context: &mut Context, mask: u64) -> u64 {
        let row = *context;
        // Looked up before it is known which is the next.
        let (more, less) = (row as usize & 127, (row >> LESS_PROBABLE) as usize & 127);
        let next = [TABLE[more], TABLE[less]];
        let probability = row & PROBABILITY & mask;
        let interval = self.interval - probability;
        let (code, below) = self.code.overflowing_sub(probability);
        let less = below ^ (interval < probability);
        let interval = if below { probability } else { interval };
        let code = if below { self.code } else { code };
        let shift = interval.leading_zeros();
        self.interval = interval << shift;
        self.code = code << shift;
        self.ahead -= shift as i32;
        if self.ahead < 0 {
            self.read();
        }
        let next = if less { next[1] } else { next[0] };
        *context = if shift == 0 { row } else { next };
        row >> SYMBOL & 1 ^ u64::from(less)
    }

    /// Reads ahead.
    #[inline(always)]
    fn read(&mut self) {
        if let (Some(eight), false) = (self.bytes.first_chunk::<8>(), self.after_ff) {
            let word = u64::from_be_bytes(*eight) & !0xFFFF;
            let inverse = !word >> 16;
            let has_ff = inverse.wrapping_sub(0x0101_0101_0101) & !inverse & 0x8080_8080_8080;
            if has_ff == 0 {
                self.code = self.code.wrapping_add(word >> (16 + self.ahead));
                self.ahead += 48;
                self.bytes = &self.bytes[6..];
                return;
            }
        }
        let (code, ahead, bytes, after_ff) =
            read_slowly(self.code, self.ahead, self.bytes, self.after_ff);
        (self.code, self.ahead, self.bytes, self.after_ff) = (code, ahead, bytes, after_ff);
    }
}

/// Byte by byte: after FF a byte brings seven bits and a carry; a marker, or the end, ones.
#[inline(never)]
fn read_slowly(
    mut code: u64,
    mut ahead: i32,
    mut bytes: &[u8],
    mut after_ff: bool,
) -> (u64, i32, &[u8], bool) {
    while ahead <= 32 {
        let (byte, bits) = match bytes.split_first() {
            Some((&byte, rest)) if !after_ff || byte <= 0x8F => {
                bytes = rest;
                let bits = if after_ff { 7 } else { 8 };
                after_ff = byte == 0xFF;
                (byte, bits)
            }
            _ => (0xFF, 8),
        };
        ahead += bits;
        code = code.wrapping_add(u64::from(byte) << (48 - ahead));
    }
    (code, ahead, bytes, after_ff)
}
