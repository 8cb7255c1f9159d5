//! Sorting of real numbers by an integer key that orders as the numbers do.

/// A key with `key(a) < key(b)` exactly if `a < b`; `-0.0` and `0.0` share one. Not for NaN.
#[inline]
pub(crate) fn key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    let sign = ((bits as i64) >> 63) as u64;
    bits ^ (sign | 1 << 63)
}

/// Indices of `values` by increasing value; equal values keep their order.
pub(crate) fn argsort(values: impl ExactSizeIterator<Item = f64>) -> Vec<u32> {
    let mut keyed: Vec<(u64, u32)> = values.zip(0u32..).map(|(v, i)| (key(v), i)).collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, i)| i).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_as_numbers_do_and_keeps_ties_in_place() {
        let values = [0.0, -1.0, 3.5, -0.0, f64::MIN, 1e-300, 3.5, f64::MAX];
        assert_eq!(argsort(values.into_iter()), [4, 1, 0, 3, 5, 2, 6, 7]);
    }
}
