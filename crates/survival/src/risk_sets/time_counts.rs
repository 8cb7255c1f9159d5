//! Events and censorings at each distinct time, counted without sorting the subjects.
//!
//! Times in whole days repeat: a million subjects have some thousand distinct times. A hash table
//! of these is filled in one pass of memory, and only its entries are sorted.

/// Events and censored subjects at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TimeCount {
    pub(crate) time: f64,
    pub(crate) events: u32,
    pub(crate) censored: u32,
}

/// The counts by increasing time, or `None` if there are so many distinct times that sorting the
/// subjects is no slower.
pub(crate) fn count_times(time: &[f64], event: &[bool]) -> Option<Vec<TimeCount>> {
    if time.len() < FROM || u32::try_from(time.len()).is_err() {
        return None;
    }
    let mut table = Table::new(FIRST_BITS);
    let most = time.len() / SUBJECTS_PER_TIME;
    for (&time, &event) in time.iter().zip(event) {
        table.count(time + 0.0, event); // -0.0 becomes 0.0
        if table.used * 2 > table.slots.len() {
            if table.used > most {
                return None;
            }
            table = table.doubled();
        }
    }
    let mut counts: Vec<TimeCount> =
        table.slots.into_iter().filter(|slot| slot.events + slot.censored > 0).collect();
    counts.sort_unstable_by(|a, b| a.time.total_cmp(&b.time));
    Some(counts)
}

/// Smaller samples are sorted in no time.
const FROM: usize = 4096;
const FIRST_BITS: u32 = 10;
const SUBJECTS_PER_TIME: usize = 8;

/// Open addressing by the bits of the time.
struct Table {
    slots: Vec<TimeCount>,
    shift: u32,
    used: usize,
}

impl Table {
    fn new(bits: u32) -> Self {
        let empty = TimeCount { time: 0.0, events: 0, censored: 0 };
        Self { slots: vec![empty; 1 << bits], shift: 64 - bits, used: 0 }
    }

    #[inline]
    fn count(&mut self, time: f64, event: bool) {
        let slot = self.slot(time);
        self.slots[slot].events += u32::from(event);
        self.slots[slot].censored += u32::from(!event);
    }

    /// The slot of a time, its own from now on.
    #[inline]
    fn slot(&mut self, time: f64) -> usize {
        // Fibonacci hashing; the high bits of the product depend on all bits of the time.
        let hash = (time.to_bits() ^ (time.to_bits() >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut slot = (hash >> self.shift) as usize;
        loop {
            let found = &mut self.slots[slot];
            if found.events + found.censored == 0 {
                found.time = time;
                self.used += 1;
                return slot;
            }
            if found.time == time {
                return slot;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    fn doubled(self) -> Self {
        let mut next = Self::new(64 - self.shift + 1);
        for old in self.slots.into_iter().filter(|slot| slot.events + slot.censored > 0) {
            let slot = next.slot(old.time);
            next.slots[slot] = old;
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn counts_as_a_map_does_and_gives_up_on_continuous_times() {
        let mut state = 3u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let continuous: Vec<f64> = (0..20_000).map(|_| next() * 5.0).collect();
        let event: Vec<bool> = (0..20_000).map(|_| next() < 0.2).collect();
        assert_eq!(count_times(&continuous, &event), None);
        assert_eq!(count_times(&continuous[..100], &event[..100]), None);

        let days: Vec<f64> = continuous.iter().map(|t| (t * 365.25).floor() / 365.25).collect();
        let mut expected = BTreeMap::<u64, (u32, u32)>::new();
        for (t, e) in days.iter().zip(&event) {
            let slot = expected.entry(t.to_bits()).or_default();
            if *e { slot.0 += 1 } else { slot.1 += 1 }
        }
        let got = count_times(&days, &event).unwrap();
        assert!(got.is_sorted_by(|a, b| a.time < b.time));
        let as_map = got.iter().map(|c| (c.time.to_bits(), (c.events, c.censored)));
        assert_eq!(as_map.collect::<BTreeMap<_, _>>(), expected);
    }

    #[test]
    fn zeros_of_both_signs_are_one_time() {
        let time: Vec<f64> = (0..5000).map(|i| if i % 2 == 0 { 0.0 } else { -0.0 }).collect();
        let got = count_times(&time, &vec![true; 5000]).unwrap();
        assert_eq!(got, [TimeCount { time: 0.0, events: 5000, censored: 0 }]);
    }
}
