//! From risk scores to discrimination, calibration and use, with intervals.
//!
//! Scores of different fold models share no scale, so on the development set pairs of subjects are
//! compared within folds only: folds are strata.

use crate::Error;
use statrs::distribution::{ContinuousCDF, StudentsT};
use vertebra_report::results::{
    Comparison, Discrimination, Estimate, EvaluationSet, SetSize, Subgroup,
};
use vertebra_survival::{ConcordanceOptions, Outcomes, bootstrap, concordance, uno_c};

/// Subjects that an evaluation covers: positions in the study's subjects, and the stratum of each.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) set: EvaluationSet,
    pub(crate) subgroup: Subgroup,
    pub(crate) members: Vec<usize>,
    /// Fold of each member, or 0 on the test set.
    pub(crate) strata: Vec<usize>,
}

/// Settings shared by all evaluations of a study.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evaluator<'a> {
    pub(crate) outcomes: &'a Outcomes,
    pub(crate) bootstrap: usize,
    pub(crate) seed: u64,
    /// Uno's truncation time, years.
    pub(crate) uno_horizon: f64,
}

/// One group's members with a score, their outcomes and strata.
struct Sample {
    outcomes: Outcomes,
    strata: Vec<usize>,
    events: usize,
}

impl Evaluator<'_> {
    /// Discrimination of one model on one group; members without a score are left out.
    ///
    /// # Errors
    /// [`Error::Survival`] where no pair is comparable.
    pub(crate) fn discrimination(
        &self,
        group: &Group,
        scores: &[Option<f64>],
        folds: Vec<f64>,
    ) -> Result<Discrimination, Error> {
        let (members, strata) = scored(group, |i| scores[i].is_some());
        let risk: Vec<f64> = members.iter().filter_map(|&i| scores[i]).collect();
        let sample = self.sample(&members, strata);
        let harrell = self.harrell(&sample, &risk)?;
        let uno = uno_c(&sample.outcomes, &risk, self.uno_horizon).ok();
        let uno = uno.filter(|_| group.set == EvaluationSet::Test);
        Ok(Discrimination {
            set: group.set,
            subgroup: group.subgroup,
            size: SetSize { n: members.len(), events: sample.events },
            harrell: harrell.0,
            harrell_bca: harrell.1,
            uno: uno.map(|u| Estimate { value: u.c, lower: u.lower, upper: u.upper }),
            over_folds: over_folds(&folds),
            folds,
        })
    }

    /// Harrell's C by fold, where it is defined.
    pub(crate) fn by_stratum(&self, group: &Group, scores: &[Option<f64>]) -> Vec<f64> {
        let (members, strata) = scored(group, |i| scores[i].is_some());
        let last = strata.iter().max().copied().unwrap_or(0);
        let of = |stratum: usize| {
            let part: Vec<usize> =
                (0..members.len()).filter(|&k| strata[k] == stratum).map(|k| members[k]).collect();
            let risk: Vec<f64> = part.iter().filter_map(|&i| scores[i]).collect();
            concordance(&self.outcomes.subset(&part), &risk).ok().map(|c| c.index())
        };
        (0..=last).filter_map(of).collect()
    }

    /// Harrell's C on a group, nothing else; `None` where it is undefined.
    pub(crate) fn index(&self, group: &Group, scores: &[f64]) -> Option<f64> {
        let risk: Vec<f64> = group.members.iter().map(|&i| scores[i]).collect();
        concordance(&self.outcomes.subset(&group.members), &risk).ok().map(|c| c.index())
    }

    /// The paired difference of Harrell's C between two models, on the members both scored.
    /// `p_holm` is `p` until [`adjust`] is called.
    ///
    /// # Errors
    /// [`Error::Survival`] where the difference is undefined.
    pub(crate) fn compare(
        &self,
        group: &Group,
        (first, first_scores): (&str, &[Option<f64>]),
        (second, second_scores): (&str, &[Option<f64>]),
    ) -> Result<Comparison, Error> {
        let both = |i: usize| first_scores[i].is_some() && second_scores[i].is_some();
        let (members, strata) = scored(group, both);
        let risk =
            |scores: &[Option<f64>]| members.iter().filter_map(|&i| scores[i]).collect::<Vec<_>>();
        let sample = self.sample(&members, strata);
        let options = ConcordanceOptions::default().with_strata(sample.strata);
        let d = options.compare(&sample.outcomes, &risk(first_scores), &risk(second_scores))?;
        Ok(Comparison {
            set: group.set,
            subgroup: group.subgroup,
            first: first.to_owned(),
            second: second.to_owned(),
            size: SetSize { n: members.len(), events: sample.events },
            difference: Estimate { value: d.difference, lower: d.lower, upper: d.upper },
            se: d.se,
            p: d.p,
            p_holm: d.p,
        })
    }

    fn sample(&self, members: &[usize], strata: Vec<usize>) -> Sample {
        let outcomes = self.outcomes.subset(members);
        let events = outcomes.n_events();
        Sample { outcomes, strata, events }
    }

    /// Harrell's C with its percentile interval over subjects, and the BCa interval.
    fn harrell(
        &self,
        sample: &Sample,
        risk: &[f64],
    ) -> Result<(Estimate, Option<(f64, f64)>), Error> {
        let c = |subjects: &[usize]| stratified_index(sample, risk, subjects);
        let drawn = bootstrap(risk.len(), self.bootstrap, self.seed, c)?;
        let (lower, upper) = drawn.percentile(0.95)?;
        let options = ConcordanceOptions::default().with_strata(sample.strata.clone());
        let influence = options.jackknife_values(&sample.outcomes, risk)?;
        let bca = drawn.bca(0.95, &influence).ok();
        Ok((Estimate { value: drawn.estimate, lower, upper }, bca))
    }
}

/// Pairs counted within strata, summed over strata; `None` without a comparable pair.
fn stratified_index(sample: &Sample, risk: &[f64], subjects: &[usize]) -> Option<f64> {
    let last = sample.strata.iter().max().copied().unwrap_or(0);
    let (mut won, mut pairs) = (0.0, 0.0);
    for stratum in 0..=last {
        let part: Vec<usize> =
            subjects.iter().copied().filter(|&i| sample.strata[i] == stratum).collect();
        let scores: Vec<f64> = part.iter().map(|&i| risk[i]).collect();
        if let Ok(c) = concordance(&sample.outcomes.subset(&part), &scores) {
            won += c.index() * c.n_comparable() as f64;
            pairs += c.n_comparable() as f64;
        }
    }
    (pairs > 0.0).then(|| won / pairs)
}

/// Replaces `p_holm` by Holm's adjusted P values within each set and subgroup.
pub(crate) fn adjust(comparisons: &mut [Comparison]) -> Result<(), Error> {
    comparisons.sort_by_key(|c| (c.set, c.subgroup));
    for family in comparisons.chunk_by_mut(|a, b| (a.set, a.subgroup) == (b.set, b.subgroup)) {
        let p: Vec<f64> = family.iter().map(|c| c.p).collect();
        let adjusted = vertebra_survival::holm(&p)?;
        family.iter_mut().zip(adjusted).for_each(|(c, p)| c.p_holm = p);
    }
    Ok(())
}

fn scored(group: &Group, has_score: impl Fn(usize) -> bool) -> (Vec<usize>, Vec<usize>) {
    let pairs = group.members.iter().zip(&group.strata).filter(|(i, _)| has_score(**i));
    pairs.map(|(i, s)| (*i, *s)).unzip()
}

/// Mean and t interval over folds; `None` below two folds.
fn over_folds(folds: &[f64]) -> Option<Estimate> {
    let n = folds.len() as f64;
    if folds.len() < 2 {
        return None;
    }
    let mean = folds.iter().sum::<f64>() / n;
    let sd = (folds.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let t = StudentsT::new(0.0, 1.0, n - 1.0).ok()?.inverse_cdf(0.975);
    let reach = t * sd / n.sqrt();
    Some(Estimate { value: mean, lower: mean - reach, upper: mean + reach })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluator(outcomes: &Outcomes) -> Evaluator<'_> {
        Evaluator { outcomes, bootstrap: 200, seed: 3, uno_horizon: 5.0 }
    }

    fn group(strata: Vec<usize>) -> Group {
        Group {
            set: EvaluationSet::CrossValidation,
            subgroup: Subgroup::All,
            members: (0..strata.len()).collect(),
            strata,
        }
    }

    #[test]
    fn a_shift_of_one_fold_changes_nothing() {
        let time: Vec<f64> = (0..40).map(|i| 1.0 + f64::from(i % 17) * 0.3).collect();
        let outcomes = Outcomes::new(time, (0..40).map(|i| i % 3 != 0).collect()).unwrap();
        let strata: Vec<usize> = (0..40).map(|i| i % 2).collect();
        let score = |shift: f64| -> Vec<Option<f64>> {
            (0..40).map(|i| Some(f64::from(i * 7 % 11) + shift * f64::from(i % 2))).collect()
        };
        let run = |shift| {
            let e = evaluator(&outcomes);
            e.discrimination(&group(strata.clone()), &score(shift), vec![]).unwrap().harrell
        };
        assert_eq!(run(0.0), run(100.0));
        assert!(run(0.0).lower < run(0.0).value && run(0.0).value < run(0.0).upper);
    }

    #[test]
    fn members_without_a_score_are_left_out_and_counted() {
        let time: Vec<f64> = (0..12).map(|i| 1.0 + f64::from(i)).collect();
        let outcomes = Outcomes::new(time, vec![true; 12]).unwrap();
        let mut scores: Vec<Option<f64>> = (0..12).map(|i| Some(-f64::from(i % 5))).collect();
        scores[3] = None;
        let found =
            evaluator(&outcomes).discrimination(&group(vec![0; 12]), &scores, vec![]).unwrap();
        assert_eq!(found.size, SetSize { n: 11, events: 11 });
    }

    #[test]
    fn the_interval_over_folds_is_students() {
        // R: t.test(c(0.6, 0.7, 0.8))$conf.int = 0.4515862 0.9484138
        let e = over_folds(&[0.6, 0.7, 0.8]).unwrap();
        assert!((e.lower - 0.451_586_2).abs() < 1e-6 && (e.upper - 0.948_413_8).abs() < 1e-6);
        assert_eq!(over_folds(&[0.6]), None);
    }
}
