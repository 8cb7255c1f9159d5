//! Incident morphometric fracture: time and event of each subject, from films or as given.

use crate::{
    Cohort, EligibilityFlow, Error, FilmHeights, FilmReading, FractureRule, FracturedLevel,
    ReferenceTable, SelectedFilms, Visit, read_film,
};
use serde::{Deserialize, Serialize};
use vertebra_keypoints::Level;
use vertebra_survival::{Outcomes, interval_censored::IntervalOutcomes};

/// The outcome of one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubjectOutcome {
    /// Years from the baseline film to the first film with a new fracture, or to the last film
    /// that could be assessed.
    pub time: f64,
    /// Whether there is a new fracture.
    pub event: bool,
    /// Years to the last film on which a level that `time`'s film shows newly fractured was still
    /// seen intact, 0 for the baseline film: the fracture happened after it. `None` without an
    /// event, and for a given outcome.
    #[serde(default)]
    pub intact_until: Option<f64>,
    /// The newly fractured levels on that film; empty for a given outcome.
    pub levels: Vec<FracturedLevel>,
    /// Levels already fractured on the baseline film; these cannot become events.
    pub prevalent: Vec<Level>,
}

impl SubjectOutcome {
    /// The outcome that the user gave.
    #[must_use]
    pub fn given(time: f64, event: bool) -> Self {
        Self { time, event, intact_until: None, levels: Vec::new(), prevalent: Vec::new() }
    }
}

/// Compares follow-up films `(years, reading)`, in date order, with the baseline film.
///
/// A level is newly fractured when it is fractured at follow-up, and was assessed and not fractured
/// at baseline. The time is the date of the film; the fracture happened since the film that
/// `intact_until` names (see [`interval_outcomes`]). `None` when no level could be assessed on the
/// baseline and a follow-up film.
#[must_use]
pub fn incident_fracture(
    baseline: &FilmReading,
    follow_ups: &[(f64, FilmReading)],
) -> Option<SubjectOutcome> {
    let prevalent: Vec<_> = baseline.fractured.iter().map(|f| f.level).collect();
    let at_risk = |level: &Level| baseline.assessed[level.index()] && !prevalent.contains(level);
    let mut intact = [0.0; Level::ALL.len()];
    let mut last = None;
    for (time, reading) in follow_ups {
        if !Level::ALL.iter().any(|l| at_risk(l) && reading.assessed[l.index()]) {
            continue;
        }
        let new: Vec<_> = reading.fractured.iter().filter(|f| at_risk(&f.level)).copied().collect();
        let event = !new.is_empty();
        // The first of several new fractures may have come since any of their last intact films.
        let since = new.iter().map(|f| intact[f.level.index()]).reduce(f64::min);
        last = Some(SubjectOutcome {
            time: *time,
            event,
            intact_until: since,
            levels: new,
            prevalent: prevalent.clone(),
        });
        if event {
            break;
        }
        for level in Level::ALL.iter().filter(|l| reading.assessed[l.index()]) {
            intact[level.index()] = *time;
        }
    }
    last
}

/// The outcome of every analysed subject of a flow: as given, or else from the films, whose heights
/// `heights` looks up. `None` where neither works; [`EligibilityFlow::excluding`] removes those
/// subjects and counts them.
pub fn outcomes_from_films(
    cohort: &Cohort,
    flow: &EligibilityFlow,
    reference: &ReferenceTable,
    rule: &FractureRule,
    mut heights: impl FnMut(&Visit) -> Option<FilmHeights>,
) -> Vec<Option<SubjectOutcome>> {
    let mut outcome = |films: &SelectedFilms| {
        let subject = &cohort.subjects()[films.subject];
        if let Some((time, event)) = subject.given_outcome() {
            return Some(SubjectOutcome::given(time, event));
        }
        let mut read = |visit: &Visit| {
            heights(visit).map(|film| read_film(&film, subject.sex, reference, rule))
        };
        let baseline = read(&subject.visits[films.baseline])?;
        let follow_ups: Vec<_> = films
            .follow_ups
            .iter()
            .filter_map(|&i| {
                let years = subject.visits[i].years_since(&subject.visits[films.baseline])?;
                Some((years, read(&subject.visits[i])?))
            })
            .collect();
        incident_fracture(&baseline, &follow_ups)
    };
    flow.analysed().iter().map(&mut outcome).collect()
}

/// Outcomes for the statistics.
///
/// # Errors
/// [`Error::Outcomes`] when a time is negative or not a number.
pub fn survival_outcomes(outcomes: &[SubjectOutcome]) -> Result<Outcomes, Error> {
    let time = outcomes.iter().map(|o| o.time).collect();
    let event = outcomes.iter().map(|o| o.event).collect();
    Ok(Outcomes::new(time, event)?)
}

/// The same as what is known of the times: a fracture happened between the last film without and
/// the first with it. A given time is exact.
///
/// # Errors
/// [`Error::Outcomes`] when a time is negative or not a number, or an exact one is 0.
pub fn interval_outcomes(outcomes: &[SubjectOutcome]) -> Result<IntervalOutcomes, Error> {
    let left = outcomes.iter().map(|o| o.intact_until.unwrap_or(o.time)).collect();
    let right = outcomes.iter().map(|o| if o.event { o.time } else { f64::INFINITY }).collect();
    Ok(IntervalOutcomes::new(left, right)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        GenantGrade, HeightRatio, Position, Sex, Subject, TrimmingOptions, View, eligibility,
    };
    use vertebra_keypoints::VertebralHeights;

    fn reading(assessed: [bool; 5], levels: &[Level]) -> FilmReading {
        let fractured = |&level| FracturedLevel {
            level,
            ratio: HeightRatio::AnteriorPosterior,
            z: -4.0,
            reduction: 0.3,
            grade: GenantGrade::Moderate,
        };
        FilmReading { assessed, fractured: levels.iter().map(fractured).collect() }
    }

    #[test]
    fn the_first_new_fracture_is_the_event() {
        let all = [true; 5];
        let films = [
            (1.0, reading(all, &[Level::L2])),
            (2.0, reading(all, &[Level::L2, Level::L4])),
            (3.0, reading(all, &[Level::L1, Level::L2, Level::L4])),
        ];
        let outcome = incident_fracture(&reading(all, &[Level::L2]), &films).unwrap();
        assert_eq!((outcome.time, outcome.event), (2.0, true));
        assert_eq!(outcome.levels.iter().map(|l| l.level).collect::<Vec<_>>(), [Level::L4]);
        assert_eq!(outcome.prevalent, [Level::L2]);
        assert_eq!(outcome.intact_until, Some(1.0));
    }

    #[test]
    fn an_interval_begins_with_the_last_film_that_shows_the_level_intact() {
        let all = [true; 5];
        let without_l4 = [true, true, true, false, true];
        let films = [
            (1.0, reading(all, &[])),
            (2.0, reading(without_l4, &[])),
            (3.0, reading(all, &[Level::L4])),
        ];
        let fractured = incident_fracture(&reading(all, &[]), &films).unwrap();
        assert_eq!(fractured.intact_until, Some(1.0)); // L4 was not assessed after 2 years
        let both = [(2.0, reading(without_l4, &[])), (3.0, reading(all, &[Level::L1, Level::L4]))];
        let both = incident_fracture(&reading(all, &[]), &both).unwrap();
        assert_eq!(both.intact_until, Some(0.0)); // that of L4, from the baseline film on
        let free = incident_fracture(&reading(all, &[]), &films[..2]).unwrap();
        let given = SubjectOutcome::given(4.0, true);
        let known = interval_outcomes(&[fractured, both, free, given]).unwrap();
        assert_eq!(known.left(), [1.0, 0.0, 2.0, 4.0]);
        assert_eq!(known.right(), [3.0, 3.0, f64::INFINITY, 4.0]);
    }

    #[test]
    fn censored_at_the_last_film_that_could_be_assessed() {
        let films = [(1.5, reading([true; 5], &[])), (4.0, reading([false; 5], &[]))];
        let outcome = incident_fracture(&reading([true; 5], &[]), &films).unwrap();
        assert_eq!((outcome.time, outcome.event), (1.5, false));
    }

    #[test]
    fn levels_not_assessed_at_baseline_cannot_become_events() {
        let only_l1 = [true, false, false, false, false];
        let films = [(2.0, reading([true; 5], &[Level::L5]))];
        assert!(!incident_fracture(&reading(only_l1, &[]), &films).unwrap().event);
        assert_eq!(incident_fracture(&reading([false; 5], &[]), &films), None);
    }

    #[test]
    fn films_of_a_cohort_become_times_and_events() {
        let normal = |i: usize| {
            let wobble = [-0.4, -0.1, 0.0, 0.2, 0.3][i % 5];
            let (anterior, middle) = (28.0 + wobble, 27.5 - wobble);
            std::array::from_fn(|level| {
                let posterior = 29.0 + (i * (level + 3) % 11) as f64 / 10.0;
                Some(VertebralHeights { anterior, middle, posterior })
            })
        };
        let subjects = (0..30).map(|i| {
            let mut subject = Subject::new(i.to_string(), Sex::Male, 66.0);
            let visit = |date: &str| {
                let day: crate::Date = date.parse().unwrap();
                Visit::new(day, format!("{i}/{date}"), View::Lateral)
                    .with_position(Position::Neutral)
            };
            subject.visits = vec![visit("2010-01-01"), visit("2012-01-01")];
            if i == 29 {
                (subject.time, subject.event) = (Some(5.0), Some(true));
            }
            subject
        });
        let cohort = Cohort::new(subjects.collect()).unwrap();
        let flow = eligibility(&cohort, &crate::EligibilityOptions::default());
        let heights = |visit: &Visit| {
            let name = visit.radiograph.to_string_lossy().into_owned();
            let mut film = normal(name.split('/').next().unwrap().parse().unwrap());
            if name == "7/2012-01-01" {
                film[2] = Some(VertebralHeights { anterior: 20.0, middle: 25.0, posterior: 29.0 });
            }
            (!name.starts_with("8/")).then_some(film)
        };
        let films: Vec<_> = (0..30).map(|i| (Sex::Male, normal(i))).collect();
        let reference = ReferenceTable::from_films(&films, &TrimmingOptions::default()).unwrap();
        let rule = FractureRule::default();
        let outcomes = outcomes_from_films(&cohort, &flow, &reference, &rule, heights);
        let events: Vec<_> =
            (0..30).filter(|&i| outcomes[i].as_ref().is_some_and(|o| o.event)).collect();
        assert_eq!(events, [7, 29]);
        let seventh = outcomes[7].as_ref().unwrap();
        assert!((seventh.time - 730.0 / 365.25).abs() < 1e-12);
        assert_eq!(
            (seventh.levels[0].level, seventh.levels[0].grade),
            (Level::L3, GenantGrade::Moderate)
        );
        assert_eq!(outcomes[8], None);
        assert_eq!(outcomes[29], Some(SubjectOutcome::given(5.0, true)));
        let known: Vec<_> = outcomes.into_iter().flatten().collect();
        assert_eq!(survival_outcomes(&known).unwrap().n_events(), 2);
    }
}
