//! Sorting of real numbers by how far they lie between the least and the largest.
//!
//! That distance, as a whole number of many bits, and the index share one 64-bit word, so that
//! large arrays are sorted by two passes of radix sort over 8-byte items; what the leading bits do
//! not decide (few, unless some values lie very far out) is sorted after.

/// Indices by increasing value, and where each run of equal values starts in them.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// Indices by increasing value; equal values keep their order.
    pub(crate) indices: Vec<u32>,
    /// First position of each run of equal values, and the length at the end.
    pub(crate) starts: Vec<u32>,
}

impl Order {
    pub(crate) fn new(values: &[f64]) -> Self {
        let packed = sorted_words(values);
        let mask = index_mask(values.len());
        let mut indices: Vec<u32> = packed.iter().map(|word| (word & mask) as u32).collect();
        let mut starts = Vec::with_capacity(values.len() + 1);
        let mut begin = 0;
        while begin < packed.len() {
            let prefix = packed[begin] | mask;
            let mut end = begin + 1;
            while end < packed.len() && packed[end] | mask == prefix {
                end += 1;
            }
            starts.push(begin as u32);
            if end > begin + 1 {
                split_run(values, &mut indices[begin..end], begin, &mut starts);
            }
            begin = end;
        }
        starts.push(values.len() as u32);
        Self { indices, starts }
    }

    /// Whether no two values are equal.
    pub(crate) fn is_strict(&self) -> bool {
        self.starts.len() == self.indices.len() + 1
    }

    /// The runs of equal values.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &[u32]> {
        self.starts.windows(2).map(|run| &self.indices[run[0] as usize..run[1] as usize])
    }
}

/// Indices of `values` by increasing value; equal values keep their order.
pub(crate) fn argsort(values: &[f64]) -> Vec<u32> {
    Order::new(values).indices
}

/// Sorts a run whose leading bits are equal by the whole values, and notes where these change.
fn split_run(values: &[f64], run: &mut [u32], begin: usize, starts: &mut Vec<u32>) {
    let value = |i: u32| values[i as usize];
    if run.windows(2).all(|pair| value(pair[0]) == value(pair[1])) {
        return;
    }
    run.sort_by(|&a, &b| value(a).total_cmp(&value(b)).then(a.cmp(&b)));
    // `total_cmp` tells -0.0 from 0.0, which are equal: equal values keep index order.
    if run.iter().any(|&i| value(i) == 0.0) {
        let zeros =
            run.partition_point(|&i| value(i) < 0.0)..run.partition_point(|&i| value(i) <= 0.0);
        run[zeros].sort_unstable();
    }
    for k in 1..run.len() {
        if value(run[k]) != value(run[k - 1]) {
            starts.push((begin + k) as u32);
        }
    }
}

/// The low bits of a word that hold an index below `n`.
fn index_mask(n: usize) -> u64 {
    (n.max(2) as u64).next_power_of_two() - 1
}

/// The distance of each value from the least above its index, sorted.
fn sorted_words(values: &[f64]) -> Vec<u64> {
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for &value in values {
        least = least.min(value);
        most = most.max(value);
    }
    let mask = index_mask(values.len());
    // Halves, as the distance of the largest from the least may be too large for an f64.
    let (least, range) = (0.5 * least, 0.5 * most - 0.5 * least);
    let steps = (!mask as f64) * (1.0 - 1e-15);
    // Rounding keeps the order: the product never falls where the value rises.
    let distance = |value: f64| ((0.5 * value - least) / range * steps) as u64;
    let word = |(i, &value): (usize, &f64)| (distance(value) & !mask) | i as u64;
    let mut words: Vec<u64> = values.iter().enumerate().map(word).collect();
    if words.len() < RADIX_FROM {
        words.sort_unstable();
    } else {
        radix_sort(&mut words);
    }
    words
}

const RADIX_FROM: usize = 4096;
const DIGIT: u32 = 13;
const SHIFTS: [u32; 2] = [64 - 2 * DIGIT, 64 - DIGIT];

/// By the highest 26 bits in two passes, then by all of them where these are equal.
fn radix_sort(words: &mut Vec<u64>) {
    let digit = |word: u64, shift: u32| (word >> shift) as usize & ((1 << DIGIT) - 1);
    let mut counts = vec![[0u32; 1 << DIGIT]; 2];
    for &word in words.iter() {
        for (count, &shift) in counts.iter_mut().zip(&SHIFTS) {
            count[digit(word, shift)] += 1;
        }
    }
    let mut other = vec![0; words.len()];
    for (count, &shift) in counts.iter_mut().zip(&SHIFTS) {
        let mut place = 0;
        for slot in count.iter_mut() {
            place += std::mem::replace(slot, place);
        }
        for &word in words.iter() {
            let slot = &mut count[digit(word, shift)];
            other[*slot as usize] = word;
            *slot += 1;
        }
        std::mem::swap(words, &mut other);
    }
    let high = |word: &u64| word >> SHIFTS[0];
    for run in words.chunk_by_mut(|a, b| high(a) == high(b)) {
        if run.len() > 1 && !run.is_sorted() {
            run.sort_unstable();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    #[test]
    fn orders_as_numbers_do_and_keeps_ties_in_place() {
        let values = [0.0, -1.0, 3.5, -0.0, f64::MIN, 1e-300, 3.5, f64::MAX];
        let order = Order::new(&values);
        assert_eq!(order.indices, [4, 1, 0, 3, 5, 2, 6, 7]);
        assert_eq!(order.starts, [0, 1, 2, 4, 5, 7, 8]);
        assert!(Order::new(&[]).indices.is_empty());
    }

    fn check(values: &[f64]) {
        let order = Order::new(values);
        let mut expected: Vec<u32> = (0..values.len() as u32).collect();
        let at = |i: u32| values[i as usize] + 0.0;
        expected.sort_by(|&a, &b| at(a).total_cmp(&at(b)));
        assert_eq!(order.indices, expected);
        let changes = |k: &usize| *k == 0 || at(expected[*k]) != at(expected[*k - 1]);
        let mut starts: Vec<u32> = (0..values.len()).filter(changes).map(|k| k as u32).collect();
        starts.push(values.len() as u32);
        assert_eq!(order.starts, starts);
    }

    proptest! {
        #[test]
        fn sorts_small_arrays_with_ties(values in vec(prop_oneof![
            -5.0..5.0, (-3i8..3).prop_map(f64::from), Just(-0.0), any::<f64>().prop_filter("number", |v| !v.is_nan())
        ], 0..60)) {
            check(&values);
        }
    }

    #[test]
    fn sorts_large_arrays_with_and_without_ties() {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let continuous: Vec<f64> = (0..20_000).map(|_| 30.0 * next() - 10.0).collect();
        check(&continuous);
        check(&continuous.iter().map(|v| v.round() / 365.25).collect::<Vec<_>>());
        // Numbers that differ in their last bits only, and some far away.
        let near: Vec<f64> =
            (0..20_000).map(|_| 1.0 + (next() * 9.0).floor() * f64::EPSILON).collect();
        check(&near);
        check(
            &near
                .iter()
                .enumerate()
                .map(|(i, v)| if i % 7 == 0 { -1e300 } else { *v })
                .collect::<Vec<_>>(),
        );
    }
}
