//! One model per fold, and one on the whole development set; each subject is scored by a model that
//! never saw it.

use crate::Error;
use crate::input::subjects::StudyData;

/// Which subjects a model is fitted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FitOn {
    /// The development set without this fold.
    AllBut(usize),
    /// The whole development set.
    Development,
}

impl FitOn {
    /// Position in a list of the fold models followed by the whole-set model.
    pub(crate) fn index(self, n_folds: usize) -> usize {
        match self {
            Self::AllBut(fold) => fold,
            Self::Development => n_folds,
        }
    }

    pub(crate) fn label(self) -> String {
        match self {
            Self::AllBut(fold) => format!("fold {}", fold + 1),
            Self::Development => "development set".to_owned(),
        }
    }
}

/// Risk scores of all subjects of a study, by position; higher = earlier expected event.
#[derive(Debug, Clone)]
pub(crate) struct Scores {
    /// Development subjects by the fold model that never saw them; test subjects by the model of
    /// the whole development set.
    pub(crate) log_hazard: Vec<Option<f64>>,
    /// Every fold model on every subject, to show how much fold models differ on the test set.
    pub(crate) by_fold_model: Vec<Vec<f64>>,
}

impl Scores {
    /// On the scale of a recalibrated model.
    pub(crate) fn times(mut self, factor: f64) -> Self {
        let by_fold = self.by_fold_model.iter_mut().flatten();
        self.log_hazard.iter_mut().flatten().chain(by_fold).for_each(|h| *h *= factor);
        self
    }
}

/// A part of the development set to fit a model on.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) on: FitOn,
    pub(crate) subjects: Vec<usize>,
}

/// Every fold's complement, in the order of the folds.
pub(crate) fn fold_parts(data: &StudyData) -> Vec<Part> {
    let part = |k| Part { on: FitOn::AllBut(k), subjects: data.fold(k).0 };
    (0..data.n_folds()).map(part).collect()
}

/// Every fold's complement, then the whole development set.
pub(crate) fn all_parts(data: &StudyData) -> Vec<Part> {
    let mut parts = fold_parts(data);
    parts.push(Part { on: FitOn::Development, subjects: data.development().to_vec() });
    parts
}

/// Scores every subject with the models that may score it. `models` are the fold models and, when
/// there is one more, the model of the whole development set; without it test subjects get none.
pub(crate) fn score<M>(
    data: &StudyData,
    models: &[M],
    log_hazard: impl Fn(&M, &[usize]) -> Result<Vec<f64>, Error>,
) -> Result<Scores, Error> {
    let everyone: Vec<usize> = (0..data.n()).collect();
    let n_folds = data.n_folds();
    let by_model: Vec<Vec<f64>> =
        models.iter().map(|model| log_hazard(model, &everyone)).collect::<Result<_, _>>()?;
    let of = |i: usize| {
        let model = data.fold_of(i).unwrap_or(n_folds);
        by_model.get(model).map(|scores| scores[i])
    };
    let log_hazard = everyone.iter().map(|&i| of(i)).collect();
    Ok(Scores { log_hazard, by_fold_model: by_model.into_iter().take(n_folds).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::data;

    /// "Models" that score every subject with their own number.
    fn constant(model: &f64, subjects: &[usize]) -> Result<Vec<f64>, Error> {
        Ok(vec![*model; subjects.len()])
    }

    #[test]
    fn a_development_subject_is_scored_by_its_fold_and_a_test_subject_by_the_whole_set() {
        let data = data();
        let scores = score(&data, &[10.0, 20.0, 99.0], constant).unwrap();
        for (i, score) in scores.log_hazard.iter().enumerate() {
            let expected = data.fold_of(i).map_or(99.0, |fold| 10.0 * (fold + 1) as f64);
            assert_eq!(*score, Some(expected));
        }
        assert_eq!(scores.by_fold_model, [vec![10.0; data.n()], vec![20.0; data.n()]]);
    }

    #[test]
    fn without_a_model_of_the_whole_set_test_subjects_have_no_score() {
        let data = data();
        let scores = score(&data, &[10.0, 20.0], constant).unwrap();
        assert!(data.test().iter().all(|&i| scores.log_hazard[i].is_none()));
        assert!(data.development().iter().all(|&i| scores.log_hazard[i].is_some()));
    }

    #[test]
    fn parts_are_the_complements_of_the_folds_and_the_whole_set() {
        let data = data();
        let parts = all_parts(&data);
        assert_eq!(parts.len(), data.n_folds() + 1);
        for (k, part) in parts.iter().enumerate() {
            assert_eq!(part.on.index(data.n_folds()), k);
            let validated = |i: &usize| data.fold_of(*i).is_some_and(|fold| fold == k);
            assert!(!part.subjects.iter().any(validated));
        }
        assert_eq!(parts[1].on.label(), "fold 2");
        assert_eq!(parts[data.n_folds()].subjects, data.development());
    }
}
