//! Splits and folds by subject, stratified by event, from a seed.
//!
//! A subject is in one part only, whatever the number of radiographs. The same seed gives the same
//! parts on every machine ([`vertebra_run::Seed`], [`vertebra_run::shuffle`]).

use crate::{Error, Part};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vertebra_run::{Seed, shuffle};

/// A development and an evaluation set, as positions in the list of analysed subjects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    train: Vec<usize>,
    test: Vec<usize>,
}

impl Split {
    /// Puts `test_fraction` of the subjects with an event and of those without into the test set.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] unless `0 < test_fraction < 1`; [`Error::TooFewEvents`] when a set
    /// would have no event.
    ///
    /// # Examples
    /// ```
    /// use vertebra_cohort::Split;
    /// let event: Vec<bool> = (0..100).map(|i| i < 20).collect();
    /// let split = Split::stratified(&event, 0.25, 7)?;
    /// assert_eq!((split.train().len(), split.test().len()), (75, 25));
    /// assert_eq!(split.test().iter().filter(|&&i| event[i]).count(), 5);
    /// # Ok::<(), vertebra_cohort::Error>(())
    /// ```
    pub fn stratified(event: &[bool], test_fraction: f64, seed: u64) -> Result<Self, Error> {
        if !(test_fraction > 0.0 && test_fraction < 1.0) {
            return Err(Error::InvalidSetting {
                name: "test_fraction",
                expected: "a number between 0 and 1".to_owned(),
                got: test_fraction.to_string(),
            });
        }
        let strata = shuffled_strata(event, seed);
        let (mut train, mut test) = (Vec::new(), Vec::new());
        for stratum in &strata {
            let n_test = (stratum.len() as f64 * test_fraction).round() as usize;
            test.extend(&stratum[..n_test]);
            train.extend(&stratum[n_test..]);
        }
        let has_event = |part: &[usize]| part.iter().any(|&i| event[i]);
        if !has_event(&train) || !has_event(&test) {
            return Err(Error::TooFewEvents { parts: 2, events: strata[0].len() });
        }
        train.sort_unstable();
        test.sort_unstable();
        Ok(Self { train, test })
    }

    /// The split that the user wrote in a column.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] when a subject has none, or all have the same.
    pub fn from_column(parts: &[Option<Part>]) -> Result<Self, Error> {
        let of = |part| (0..parts.len()).filter(|&i| parts[i] == Some(part)).collect::<Vec<_>>();
        let (train, test) = (of(Part::Train), of(Part::Test));
        let unfilled = parts.len() - train.len() - test.len();
        if unfilled > 0 || train.is_empty() || test.is_empty() {
            let got = format!("{} train, {} test, {unfilled} empty", train.len(), test.len());
            let expected = "`train` or `test` for every subject, and both in use";
            return Err(Error::InvalidValue { name: "split", expected, got });
        }
        Ok(Self { train, test })
    }

    /// Everybody in the evaluation set: a cohort that a finished model meets.
    #[must_use]
    pub fn evaluation_alone(n: usize) -> Self {
        Self { train: Vec::new(), test: (0..n).collect() }
    }

    /// The same parts without some subjects; positions are those in the list of the subjects that
    /// stay, of which `stays` says for each whether it is one.
    #[must_use]
    pub fn without(&self, stays: &[bool]) -> Self {
        let mut next = 0;
        let places: Vec<Option<usize>> = stays
            .iter()
            .map(|stays| {
                let place = stays.then_some(next);
                next += usize::from(*stays);
                place
            })
            .collect();
        let of = |part: &[usize]| part.iter().filter_map(|&i| places[i]).collect();
        Self { train: of(&self.train), test: of(&self.test) }
    }

    /// The development set, ascending.
    #[must_use]
    pub fn train(&self) -> &[usize] {
        &self.train
    }

    /// The evaluation set, ascending.
    #[must_use]
    pub fn test(&self) -> &[usize] {
        &self.test
    }
}

/// Cross-validation folds over a list of subjects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folds {
    n_folds: usize,
    fold_of: Vec<usize>,
}

impl Folds {
    /// Deals the subjects with an event, then those without, to `n_folds` folds in turn: the folds'
    /// numbers of events differ by at most one, and so do their sizes.
    ///
    /// # Errors
    /// [`Error::TooFewEvents`] when a fold would have no event, or `n_folds` is below 2.
    pub fn stratified(event: &[bool], n_folds: usize, seed: u64) -> Result<Self, Error> {
        let strata = shuffled_strata(event, seed);
        if n_folds < 2 || strata[0].len() < n_folds {
            let (parts, events) = (n_folds.max(2), strata[0].len());
            return Err(Error::TooFewEvents { parts, events });
        }
        let mut fold_of = vec![0; event.len()];
        for (turn, &subject) in strata.iter().flatten().enumerate() {
            fold_of[subject] = turn % n_folds;
        }
        Ok(Self { n_folds, fold_of })
    }

    /// No folds of nobody: those of a cohort without a development set.
    #[must_use]
    pub fn none() -> Self {
        Self { n_folds: 0, fold_of: Vec::new() }
    }

    /// Each group, e.g. a centre, as a fold, in the order of the labels; a group without an event
    /// joins the fold of the fewest subjects.
    ///
    /// # Errors
    /// [`Error::TooFewEvents`] when fewer than two groups have an event;
    /// [`Error::LengthMismatch`].
    ///
    /// # Examples
    /// ```
    /// use vertebra_cohort::Folds;
    /// let folds = Folds::by_group(&[7, 7, 9, 9, 9, 8], &[true, false, true, false, false, false])?;
    /// assert_eq!(folds.fold_of(), [0, 0, 1, 1, 1, 0]); // nobody of group 8 has the event
    /// # Ok::<(), vertebra_cohort::Error>(())
    /// ```
    pub fn by_group(group: &[usize], event: &[bool]) -> Result<Self, Error> {
        if group.len() != event.len() {
            let (expected, got) = (event.len(), group.len());
            return Err(Error::LengthMismatch { name: "group", expected, got });
        }
        let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
        for (&group, _) in group.iter().zip(event).filter(|(_, event)| **event) {
            sizes.insert(group, 0);
        }
        if sizes.len() < 2 {
            return Err(Error::TooFewEvents { parts: 2, events: sizes.len() });
        }
        for group in group {
            sizes.entry(*group).and_modify(|n| *n += 1);
        }
        let smallest = (0..sizes.len()).min_by_key(|&k| sizes.values().nth(k)).unwrap_or(0);
        let places: BTreeMap<usize, usize> = sizes.keys().copied().zip(0..).collect();
        let fold = |group: &usize| places.get(group).copied().unwrap_or(smallest);
        Ok(Self { n_folds: places.len(), fold_of: group.iter().map(fold).collect() })
    }

    /// The same folds without some subjects, of whom `stays` says for each whether it is one that
    /// stays.
    #[must_use]
    pub fn without(&self, stays: &[bool]) -> Self {
        let pairs = self.fold_of.iter().zip(stays);
        let fold_of = pairs.filter_map(|(fold, stays)| stays.then_some(*fold)).collect();
        Self { n_folds: self.n_folds, fold_of }
    }

    /// Number of folds.
    #[must_use]
    pub fn n_folds(&self) -> usize {
        self.n_folds
    }

    /// The fold of each subject.
    #[must_use]
    pub fn fold_of(&self) -> &[usize] {
        &self.fold_of
    }

    /// Subjects to fit on when fold `fold` validates, ascending.
    #[must_use]
    pub fn train(&self, fold: usize) -> Vec<usize> {
        (0..self.fold_of.len()).filter(|&i| self.fold_of[i] != fold).collect()
    }

    /// Subjects of fold `fold`, ascending.
    #[must_use]
    pub fn validation(&self, fold: usize) -> Vec<usize> {
        (0..self.fold_of.len()).filter(|&i| self.fold_of[i] == fold).collect()
    }
}

/// Subjects with an event, and those without, each in random order.
fn shuffled_strata(event: &[bool], seed: u64) -> [Vec<usize>; 2] {
    let mut generator = Seed::new(seed).generator();
    [true, false].map(|stratum| {
        let mut indices: Vec<_> = (0..event.len()).filter(|&i| event[i] == stratum).collect();
        shuffle(&mut indices, &mut generator);
        indices
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #[test]
        fn parts_are_disjoint_complete_and_balanced(
            event in vec(any::<bool>(), 20..200), seed in any::<u64>(), n_folds in 2usize..7,
        ) {
            prop_assume!(event.iter().filter(|e| **e).count() >= n_folds);
            let folds = Folds::stratified(&event, n_folds, seed).unwrap();
            let sizes: Vec<_> = (0..n_folds).map(|f| folds.validation(f).len()).collect();
            let events: Vec<_> = (0..n_folds)
                .map(|f| folds.validation(f).iter().filter(|&&i| event[i]).count()).collect();
            for counts in [&sizes, &events] {
                prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
            }
            prop_assert_eq!(sizes.iter().sum::<usize>(), event.len());
            for fold in 0..n_folds {
                let mut all = folds.train(fold);
                all.extend(folds.validation(fold));
                all.sort_unstable();
                prop_assert_eq!(all, (0..event.len()).collect::<Vec<_>>());
            }
            prop_assert_eq!(&folds, &Folds::stratified(&event, n_folds, seed).unwrap());
        }
    }

    #[test]
    fn subjects_that_leave_take_nobody_else_along() {
        let event: Vec<_> = (0..40).map(|i| i % 4 == 0).collect();
        let split = Split::stratified(&event, 0.3, 1).unwrap();
        let stays: Vec<bool> = (0..40).map(|i| i % 7 != 3).collect();
        let left: Vec<usize> = (0..40).filter(|&i| stays[i]).collect();
        let smaller = split.without(&stays);
        let by_old = |part: &[usize]| part.iter().map(|&i| left[i]).collect::<Vec<_>>();
        let kept = |part: &[usize]| part.iter().copied().filter(|&i| stays[i]).collect::<Vec<_>>();
        assert_eq!(by_old(smaller.train()), kept(split.train()));
        assert_eq!(by_old(smaller.test()), kept(split.test()));
        let folds = Folds::stratified(&event, 3, 1).unwrap();
        let fewer = folds.without(&stays);
        assert_eq!(by_old(&fewer.validation(1)), kept(&folds.validation(1)));
    }

    #[test]
    fn another_seed_gives_another_split() {
        let event: Vec<_> = (0..200).map(|i| i % 5 == 0).collect();
        let split = |seed| Split::stratified(&event, 0.3, seed).unwrap();
        assert_eq!(split(1), split(1));
        assert_ne!(split(1), split(2));
    }

    #[test]
    fn too_few_events_is_an_error() {
        let one = [true, false, false, false];
        assert!(matches!(
            Split::stratified(&one, 0.5, 1),
            Err(Error::TooFewEvents { parts: 2, events: 1 })
        ));
        assert!(matches!(
            Folds::stratified(&one, 3, 1),
            Err(Error::TooFewEvents { parts: 3, events: 1 })
        ));
        assert!(matches!(Split::stratified(&one, 1.5, 1), Err(Error::InvalidSetting { .. })));
    }

    #[test]
    fn a_column_must_be_filled() {
        let column = [Some(Part::Train), Some(Part::Test), Some(Part::Train)];
        let split = Split::from_column(&column).unwrap();
        assert_eq!((split.train(), split.test()), ([0, 2].as_slice(), [1].as_slice()));
        assert!(Split::from_column(&[Some(Part::Train), None]).is_err());
        assert!(Split::from_column(&[Some(Part::Train)]).is_err());
    }
}
