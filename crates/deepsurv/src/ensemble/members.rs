//! Which networks an ensemble is made of.

use crate::Error;
use std::collections::{BTreeMap, BTreeSet};

/// Which networks an ensemble is made of, and what each of them holds out.
///
/// # Examples
/// ```
/// use vertebra_deepsurv::Members;
/// // Five networks, two snapshots of each, that hold out every fifth of 100 subjects.
/// let parts: Vec<Vec<usize>> = (0..5).map(|k| (k..100).step_by(5).collect()).collect();
/// let members = Members::holding_out(parts).with_snapshots(2);
/// assert_eq!(members.n_members(), 10);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    held_out: Vec<Vec<usize>>,
    snapshots: usize,
}

impl Members {
    /// So many networks, each trained on all subjects, that differ by their seeds alone: weights,
    /// order, augmentation and dropout (Lakshminarayanan, Pritzel & Blundell, NeurIPS 2017).
    #[must_use]
    pub fn of_seeds(n: usize) -> Self {
        Self::holding_out(vec![Vec::new(); n])
    }

    /// A network for each part of the subjects (their numbers, from 0): trained on all others, and
    /// stopped early by the part (Krogh & Vedelsby, NIPS 1994). The ensemble is recalibrated by what
    /// its networks say of the subjects they held out; these chose the epoch, no more, which makes
    /// the recalibration a little too hopeful. Seeds differ too, so that a part may be held out by
    /// several networks; one that is empty is held out by none.
    #[must_use]
    pub fn holding_out(parts: impl Into<Vec<Vec<usize>>>) -> Self {
        Self { held_out: parts.into(), snapshots: 1 }
    }

    /// Every network gives so many members, in one training of as many cycles of the learning rate:
    /// each cycle has an equal share of the epochs and goes on from the network of the one before,
    /// with a new optimiser (snapshot ensembles; Huang et al., ICLR 2017).
    #[must_use]
    pub fn with_snapshots(mut self, snapshots: usize) -> Self {
        self.snapshots = snapshots;
        self
    }

    /// How many members the ensemble will have.
    #[must_use]
    pub fn n_members(&self) -> usize {
        self.held_out.len() * self.snapshots
    }

    /// The subjects that each network holds out.
    #[must_use]
    pub fn held_out(&self) -> &[Vec<usize>] {
        &self.held_out
    }

    /// How many members each network gives.
    #[must_use]
    pub fn snapshots(&self) -> usize {
        self.snapshots
    }

    /// # Errors
    /// [`Error::InvalidSetting`] for no members, and for a part with a subject that is not there
    /// or stands in it twice.
    pub(crate) fn check(&self, n_subjects: usize) -> Result<(), Error> {
        if self.n_members() == 0 {
            return Err(Error::invalid("members", "at least 1", 0));
        }
        for part in &self.held_out {
            let mut seen = vec![false; n_subjects];
            for &subject in part {
                match seen.get_mut(subject) {
                    Some(seen) if !*seen => *seen = true,
                    Some(_) => {
                        let got = format!("subject {subject} twice");
                        return Err(Error::invalid("held-out part", "each subject once", got));
                    }
                    None => {
                        let got = format!("subject {subject} of {n_subjects}");
                        return Err(Error::invalid("held-out part", "subjects from 0", got));
                    }
                }
            }
        }
        Ok(())
    }
}

/// What networks said of subjects that they held out: the mean over those that held one out.
#[derive(Debug)]
pub(crate) struct HeldOut {
    /// Numbers per subject.
    width: usize,
    /// `[n, width]`.
    sum: Vec<f64>,
    times: Vec<usize>,
    /// The networks that held out a subject.
    by: Vec<BTreeSet<usize>>,
}

impl HeldOut {
    pub(crate) fn new(n_subjects: usize, width: usize) -> Self {
        let sum = vec![0.0; n_subjects * width];
        Self { width, sum, times: vec![0; n_subjects], by: vec![BTreeSet::new(); n_subjects] }
    }

    /// Takes in what a network says of its part, `[part, width]`.
    pub(crate) fn add(&mut self, part: &[usize], said: &[f64], network: usize) {
        for (&subject, said) in part.iter().zip(said.chunks_exact(self.width)) {
            let sum = &mut self.sum[subject * self.width..][..self.width];
            sum.iter_mut().zip(said).for_each(|(sum, said)| *sum += said);
            self.times[subject] += 1;
            self.by[subject].insert(network);
        }
    }

    /// The subjects of whom something was said.
    pub(crate) fn subjects(&self) -> Vec<usize> {
        (0..self.times.len()).filter(|&subject| self.times[subject] > 0).collect()
    }

    /// The means of these subjects, `[subjects, width]`.
    pub(crate) fn means(&self, subjects: &[usize]) -> Vec<f64> {
        let row = |&subject: &usize| {
            let times = self.times[subject] as f64;
            self.sum[subject * self.width..][..self.width].iter().map(move |sum| sum / times)
        };
        subjects.iter().flat_map(row).collect()
    }

    /// A label for each of these subjects, the same for those that the same networks held out, who
    /// have one origin, and that are of one of the `strata`.
    pub(crate) fn comparable(&self, subjects: &[usize], strata: Option<&[usize]>) -> Vec<usize> {
        let mut labels = BTreeMap::new();
        let mut label = |&subject: &usize| {
            let next = labels.len();
            *labels.entry((&self.by[subject], strata.map(|of| of[subject]))).or_insert(next)
        };
        subjects.iter().map(&mut label).collect()
    }
}

/// The mean over members of what each says, value by value; all of one length.
pub(crate) fn mean(said: &[Vec<f64>]) -> Vec<f64> {
    let share = 1.0 / said.len() as f64;
    let mut mean = vec![0.0; said.first().map_or(0, Vec::len)];
    for said in said {
        mean.iter_mut().zip(said).for_each(|(sum, value)| *sum += share * value);
    }
    mean
}
