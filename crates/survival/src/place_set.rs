//! A set of places that counts how many of its members lie below a place.

/// Bits in words, and a Fenwick tree of the words' counts: small enough to stay in the cache.
#[derive(Debug, Clone)]
pub(crate) struct PlaceSet {
    words: Vec<u64>,
    counts: Vec<u32>, // Fenwick tree over words, 1-based
    len: u32,
}

impl PlaceSet {
    pub(crate) fn new(places: usize) -> Self {
        let words = places / 64 + 1;
        Self { words: vec![0; words], counts: vec![0; words + 1], len: 0 }
    }

    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// Adds a place that is not in the set.
    #[inline]
    pub(crate) fn insert(&mut self, place: u32) {
        self.words[place as usize / 64] |= 1 << (place % 64);
        self.len += 1;
        self.walk(place, |count| *count += 1);
    }

    /// Removes a place that is in the set.
    #[inline]
    pub(crate) fn remove(&mut self, place: u32) {
        self.words[place as usize / 64] &= !(1 << (place % 64));
        self.len -= 1;
        self.walk(place, |count| *count -= 1);
    }

    #[inline]
    fn walk(&mut self, place: u32, change: impl Fn(&mut u32)) {
        let mut node = place as usize / 64 + 1;
        while let Some(count) = self.counts.get_mut(node) {
            change(count);
            node += node & node.wrapping_neg();
        }
    }

    /// Number of members below `place`.
    #[inline]
    pub(crate) fn below(&self, place: u32) -> u32 {
        let word = place as usize / 64;
        let mut below = (self.words[word] & !(!0 << (place % 64))).count_ones();
        let mut node = word;
        while node > 0 {
            below += self.counts[node];
            node &= node - 1;
        }
        below
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #[test]
        fn counts_as_a_plain_list_does(flips in vec(0u32..200, 0..300), place in 0u32..=200) {
            let mut set = PlaceSet::new(200);
            let mut plain = std::collections::BTreeSet::new();
            for place in flips {
                if plain.remove(&place) {
                    set.remove(place);
                } else {
                    plain.insert(place);
                    set.insert(place);
                }
            }
            prop_assert_eq!(set.len() as usize, plain.len());
            prop_assert_eq!(set.below(place) as usize, plain.range(..place).count());
        }
    }
}
