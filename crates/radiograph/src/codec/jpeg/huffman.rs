//! Huffman codes as JPEG defines them (ITU-T T.81 annexes C and F.2.2).

use super::bits::Bits;

/// Bits looked up at once.
pub(super) const LOOK: u32 = 12;
/// Longest code.
const MAX_LEN: usize = 16;

/// What the next `LOOK` bits say.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// Code length; 0: longer than `LOOK`, or no code.
    len: u8,
    symbol: u8,
    /// Code and difference together; 0: they do not fit in `LOOK` bits.
    total: u8,
    difference: i16,
}

/// A decoding table.
#[derive(Debug, Clone)]
pub(crate) struct Huffman {
    look: Box<[Entry; 1 << LOOK]>,
    /// First code of each length, left-aligned in 16 bits, with the index of its symbol.
    longer: Vec<(u32, u32, usize)>,
    symbols: Vec<u8>,
}

impl Huffman {
    /// From the number of codes of each length 1 to 16 and the symbols in order of their codes;
    /// `None` where the codes do not fit.
    pub(crate) fn new(counts: &[u8; MAX_LEN], symbols: &[u8]) -> Option<Self> {
        let total: usize = counts.iter().map(|&c| usize::from(c)).sum();
        if symbols.len() < total || total == 0 {
            return None;
        }
        let mut look = Box::new([Entry::default(); 1 << LOOK]);
        let mut longer = Vec::new();
        let (mut code, mut index) = (0_u32, 0);
        for (len, &count) in (1_u32..).zip(counts) {
            let count = u32::from(count);
            if code + count > 1 << len {
                return None;
            }
            if len > LOOK && count > 0 {
                longer.push((len, code, index));
            }
            for _ in 0..count {
                if len <= LOOK {
                    fill(&mut look[..], code, len, symbols[index]);
                }
                code += 1;
                index += 1;
            }
            code <<= 1;
        }
        Some(Self { look, longer, symbols: symbols[..total].to_vec() })
    }

    /// The next symbol; `None` where the bits are no code. At least 16 bits must be available.
    #[inline]
    pub(crate) fn symbol(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let entry = self.look[bits.peek(LOOK) as usize];
        if entry.len != 0 {
            bits.consume(u32::from(entry.len));
            return Some(entry.symbol);
        }
        self.longer_symbol(bits)
    }

    /// Length and symbol of the code that `LOOK` bits begin with, if it is not longer.
    pub(super) fn short(&self, bits: u32) -> Option<(u8, u8)> {
        let entry = self.look.get(bits as usize)?;
        (entry.len > 0).then_some((entry.len, entry.symbol))
    }

    #[cold]
    #[inline(never)]
    fn longer_symbol(&self, bits: &mut Bits<'_>) -> Option<u8> {
        for (i, &(len, first, index)) in self.longer.iter().enumerate() {
            let code = bits.peek(len);
            let next = self.longer.get(i + 1).map_or(self.symbols.len(), |n| n.2);
            if let Some(offset) = code.checked_sub(first)
                && index + (offset as usize) < next
            {
                bits.consume(len);
                return self.symbols.get(index + offset as usize).copied();
            }
        }
        None
    }

    /// A symbol that is the size of a difference, and the difference (T.81 F.2.2.1 and H.1.2.2).
    #[inline]
    pub(crate) fn difference(&self, bits: &mut Bits<'_>) -> Option<i32> {
        bits.refill();
        let entry = self.look[bits.peek(LOOK) as usize];
        if entry.total != 0 {
            bits.consume(u32::from(entry.total));
            return Some(i32::from(entry.difference));
        }
        match self.symbol(bits)? {
            0 => Some(0),
            16 => Some(32768),
            size @ 1..=15 => Some(extend(bits, u32::from(size))),
            _ => None,
        }
    }
}

/// Reads `size` (1 to 16) bits as a signed difference; they must be available.
#[inline]
pub(crate) fn extend(bits: &mut Bits<'_>, size: u32) -> i32 {
    let value = bits.peek(size) as i32;
    bits.consume(size);
    signed(value, size)
}

#[inline]
fn signed(value: i32, size: u32) -> i32 {
    if value < 1 << (size - 1) { value + 1 - (1 << size) } else { value }
}

/// Fills all entries that start with a code.
fn fill(look: &mut [Entry], code: u32, len: u32, symbol: u8) {
    let spare = LOOK - len;
    let size = u32::from(symbol);
    for rest in 0..1_u32 << spare {
        let mut entry = Entry { len: len as u8, symbol, ..Entry::default() };
        if size == 0 {
            entry.total = len as u8;
        } else if size <= spare {
            entry.total = (len + size) as u8;
            entry.difference = signed((rest >> (spare - size)) as i32, size) as i16;
        }
        look[((code << spare) | rest) as usize] = entry;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_length_are_found() {
        // One code of each length 1..=16: 0, 10, 110, ...
        let symbols: Vec<u8> = (0..16).collect();
        let table = Huffman::new(&[1; 16], &symbols).unwrap();
        for len in 1..=16_u32 {
            let code = ((1_u32 << len) - 2) << (16 - len);
            let bytes = [(code >> 8) as u8, code as u8, 0, 0, 0, 0, 0, 0];
            let stuffed: Vec<u8> =
                bytes.iter().flat_map(|&b| if b == 0xFF { vec![b, 0] } else { vec![b] }).collect();
            let mut bits = Bits::new(&stuffed, 0);
            bits.refill();
            assert_eq!(table.symbol(&mut bits), Some(len as u8 - 1), "length {len}");
        }
        let mut bits = Bits::new(&[0xFF, 0, 0xFF, 0, 0, 0, 0, 0, 0], 0);
        bits.refill();
        assert_eq!(table.symbol(&mut bits), None);
    }

    #[test]
    fn too_many_codes_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Huffman::new(&counts, &[1, 2, 3]).is_none());
        assert!(Huffman::new(&[0; 16], &[]).is_none());
        counts[0] = 2;
        assert!(Huffman::new(&counts, &[1]).is_none());
    }

    #[test]
    fn differences_are_sign_extended() {
        assert_eq!([signed(0, 1), signed(1, 1)], [-1, 1]);
        assert_eq!([signed(0, 3), signed(3, 3), signed(4, 3), signed(7, 3)], [-7, -4, 4, 7]);
        assert_eq!(signed(0, 15), -32767);
    }
}
