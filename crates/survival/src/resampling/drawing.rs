//! Which subjects belong together and which are alike, where subjects are drawn at random.

use crate::{error::Error, outcomes::labels::members};

/// Clusters that stay whole, strata that keep their shares, and the seed of the chance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Drawing {
    pub(crate) seed: u64,
    /// One label per subject, where subjects depend on each other.
    pub(crate) clusters: Option<Vec<usize>>,
    /// One label per subject.
    pub(crate) strata: Option<Vec<usize>>,
}

impl Drawing {
    /// One label for each of `n` subjects.
    pub(crate) fn check(&self, n: usize) -> Result<(), Error> {
        for (name, labels) in [("clusters", &self.clusters), ("strata", &self.strata)] {
            if let Some(got) = labels.as_ref().map(Vec::len).filter(|&got| got != n) {
                return Err(Error::LengthMismatch { name, expected: n, got });
            }
        }
        Ok(())
    }

    /// The members of each cluster, or each subject by itself.
    pub(crate) fn units(&self, n: usize) -> Vec<Vec<usize>> {
        let alone = || (0..n).map(|i| vec![i]).collect();
        self.clusters.as_deref().map_or_else(alone, members)
    }
}

/// The setters of the options that hold a [`Drawing`] as `drawing`.
macro_rules! drawing_setters {
    ($clusters:literal, $strata:literal) => {
        /// Seed of the chance: the same one gives the same result on any number of threads.
        #[must_use]
        pub fn with_seed(mut self, seed: u64) -> Self {
            self.drawing.seed = seed;
            self
        }

        #[doc = $clusters]
        #[must_use]
        pub fn with_clusters(mut self, clusters: Vec<usize>) -> Self {
            self.drawing.clusters = Some(clusters);
            self
        }

        #[doc = $strata]
        #[must_use]
        pub fn with_strata(mut self, strata: Vec<usize>) -> Self {
            self.drawing.strata = Some(strata);
            self
        }
    };
}
pub(crate) use drawing_setters;
