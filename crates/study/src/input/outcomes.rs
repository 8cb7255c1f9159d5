//! Times and events: as the table gives them, or dated by the films that show a fracture.

use crate::Error;
use crate::config::StudyConfig;
use crate::input::tables::name_of;
use vertebra_cohort::{
    Cohort, EligibilityFlow, FilmHeights, ReferenceTable, SubjectOutcome, Visit,
    outcomes_from_films,
};
use vertebra_keypoints::{AnnotationSet, Level};
use vertebra_report::results::OutcomeSummary;
use vertebra_survival::{Outcomes, curves::follow_up_curve};

/// Outcomes of the subjects that have one.
pub(crate) struct Derived {
    /// The flow, without the subjects whose outcome is unknown.
    pub(crate) flow: EligibilityFlow,
    pub(crate) outcomes: Vec<SubjectOutcome>,
    /// The reference heights; `None` for outcomes of the table.
    pub(crate) reference: Option<ReferenceTable>,
}

/// Outcomes of the table if every subject of the flow has one there, else all from the films.
pub(crate) fn derive(
    cohort: &Cohort,
    flow: EligibilityFlow,
    annotations: &AnnotationSet,
    config: &StudyConfig,
) -> Result<Derived, Error> {
    let given = |&s: &usize| cohort.subjects()[s].given_outcome();
    let in_table: Option<Vec<_>> = flow.subjects().iter().map(given).collect();
    if let Some(in_table) = in_table {
        let outcomes = in_table.into_iter().map(|(time, event)| SubjectOutcome::given(time, event));
        return Ok(Derived { flow, outcomes: outcomes.collect(), reference: None });
    }
    let heights = |visit: &Visit| heights(annotations, visit);
    let reference = reference(cohort, &flow, config, heights)?;
    let outcomes = outcomes_from_films(cohort, &flow, &reference, &config.fracture_rule, heights);
    let pairs = flow.analysed().iter().zip(&outcomes);
    let unknown: Vec<usize> =
        pairs.filter(|(_, outcome)| outcome.is_none()).map(|(s, _)| s.subject).collect();
    let flow = match unknown.is_empty() {
        true => flow,
        false => {
            flow.excluding("Outcome unknown: no morphometry", |s| unknown.contains(&s.subject))
        }
    };
    let outcomes = outcomes.into_iter().flatten().collect();
    Ok(Derived { flow, outcomes, reference: Some(reference) })
}

/// The reference the user gave, or one learnt from the baseline films of the analysed subjects.
fn reference(
    cohort: &Cohort,
    flow: &EligibilityFlow,
    config: &StudyConfig,
    heights: impl Fn(&Visit) -> Option<FilmHeights>,
) -> Result<ReferenceTable, Error> {
    if let Some(path) = &config.reference {
        return Ok(ReferenceTable::read(path)?);
    }
    let baseline = flow.analysed().iter().filter_map(|selected| {
        let subject = &cohort.subjects()[selected.subject];
        Some((subject.sex, heights(&subject.visits[selected.baseline])?))
    });
    Ok(ReferenceTable::from_films(&baseline.collect::<Vec<_>>(), &config.trimming)?)
}

/// Heights by the six points; ratios of heights need no calibration, so px serve.
pub(crate) fn heights(annotations: &AnnotationSet, visit: &Visit) -> Option<FilmHeights> {
    let film = annotations.get(&name_of(&visit.radiograph))?;
    let of = |level| Some(film.vertebra(level)?.six_points?.heights([1.0, 1.0]));
    let heights = Level::ALL.map(of);
    heights.iter().any(Option::is_some).then_some(heights)
}

/// Follow-up and events in numbers.
pub(crate) fn summarise(
    of_subjects: &[SubjectOutcome],
    outcomes: &Outcomes,
    reference: Option<&ReferenceTable>,
) -> Result<OutcomeSummary, Error> {
    let count = |level: Level| {
        of_subjects.iter().filter(|o| o.levels.iter().any(|f| f.level == level)).count()
    };
    let source =
        if reference.is_some() { "morphometry of the films" } else { "columns time, event" };
    let person_years = outcomes.time().iter().sum();
    let mut summary = OutcomeSummary::new(source, outcomes.n_events(), person_years);
    summary.median_follow_up = follow_up_curve(outcomes)?.quantile(0.5);
    summary.fractures = Level::ALL.map(|level| (level, count(level))).to_vec();
    summary.reference = reference.map(|table| table.source().to_owned());
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data;

    fn derived(change: impl FnOnce(&mut StudyConfig), edit: impl Fn(&str) -> String) -> Derived {
        let folder = test_data::edited("cohort.csv", edit);
        let mut config = test_data::config();
        change(&mut config);
        let read = crate::input::tables::read(folder.path(), &config).unwrap();
        let (cohort, annotations) = (read.cohort, read.annotations);
        let flow = vertebra_cohort::eligibility(&cohort, &config.eligibility);
        derive(&cohort, flow, &annotations, &config).unwrap()
    }

    #[test]
    fn outcomes_come_from_the_films_unless_every_subject_has_one_in_the_table() {
        let from_films = derived(|_| {}, str::to_owned);
        assert!(from_films.reference.is_some());
        let given = derived(
            |_| {},
            |text| {
                test_data::with_column(&test_data::with_column(text, "time", "2.5"), "event", "1")
            },
        );
        assert_eq!(given.reference, None);
        assert!(given.outcomes.iter().all(|o| o.levels.is_empty()));
        assert_eq!(given.outcomes.len(), given.flow.remaining());
        let survival = vertebra_cohort::survival_outcomes(&given.outcomes).unwrap();
        assert!(survival.time().iter().all(|t| *t == 2.5) && survival.event().iter().all(|e| *e));
    }

    #[test]
    fn a_reference_that_does_not_exist_is_named() {
        let data = test_data::data();
        let config = StudyConfig { reference: Some("no-such.csv".into()), ..test_data::config() };
        let error = derive(&data.cohort, data.flow.clone(), &data.annotations, &config).err();
        assert!(error.unwrap().to_string().contains("no-such.csv"));
    }

    #[test]
    fn subjects_without_morphometry_leave_the_flow_with_a_reason() {
        let data = test_data::data();
        let first = data.subject(0).visits.iter().map(|v| name_of(&v.radiograph));
        let mut annotations = data.annotations.clone();
        let first: Vec<String> = first.collect();
        annotations.films.retain(|film| !first.contains(&film.file_name));
        let flow = data.flow.clone();
        let found = derive(&data.cohort, flow, &annotations, &test_data::config()).unwrap();
        assert_eq!(found.flow.remaining(), data.n() - 1);
        let last = found.flow.steps().last().unwrap();
        assert_eq!((last.reason.as_str(), last.excluded), ("Outcome unknown: no morphometry", 1));
    }

    #[test]
    fn the_summary_counts_person_years_events_and_levels() {
        let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, false, false, true]);
        let outcomes = outcomes.unwrap();
        let of_subjects: Vec<_> = outcomes
            .time()
            .iter()
            .zip(outcomes.event())
            .map(|(time, event)| SubjectOutcome::given(*time, *event))
            .collect();
        let summary = summarise(&of_subjects, &outcomes, None).unwrap();
        assert_eq!((summary.person_years, summary.rate_per_100), (10.0, 20.0));
        assert_eq!(summary.source, "columns time, event");
        assert!(summary.fractures.iter().all(|(_, n)| *n == 0));
        assert_eq!(summary.median_follow_up, Some(3.0)); // censored at 2 and 3 of 3 and 2 at risk
        let reference = test_data::data().reference.unwrap();
        let of_films = summarise(&of_subjects, &outcomes, Some(&reference)).unwrap();
        assert_eq!(of_films.source, "morphometry of the films");
        assert_eq!(of_films.reference.as_deref(), Some(reference.source()));
    }
}
