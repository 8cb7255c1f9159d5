//! Discrimination of the models on groups of subjects, and the comparisons between them.
//!
//! Scores of different fold models share no scale, so on the development set pairs of subjects are
//! compared within folds only: folds are strata.

use crate::Error;
use crate::input::subgroups::CENTRE;
use crate::stages::Context;
use vertebra_evaluation::discrimination::Subgroup as InGroup;
use vertebra_evaluation::{Discrimination as Figures, Evaluation, EvaluationOptions};
use vertebra_evaluation::{Figure, GroupedBy, Grouping, Interval, OverFolds, Reason};
use vertebra_evaluation::{Sample, Undefined};
use vertebra_report::results::{Comparison, Discrimination, EvaluationSet, SetSize, Subgroup};
use vertebra_survival::{Outcomes, concordance};

const LEVEL: f64 = 0.95;

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

/// A model's name and its scores of all subjects.
pub(crate) type Scored = (String, Vec<Option<f64>>);

impl<'a> Evaluator<'a> {
    pub(crate) fn of(context: Context<'a>) -> Self {
        let Context { data, config, .. } = context;
        Self {
            outcomes: &data.outcomes,
            bootstrap: config.bootstrap,
            seed: config.seed_for("bootstrap of C"),
            uno_horizon: config.last_horizon(),
        }
    }

    /// Every model in the groups of some subjects; the labels of `groupings` are of `members`.
    ///
    /// Within one centre there is no second one to learn from how centres differ, so that its
    /// subjects are independent there.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    pub(crate) fn subgroups(
        &self,
        members: &[usize],
        strata: Option<&[usize]>,
        models: &[Scored],
        groupings: Vec<Grouping>,
    ) -> Result<Vec<InGroup>, Error> {
        let outcomes = self.outcomes.subset(members);
        let by_centre = GroupedBy::Group(CENTRE.to_owned());
        let options = EvaluationOptions::default().with_level(LEVEL);
        let mut found = Vec::new();
        for grouping in groupings {
            let outcomes = match grouping.by() == by_centre {
                true => Outcomes::new(outcomes.time().to_vec(), outcomes.event().to_vec())?,
                false => outcomes.clone(),
            };
            let sample = sample(outcomes, members, strata, models).with_grouping(grouping);
            found.extend(InGroup::all(&sample, &options)?);
        }
        Ok(found)
    }

    /// The evaluation of several models on one group; `pairs` names those to compare.
    ///
    /// # Errors
    /// [`Error::Evaluation`] for a score that is not finite, or two models of one name.
    pub(crate) fn evaluate(
        &self,
        group: &Group,
        models: &[Scored],
        pairs: Vec<(String, String)>,
    ) -> Result<Evaluation, Error> {
        let outcomes = self.outcomes.subset(&group.members);
        let sample = sample(outcomes, &group.members, Some(&group.strata), models);
        let options = EvaluationOptions::default()
            .with_level(LEVEL)
            .with_bootstrap(self.bootstrap, self.seed)
            .with_tau(self.uno_horizon)
            .with_pairs(pairs);
        Ok(Evaluation::of(&sample, &options)?)
    }

    /// Harrell's C by fold on the validation folds, where it is defined.
    pub(crate) fn by_fold(&self, group: &Group, scores: &[Option<f64>]) -> OverFolds {
        let pairs = group.members.iter().zip(&group.strata);
        let scored = pairs.filter_map(|(&i, &fold)| Some((i, (scores[i]?, fold))));
        let (members, values): (Vec<usize>, Vec<(f64, usize)>) = scored.unzip();
        let (risk, folds): (Vec<f64>, Vec<usize>) = values.into_iter().unzip();
        OverFolds::by_fold(&self.outcomes.subset(&members), &risk, &folds, LEVEL)
    }

    /// Harrell's C of every fold's model on one group, where it is defined.
    pub(crate) fn of_fold_models(&self, group: &Group, by_fold_model: &[Vec<f64>]) -> OverFolds {
        let outcomes = self.outcomes.subset(&group.members);
        let index = |scores: &Vec<f64>| {
            let risk: Vec<f64> = group.members.iter().map(|&i| scores[i]).collect();
            concordance(&outcomes, &risk).ok().map(|pairs| pairs.index())
        };
        OverFolds::of(by_fold_model.iter().filter_map(index).collect(), LEVEL)
    }
}

/// Some subjects with their scores.
fn sample(
    outcomes: Outcomes,
    members: &[usize],
    strata: Option<&[usize]>,
    models: &[Scored],
) -> Sample {
    let mut sample = Sample::new(outcomes);
    if let Some(strata) = strata {
        sample = sample.with_strata(strata.to_vec());
    }
    models.iter().fold(sample, |sample, (name, scores)| {
        sample.with_partial_score(name, members.iter().map(|&i| scores[i]).collect())
    })
}

/// A model's figures on a group as they stand in the results.
///
/// # Errors
/// Why there is no C.
pub(crate) fn discrimination(
    group: &Group,
    figures: &Figures,
    over_folds: OverFolds,
) -> Result<Discrimination, Undefined> {
    let headline = *figures.headline.as_result().map_err(Clone::clone)?;
    let size = SetSize { n: figures.n, events: figures.events };
    let bca = figures.bootstrap.value().and_then(|drawn| {
        let (lower, upper) = drawn.bca?;
        Some(Interval::new(lower, upper, drawn.level))
    });
    let uno = match group.set {
        EvaluationSet::Test => figures.uno.concordance.clone().map(|uno| uno.estimate),
        EvaluationSet::CrossValidation => {
            let why = "Uno's C is given on the test set alone";
            Figure::Undefined(Undefined::new(Reason::NotRequested, why))
        }
    };
    Ok(Discrimination::new(group.set, group.subgroup, size, headline)
        .with_bca(bca)
        .with_uno(uno)
        .with_over_folds(over_folds))
}

/// The comparisons of an evaluation as they stand in the results, and of those that do not exist
/// what they would compare and why they do not.
pub(crate) fn comparisons(
    group: &Group,
    evaluation: &Evaluation,
) -> (Vec<Comparison>, Vec<(String, Undefined)>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for pair in &evaluation.comparisons {
        let names = (pair.first.clone(), pair.second.clone());
        match &pair.harrell.difference {
            Figure::Undefined(why) => {
                missing.push((format!("{} against {}", names.0, names.1), why.clone()));
            }
            Figure::Defined(difference) => {
                let size = SetSize { n: pair.n, events: pair.events };
                let holm = pair.harrell.p_holm.unwrap_or(difference.p);
                let one = Comparison::new(group.set, group.subgroup, names, size, *difference);
                found.push(one.with_p_holm(holm));
            }
        }
    }
    (found, missing)
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

    fn of(outcomes: &Outcomes, strata: Vec<usize>, scores: &[Option<f64>]) -> Discrimination {
        let (group, model) = (group(strata), ("x".to_owned(), scores.to_vec()));
        let evaluation = evaluator(outcomes).evaluate(&group, &[model], Vec::new()).unwrap();
        let over_folds = evaluator(outcomes).by_fold(&group, scores);
        discrimination(&group, &evaluation.scores[0].figures, over_folds).unwrap()
    }

    #[test]
    fn a_shift_of_one_fold_changes_nothing() {
        let time: Vec<f64> = (0..40).map(|i| 1.0 + f64::from(i % 17) * 0.3).collect();
        let outcomes = Outcomes::new(time, (0..40).map(|i| i % 3 != 0).collect()).unwrap();
        let strata: Vec<usize> = (0..40).map(|i| i % 2).collect();
        let score = |shift: f64| -> Vec<Option<f64>> {
            (0..40).map(|i| Some(f64::from(i * 7 % 11) + shift * f64::from(i % 2))).collect()
        };
        let run = |shift| of(&outcomes, strata.clone(), &score(shift));
        let found = run(0.0);
        assert_eq!(found, run(100.0));
        let c = found.harrell.estimate;
        assert!(c.interval.lower < c.value && c.value < c.interval.upper);
        assert_eq!(found.over_folds.folds.len(), 2);
    }

    #[test]
    fn members_without_a_score_are_left_out_and_counted() {
        let time: Vec<f64> = (0..12).map(|i| 1.0 + f64::from(i)).collect();
        let outcomes = Outcomes::new(time, vec![true; 12]).unwrap();
        let mut scores: Vec<Option<f64>> = (0..12).map(|i| Some(-f64::from(i % 5))).collect();
        scores[3] = None;
        let found = of(&outcomes, vec![0; 12], &scores);
        assert_eq!(found.size, SetSize { n: 11, events: 11 });
    }

    #[test]
    fn holm_counts_the_comparisons_of_one_group() {
        let time: Vec<f64> = (0..30).map(|i| 1.0 + f64::from(i * 11 % 30)).collect();
        let outcomes = Outcomes::new(time, vec![true; 30]).unwrap();
        let score = |by: i32| -> Vec<Option<f64>> {
            (0..30).map(|i| Some(f64::from(i * by % 31))).collect()
        };
        let models = [("a", 3), ("b", 7), ("c", 13)].map(|(name, by)| (name.to_owned(), score(by)));
        let pairs = [("a", "b"), ("b", "c"), ("a", "a")];
        let pairs = pairs.map(|(x, y)| (x.to_owned(), y.to_owned())).to_vec();
        let evaluation = evaluator(&outcomes).evaluate(&group(vec![0; 30]), &models, pairs);
        let (found, missing) = comparisons(&group(vec![0; 30]), &evaluation.unwrap());
        assert_eq!((found.len(), missing.len()), (2, 1));
        assert_eq!(missing[0].0, "a against a");
        let smallest = found.iter().map(|c| c.difference.p).fold(1.0, f64::min);
        assert!(found.iter().any(|c| c.p_holm == (2.0 * smallest).min(1.0)));
    }
}
