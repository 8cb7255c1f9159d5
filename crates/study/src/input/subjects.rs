//! The analysed subjects: who they are, their films, outcomes and sets.

use crate::Error;
use crate::config::StudyConfig;
use crate::input::outcomes::{self, Derived};
use crate::input::sets::Sets;
use crate::input::tables::{self, name_of};
use crate::input::truth;
use std::path::Path;
use vertebra_cohort::{Cohort, EligibilityFlow, Subject, eligibility, survival_outcomes};
use vertebra_keypoints::{AnnotationSet, FilmAnnotation};
use vertebra_report::results::{OutcomeSummary, SetSize, SplitSummary};
use vertebra_survival::Outcomes;

/// The analysed subjects; every vector has one entry per analysed subject, in cohort order, and
/// index lists are positions in them.
#[derive(Debug, Clone)]
pub(crate) struct StudyData {
    pub(crate) cohort: Cohort,
    pub(crate) flow: EligibilityFlow,
    pub(crate) outcomes: Outcomes,
    /// Baseline films by name: the path relative to the cohort folder, with `/` as separator, as
    /// annotations and results know them.
    pub(crate) films: Vec<String>,
    pub(crate) annotations: AnnotationSet,
    pub(crate) sets: Sets,
    /// The phantom's true log hazard, where the folder has it.
    pub(crate) truth: Option<Vec<f64>>,
    pub(crate) outcome_summary: OutcomeSummary,
    pub(crate) notes: Vec<String>,
}

impl StudyData {
    /// Reads a cohort folder.
    ///
    /// # Errors
    /// Every problem of the tables and the annotations at once; too few subjects or events.
    pub(crate) fn read(folder: &Path, config: &StudyConfig) -> Result<Self, Error> {
        let (cohort, annotations) = tables::read(folder, config)?;
        let mut notes = Vec::new();
        let unread: Vec<String> = cohort.unread_columns().iter().map(ToString::to_string).collect();
        if !unread.is_empty() {
            let columns = unread.join(", ");
            notes.push(format!("Columns of cohort.csv that were not read: {columns}."));
        }
        let flow = eligibility(&cohort, &config.eligibility);
        let Derived { flow, outcomes: of_subjects, reference } =
            outcomes::derive(&cohort, flow, &annotations, config)?;
        let outcomes = survival_outcomes(&of_subjects)?;
        let sets = Sets::new(&cohort, &flow, &outcomes, config)?;
        let films = flow.analysed().iter().map(|selected| {
            let subject = &cohort.subjects()[selected.subject];
            name_of(&subject.visits[selected.baseline].radiograph)
        });
        let films = films.collect();
        let truth = truth::read(folder, &cohort, &flow)?;
        let outcome_summary = outcomes::summarise(&of_subjects, &outcomes, reference)?;
        let data = Self {
            films,
            annotations,
            truth,
            outcome_summary,
            notes,
            outcomes,
            cohort,
            flow,
            sets,
        };
        data.check_horizon(config.main_horizon)?;
        Ok(data)
    }

    /// Measures at the main horizon need events before it and subjects followed beyond it, in both
    /// sets.
    fn check_horizon(&self, horizon: f64) -> Result<(), Error> {
        for (set, positions) in [("development", self.development()), ("test", self.test())] {
            let outcomes = self.outcomes.subset(positions);
            let followed = outcomes.time().iter().filter(|t| **t > horizon).count();
            let by_horizon = |(t, e): (&f64, &bool)| *e && *t <= horizon;
            let events = outcomes.time().iter().zip(outcomes.event());
            let events = events.filter(|pair| by_horizon(*pair)).count();
            if followed == 0 || events == 0 {
                return Err(Error::UndefinedAtHorizon { set, horizon, events, followed });
            }
        }
        Ok(())
    }

    /// Number of analysed subjects.
    pub(crate) fn n(&self) -> usize {
        self.films.len()
    }

    pub(crate) fn subject(&self, position: usize) -> &Subject {
        &self.cohort.subjects()[self.flow.analysed()[position].subject]
    }

    /// The annotation of a subject's baseline film.
    pub(crate) fn annotation(&self, position: usize) -> Option<&FilmAnnotation> {
        self.annotations.get(&self.films[position])
    }

    /// Subjects that models are fitted on.
    pub(crate) fn development(&self) -> &[usize] {
        self.sets.split.train()
    }

    /// Subjects that models are tested on.
    pub(crate) fn test(&self) -> &[usize] {
        self.sets.split.test()
    }

    /// Number of cross-validation folds of the development set.
    pub(crate) fn n_folds(&self) -> usize {
        self.sets.folds.n_folds()
    }

    /// Positions of the fold's development subjects that it fits on, and those it validates on.
    pub(crate) fn fold(&self, fold: usize) -> (Vec<usize>, Vec<usize>) {
        self.sets.fold(fold)
    }

    /// The fold that validates on a development subject; `None` for a test subject.
    pub(crate) fn fold_of(&self, position: usize) -> Option<usize> {
        self.sets.fold_of(position)
    }

    pub(crate) fn size(&self, positions: &[usize]) -> SetSize {
        let events = positions.iter().filter(|&&i| self.outcomes.event()[i]).count();
        SetSize { n: positions.len(), events }
    }

    pub(crate) fn split_summary(&self) -> SplitSummary {
        let folds = (0..self.n_folds()).map(|fold| self.size(&self.fold(fold).1));
        let (development, test) = (self.size(self.development()), self.size(self.test()));
        SplitSummary::new(self.sets.method, development, test, folds.collect())
    }

    /// Who is analysed, in a sentence.
    pub(crate) fn summary(&self) -> String {
        let (development, test) = (self.size(self.development()), self.size(self.test()));
        format!(
            "{} of {} subjects are analysed: {} for development ({} events), {} for the test ({} \
             events)",
            self.n(),
            self.flow.start(),
            development.n,
            development.events,
            test.n,
            test.events
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::{self, data};

    #[test]
    fn every_subject_has_a_film_an_annotation_and_an_outcome() {
        let data = data();
        assert_eq!((data.n(), data.flow.start()), (48, 60));
        for i in 0..data.n() {
            let annotation = data.annotation(i).unwrap();
            assert_eq!(annotation.file_name, data.films[i]);
            assert!(data.outcomes.time()[i] > 0.0);
        }
        let all: Vec<usize> = (0..data.n()).collect();
        assert_eq!(data.size(&all).events, data.outcomes.n_events());
    }

    #[test]
    fn the_summary_of_the_split_adds_up() {
        let data = data();
        let split = data.split_summary();
        let sum = |sizes: &[SetSize]| sizes.iter().map(|s| (s.n, s.events)).fold((0, 0), add);
        fn add(a: (usize, usize), b: (usize, usize)) -> (usize, usize) {
            (a.0 + b.0, a.1 + b.1)
        }
        assert_eq!(sum(&split.folds), (split.development.n, split.development.events));
        assert_eq!(split.development.n + split.test.n, data.n());
        assert!(
            data.summary().starts_with("48 of 60 subjects are analysed: "),
            "{}",
            data.summary()
        );
    }

    #[test]
    fn a_horizon_beyond_all_follow_up_is_named_with_its_set_and_counts() {
        let config = StudyConfig { main_horizon: 80.0, ..test_data::config() };
        let error = StudyData::read(test_data::folder(), &config).unwrap_err();
        let Error::UndefinedAtHorizon { set, horizon, followed, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!((*set, *horizon, *followed), ("development", 80.0, 0));
        assert!(error.to_string().contains("set main_horizon"), "{error}");
    }

    #[test]
    fn columns_that_are_not_read_are_noted() {
        let folder = test_data::edited("cohort.csv", |text| {
            test_data::with_column(text, "favourite_colour", "blue")
        });
        let data = StudyData::read(folder.path(), &test_data::config()).unwrap();
        assert!(data.notes[0].contains("favourite_colour"), "{:?}", data.notes);
        assert!(test_data::data().notes.is_empty());
    }
}
