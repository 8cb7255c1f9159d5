//! Characteristics of groups whose subjects cannot be brought together: numbers of a whole group,
//! and Table 1 of two such groups.

use crate::table_one::{count, mean_sd, p_value, recorded, smd};
use crate::{Characteristic, Summary, TableOne, TableOneRow, TableOneTest, Values};
use serde::{Deserialize, Serialize};

/// One characteristic of a group in numbers of the whole group, so that groups can be compared
/// where their subjects cannot be brought together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CharacteristicSummary {
    /// The characteristic, with the unit.
    pub name: String,
    /// Mean and SD, or count.
    pub summary: Summary,
    /// Subjects without a value.
    pub missing: usize,
    /// 5th, 25th, 50th, 75th and 95th percentile of a number, where 20 subjects or more have it.
    pub quantiles: Option<[f64; 5]>,
}

/// Fewest values of which percentiles are given: the outer two are then not one subject's.
const FEWEST: usize = 20;

/// Percentiles by linear interpolation, type 7 of Hyndman & Fan, *Am. Stat.* 1996;50:361-365.
fn quantiles(mut values: Vec<f64>) -> Option<[f64; 5]> {
    if values.len() < FEWEST {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    Some([0.05, 0.25, 0.5, 0.75, 0.95].map(|share| {
        let place = share * (values.len() - 1) as f64;
        let (below, rest) = (place as usize, place.fract());
        let above = values[(below + 1).min(values.len() - 1)];
        values[below] + rest * (above - values[below])
    }))
}

impl Characteristic {
    /// What the subjects have of it, without a value of any of them.
    #[must_use]
    pub fn summary(&self) -> CharacteristicSummary {
        let nobody = vec![false; self.len()];
        let (summary, missing, quantiles) = match &self.values {
            Values::Numbers(values) => {
                let (recorded, missing) = recorded(values, &nobody, false);
                (mean_sd(&recorded), missing, quantiles(recorded))
            }
            Values::Flags(values) => {
                let (recorded, missing) = recorded(values, &nobody, false);
                (count(&recorded), missing, None)
            }
        };
        CharacteristicSummary { name: self.name.clone(), summary, missing, quantiles }
    }
}

impl TableOne {
    /// Compares two groups of which only numbers of the whole are known; rows are matched by name,
    /// and one that a group does not have is missing for all of it.
    #[must_use]
    pub fn of_summaries(
        groups: [&str; 2],
        sizes: [usize; 2],
        [first, second]: [&[CharacteristicSummary]; 2],
    ) -> Self {
        let of = |list: &[CharacteristicSummary], name: &str, size: usize| {
            let found = list.iter().find(|one| one.name == name);
            found.map_or((Summary::Nothing, size), |one| (one.summary, one.missing))
        };
        let only_second = second.iter().filter(|one| !first.iter().any(|f| f.name == one.name));
        let row = |one: &CharacteristicSummary| {
            let pairs = [of(first, &one.name, sizes[0]), of(second, &one.name, sizes[1])];
            let groups = pairs.map(|pair| pair.0);
            let counts = groups.iter().any(|group| matches!(group, Summary::Count { .. }));
            TableOneRow {
                name: one.name.clone(),
                groups,
                missing: pairs.map(|pair| pair.1),
                p: p_value(groups),
                test: if counts { TableOneTest::ChiSquareYates } else { TableOneTest::PooledT },
                smd: smd(groups),
            }
        };
        let rows = first.iter().chain(only_second).map(row).collect();
        Self { groups: groups.map(str::to_owned), sizes, rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The comparison of summaries is that of the subjects.
    #[test]
    fn groups_are_compared_without_bringing_their_subjects_together() {
        let of = |from: usize, to: usize| {
            let numbers = (from..to).map(|i| (i % 7 > 0).then(|| (i * i % 31) as f64)).collect();
            let flags = (from..to).map(|i| Some(i % 3 == 0)).collect();
            vec![Characteristic::numbers("x", numbers), Characteristic::flags("f", flags)]
        };
        let second: Vec<bool> = (0..80).map(|i| i >= 50).collect();
        let together = TableOne::new(["a", "b"], &second, &of(0, 80)).unwrap();
        let summaries = |list: Vec<Characteristic>| -> Vec<CharacteristicSummary> {
            list.iter().map(Characteristic::summary).collect()
        };
        let (a, mut b) = (summaries(of(0, 50)), summaries(of(50, 80)));
        let apart = TableOne::of_summaries(["a", "b"], [50, 30], [&a, &b]);
        assert_eq!(apart, together);
        let quartiles = a[0].quantiles.unwrap();
        assert!(quartiles.windows(2).all(|pair| pair[0] <= pair[1]), "{quartiles:?}");
        assert_eq!((b[0].quantiles.is_some(), a[1].quantiles), (true, None));
        b.remove(0);
        let missing = TableOne::of_summaries(["a", "b"], [50, 30], [&a, &b]);
        assert_eq!((missing.rows[0].missing[1], missing.rows[0].p), (30, None));
    }

    #[test]
    fn percentiles_are_those_of_r() {
        // R: quantile(c(1:20, 40), c(.05, .25, .5, .75, .95))
        let values: Vec<f64> = (1..=20).map(f64::from).chain([40.0]).collect();
        assert_eq!(quantiles(values.clone()), Some([2.0, 6.0, 11.0, 16.0, 20.0]));
        assert_eq!(quantiles(values[..19].to_vec()), None);
    }
}
