//! Steps over blocks of a sequential DCT scan without decoding them, several coefficients at once:
//! to tell how much of a picture arrived.

use super::bits::Bits;
use super::huffman::{Huffman, LOOK};

/// What the next `LOOK` bits hold of a block, as far as they hold all of a coefficient.
#[derive(Debug, Clone, Copy, Default)]
struct Stride {
    /// 0: not even one coefficient.
    bits: u8,
    /// Places of the block that they go on; the end of the block is one.
    places: u8,
    is_end: bool,
}

/// The strides of an AC table.
#[derive(Debug)]
pub(super) struct Strides(Vec<Stride>);

impl Strides {
    pub(super) fn new(ac: &Huffman) -> Self {
        Self((0..1 << LOOK).map(|next| stride(ac, next)).collect())
    }

    /// Steps over the AC coefficients of a block (T.81 F.2.2.2); `None` where the bits are no code.
    pub(super) fn over(&self, ac: &Huffman, bits: &mut Bits<'_>) -> Option<()> {
        let mut k = 1;
        while k < 64 {
            // A code and a coefficient are at most 31 bits.
            bits.at_least_32();
            let stride = self.0.get(bits.peek(LOOK) as usize).copied().unwrap_or_default();
            let to = k + usize::from(stride.places);
            if stride.bits > 0 && to <= 64 {
                bits.consume(u32::from(stride.bits));
                if stride.is_end {
                    break;
                }
                k = to;
                continue;
            }
            let symbol = ac.symbol(bits)?;
            match (usize::from(symbol >> 4), u32::from(symbol & 15)) {
                (15, 0) => k += 16,
                (_, 0) => break,
                (run, _) if k + run > 63 => return None,
                (run, size) => {
                    k += run + 1;
                    bits.consume(size);
                }
            }
        }
        Some(())
    }
}

fn stride(ac: &Huffman, next: u32) -> Stride {
    let mut stride = Stride::default();
    loop {
        let rest = (next << stride.bits) & ((1 << LOOK) - 1);
        let Some((len, symbol)) = ac.short(rest) else { return stride };
        let (run, size) = (symbol >> 4, symbol & 15);
        let bits = stride.bits + len + size;
        let places = match (run, size) {
            (15, 0) => 16,
            (_, 0) => 1,
            _ => run + 1,
        };
        if u32::from(bits) > LOOK {
            return stride;
        }
        let is_end = size == 0 && run != 15;
        stride = Stride { bits, places: stride.places + places, is_end };
        if is_end || stride.places > 63 {
            return stride;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of random bits, strides go as far as single steps do.
    #[test]
    fn strides_end_where_single_steps_do() {
        // Codes of 1 to 9 bits; a coefficient, a run of zeros, an end, ..
        let ac = Huffman::new(
            &[0, 1, 2, 3, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
            &[0x01, 0x00, 0x02, 0x11, 0x03, 0xF0, 0x21, 0xF1, 0x08, 0x0A, 0xE3],
        );
        let (ac, mut state) = (ac.unwrap(), 1_u32);
        let strides = Strides::new(&ac);
        let single = Strides(vec![Stride::default(); 1 << LOOK]);
        let mut over = 0;
        for _ in 0..3000 {
            let bytes: Vec<u8> = (0..200)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8 & 0xFE
                })
                .collect();
            let (mut a, mut b) = (Bits::new(&bytes, 0), Bits::new(&bytes, 0));
            let whole = single.over(&ac, &mut b);
            assert_eq!(strides.over(&ac, &mut a), whole);
            if whole.is_some() {
                over += 1;
                a.at_least_32();
                b.at_least_32();
                assert_eq!(a.peek(32), b.peek(32));
            }
        }
        assert!(over > 300, "{over}");
    }
}
