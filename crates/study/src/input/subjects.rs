//! The analysed subjects: who they are, their films, outcomes and sets.

use crate::Error;
use crate::config::{OutcomeTiming, StudyConfig};
use crate::input::outcomes::{self, Derived};
use crate::input::sets::Sets;
use crate::input::tables::{self, Tables, name_of};
use crate::input::truth;
use crate::input::who_left::{after_exclusions, unread_columns};
use crate::input::{centres, competing};
use std::path::Path;
use vertebra_cohort::{
    Cohort, EligibilityFlow, ReferenceTable, Subject, SubjectOutcome, eligibility,
    interval_outcomes, survival_outcomes,
};
use vertebra_keypoints::{AnnotationSet, FilmAnnotation};
use vertebra_report::results::{OutcomeSummary, SetSize, SplitSummary};
use vertebra_survival::{CompetingOutcomes, Outcomes, interval_censored::IntervalOutcomes};

/// The analysed subjects; every vector has one entry per analysed subject, in cohort order, and
/// index lists are positions in them.
#[derive(Debug, Clone)]
pub(crate) struct StudyData {
    pub(crate) cohort: Cohort,
    pub(crate) flow: EligibilityFlow,
    pub(crate) outcomes: Outcomes,
    /// The same with deaths as competing events, where some are recorded.
    pub(crate) competing: Option<CompetingOutcomes>,
    /// What the films know of the times, where the configuration asks for it.
    pub(crate) known: Option<IntervalOutcomes>,
    /// Baseline films by name: the path relative to the cohort folder, with `/` as separator, as
    /// annotations and results know them.
    pub(crate) films: Vec<String>,
    pub(crate) annotations: AnnotationSet,
    pub(crate) sets: Sets,
    /// The phantom's true log hazard, where the folder has it.
    pub(crate) truth: Option<Vec<f64>>,
    /// The phantom's true times and events, where the folder has them and the same holds.
    pub(crate) true_outcomes: Option<Outcomes>,
    pub(crate) outcome_summary: OutcomeSummary,
    /// How each subject's outcome was reached.
    pub(crate) subject_outcomes: Vec<SubjectOutcome>,
    /// The heights that fractures are judged by; `None` for outcomes of the table.
    pub(crate) reference: Option<ReferenceTable>,
    pub(crate) notes: Vec<String>,
}

impl StudyData {
    /// Reads a cohort folder.
    ///
    /// # Errors
    /// Every problem of the tables and the annotations at once; too few subjects or events.
    pub(crate) fn read(folder: &Path, config: &StudyConfig) -> Result<Self, Error> {
        let mut data = Self::read_with(folder, config, Sets::new)?;
        data.check_horizon(config.main_horizon)?;
        data.check_annotated(config.keypoint_model.is_some())?;
        Ok(data)
    }

    /// Reads a cohort folder whose subjects belong to the sets that `assign` gives, and that need
    /// not suffice for a study.
    ///
    /// # Errors
    /// Every problem of the tables and the annotations at once.
    pub(crate) fn read_with(
        folder: &Path,
        config: &StudyConfig,
        assign: impl Fn(&Cohort, &EligibilityFlow, &Outcomes, &StudyConfig) -> Result<Sets, Error>,
    ) -> Result<Self, Error> {
        let Tables { cohort, annotations, mut notes } = tables::read(folder, config)?;
        notes.extend(unread_columns(&cohort).map(|list| format!("{list}.")));
        let flow = eligibility(&cohort, &config.eligibility);
        let Derived { flow, outcomes: subject_outcomes, reference } =
            outcomes::derive(&cohort, flow, &annotations, config)?;
        let mut outcomes = survival_outcomes(&subject_outcomes)
            .map_err(|source| after_exclusions(source.into(), &cohort, &flow))?;
        let clusters = centres::clusters(&cohort, &flow).filter(|_| config.cluster_by_centre);
        if let Some((labels, note)) = clusters {
            notes.push(note);
            outcomes = match labels {
                Some(labels) => outcomes.with_clusters(labels)?,
                None => outcomes,
            };
        }
        let competing = competing::outcomes(&cohort, &flow, &outcomes)?;
        if let Some(competing) = &competing {
            notes.push(competing::note(competing, config.main_horizon)?);
        }
        let sets = assign(&cohort, &flow, &outcomes, config)
            .map_err(|source| after_exclusions(source, &cohort, &flow))?;
        let films = flow.analysed().iter().map(|selected| {
            let subject = &cohort.subjects()[selected.subject];
            name_of(&subject.visits[selected.baseline].radiograph)
        });
        let films = films.collect();
        let truth = truth::read(folder, &cohort, &flow)?;
        let (known, true_outcomes) = match config.outcome {
            OutcomeTiming::Visit => (None, None),
            OutcomeTiming::Interval => (
                Some(interval_outcomes(&subject_outcomes)?),
                truth::outcomes(folder, &cohort, &flow)?,
            ),
        };
        let outcome_summary =
            outcomes::summarise(&subject_outcomes, &outcomes, reference.as_ref())?;
        Ok(Self {
            films,
            annotations,
            truth,
            true_outcomes,
            known,
            outcome_summary,
            subject_outcomes,
            reference,
            notes,
            outcomes,
            competing,
            cohort,
            flow,
            sets,
        })
    }

    /// Training a detector needs annotated films in the training part of every fold; what is not
    /// annotated is counted.
    fn check_annotated(&mut self, detector_given: bool) -> Result<(), Error> {
        let annotated = (0..self.n()).filter(|&i| self.annotation(i).is_some()).count();
        if annotated == self.n() || detector_given {
            return Ok(());
        }
        for fold in 0..self.n_folds() {
            if self.fold(fold).0.iter().all(|&i| self.annotation(i).is_none()) {
                let part = format!("fold {}", fold + 1);
                return Err(Error::NoTrainingFilms { part });
            }
        }
        self.notes.push(format!(
            "{annotated} of {} baseline films are annotated; the points of the others are those \
             that a detector found, and enter no figure of its accuracy.",
            self.n()
        ));
        Ok(())
    }

    /// The same without some of the analysed subjects, for a reason that the flow then counts;
    /// nobody else changes the set or the fold.
    ///
    /// # Errors
    /// A set or fold that has no event any more; outcomes at the main horizon as in a cohort.
    pub(crate) fn without(
        &self,
        leaving: &[usize],
        reason: &str,
        config: &StudyConfig,
    ) -> Result<Self, Error> {
        let stays: Vec<bool> = (0..self.n()).map(|i| !leaving.contains(&i)).collect();
        let staying: Vec<usize> = (0..self.n()).filter(|&i| stays[i]).collect();
        let gone: Vec<usize> = leaving.iter().map(|&i| self.flow.analysed()[i].subject).collect();
        let pick = |film: &usize| self.films[*film].clone();
        let subject_outcomes: Vec<SubjectOutcome> =
            staying.iter().map(|&i| self.subject_outcomes[i].clone()).collect();
        let outcomes = self.outcomes.subset(&staying);
        let reference = self.reference.clone();
        let data = Self {
            cohort: self.cohort.clone(),
            flow: self.flow.clone().excluding(reason, |films| gone.contains(&films.subject)),
            films: staying.iter().map(pick).collect(),
            annotations: self.annotations.clone(),
            sets: self.sets.without(&stays),
            truth: self.truth.as_ref().map(|all| staying.iter().map(|&i| all[i]).collect()),
            true_outcomes: self.true_outcomes.as_ref().map(|all| all.subset(&staying)),
            competing: self.competing.as_ref().map(|all| all.subset(&staying)),
            known: self.known.as_ref().map(|all| all.subset(&staying)),
            outcome_summary: outcomes::summarise(&subject_outcomes, &outcomes, reference.as_ref())?,
            subject_outcomes,
            reference,
            outcomes,
            notes: self.notes.clone(),
        };
        let without_event = |list: &[usize]| data.size(list).events == 0;
        if (0..data.n_folds()).any(|fold| without_event(&data.fold(fold).1)) {
            let (parts, events) = (data.n_folds(), data.size(data.development()).events);
            let source = vertebra_cohort::Error::TooFewEvents { parts, events }.into();
            return Err(after_exclusions(source, &data.cohort, &data.flow));
        }
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
    fn subjects_leave_with_a_reason_and_nobody_changes_the_set() {
        let data = data();
        let leaving = [data.development()[0], data.test()[1]];
        let config = test_data::config();
        let smaller = data.without(&leaving, "Points not found", &config).unwrap();
        let last = smaller.flow.steps().last().unwrap();
        assert_eq!((last.reason.as_str(), last.excluded), ("Points not found", 2));
        let names = |data: &StudyData, list: &[usize]| -> Vec<String> {
            list.iter().map(|&i| data.films[i].clone()).collect()
        };
        let mut test = names(&data, data.test());
        test.remove(1);
        assert_eq!(names(&smaller, smaller.test()), test);
        assert_eq!(names(&smaller, smaller.development()), names(&data, &data.development()[1..]));
        let of = |data: &StudyData, film: &str| {
            let i = data.films.iter().position(|f| f == film).unwrap();
            (data.fold_of(i), data.outcomes.time()[i], data.truth.as_ref().unwrap()[i])
        };
        for film in &smaller.films {
            assert_eq!(of(&smaller, film), of(&data, film));
        }
        let all: Vec<usize> = data.fold(0).1;
        let error = data.without(&all, "Points not found", &config).unwrap_err().to_string();
        assert!(error.contains("at \"Points not found\""), "{error}");
    }

    #[test]
    fn films_without_annotation_are_counted_and_every_fold_needs_some() {
        let last = data().films.last().unwrap().clone();
        let folder = test_data::edited("annotations.json", |text| {
            text.replace(&format!("\"{last}\""), "\"elsewhere\"")
        });
        // Outcomes of the table, as a film without morphometry has none of its own.
        let table = folder.path().join("cohort.csv");
        let text = std::fs::read_to_string(&table).unwrap();
        let text = test_data::with_column(&test_data::with_column(&text, "time", ""), "event", "");
        let outcome = |(k, line): (usize, &str)| match k {
            0 => format!("{line}\n"),
            _ => format!("{}{},{}\n", &line[..line.len() - 1], k % 8 + 1, k % 2),
        };
        let text: String = text.lines().enumerate().map(outcome).collect();
        std::fs::write(&table, text).unwrap();
        let config = test_data::config();
        let data = StudyData::read(folder.path(), &config).unwrap();
        let note = format!("{} of {} baseline films are annotated", data.n() - 1, data.n());
        assert!(data.notes.iter().any(|text| text.starts_with(&note)), "{:?}", data.notes);
        let mut none = data.clone();
        none.annotations.films.clear();
        let error = none.check_annotated(false).unwrap_err();
        assert!(matches!(error, Error::NoTrainingFilms { .. }), "{error}");
        assert!(none.check_annotated(true).is_ok());
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
