//! Folds of subjects, or of clusters of them.

use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use crate::{
    error::Error,
    resampling::drawing::{Drawing, drawing_setters},
};

/// How subjects are put into folds; by default 10 folds, once, with seed 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldOptions {
    pub(super) n_folds: usize,
    pub(super) repeats: usize,
    drawing: Drawing,
}

impl Default for FoldOptions {
    fn default() -> Self {
        Self { n_folds: 10, repeats: 1, drawing: Drawing::default() }
    }
}

impl FoldOptions {
    /// The number of folds.
    #[must_use]
    pub fn with_folds(mut self, n_folds: usize) -> Self {
        self.n_folds = n_folds;
        self
    }

    /// How often the subjects are put into folds anew.
    #[must_use]
    pub fn with_repeats(mut self, repeats: usize) -> Self {
        self.repeats = repeats;
        self
    }

    drawing_setters!(
        "Keeps the subjects of one label in one fold; one label per subject.",
        "Spreads each stratum, such as those with and without the event, evenly over the folds; one \
         label per subject (of a cluster, that of its first)."
    );

    /// The fold of each subject, `[n]`, in a repetition.
    pub(super) fn folds(&self, n: usize, repeat: usize) -> Vec<usize> {
        let mut random = ChaCha8Rng::seed_from_u64(self.drawing.seed);
        random.set_stream(repeat as u64);
        let mut units = self.drawing.units(n);
        units.shuffle(&mut random);
        if let Some(strata) = &self.drawing.strata {
            units.sort_by_key(|unit| strata[unit[0]]);
        }
        let mut fold = vec![0; n];
        for (place, unit) in units.iter().enumerate() {
            unit.iter().for_each(|&i| fold[i] = place % self.n_folds);
        }
        fold
    }

    pub(super) fn check(&self, n: usize, least: usize) -> Result<(), Error> {
        self.drawing.check(n)?;
        let units = self.drawing.units(n).len();
        if self.n_folds < least || self.n_folds > units {
            return Err(Error::InvalidSetting {
                name: "folds",
                expected: "at least 2 (3 where nested), no more than subjects or clusters",
                got: self.n_folds.to_string(),
            });
        }
        match self.repeats {
            0 => {
                let (expected, got) = ("at least 1", "0".to_owned());
                Err(Error::InvalidSetting { name: "repeats", expected, got })
            }
            _ => Ok(()),
        }
    }
}

/// The subjects whose fold is among some, and the others.
pub(super) fn split(fold: &[usize], inside: impl Fn(usize) -> bool) -> (Vec<usize>, Vec<usize>) {
    (0..fold.len()).partition(|&i| inside(fold[i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_even_in_strata_and_whole_in_clusters() {
        let strata: Vec<usize> = (0..60).map(|i| usize::from(i % 6 == 0)).collect();
        let options = FoldOptions::default().with_folds(5).with_strata(strata.clone());
        let fold = options.folds(60, 0);
        for k in 0..5 {
            let here: Vec<usize> = (0..60).filter(|&i| fold[i] == k).collect();
            assert_eq!((here.len(), here.iter().filter(|&&i| strata[i] == 1).count()), (12, 2));
        }
        assert_ne!(fold, options.folds(60, 1));
        let clusters: Vec<usize> = (0..60).map(|i| i / 3).collect();
        let fold = FoldOptions::default().with_folds(4).with_clusters(clusters).folds(60, 0);
        assert!(fold.chunks(3).all(|c| c[0] == c[1] && c[1] == c[2]));
    }
}
