//! The flow of exclusions, reason by reason.

use super::*;
use crate::{Sex, Visit};

fn visit(date: &str, position: Option<Position>, quality: Option<Quality>) -> Visit {
    let radiograph = format!("{date}-{position:?}-{quality:?}");
    let day: crate::Date = date.parse().unwrap();
    Visit { position, quality, ..Visit::new(day, radiograph, View::Lateral) }
}

/// Two good films three years apart and every flag recorded as absent.
fn eligible(id: usize) -> Subject {
    let mut subject = Subject::new(id.to_string(), Sex::Female, 60.0);
    subject.fragility_fracture_at_baseline = Some(false);
    subject.anti_osteoporotic_drug = Some(false);
    subject.visits = ["2010-01-01", "2013-01-01"]
        .map(|date| visit(date, Some(Position::Neutral), Some(Quality::Good)))
        .to_vec();
    subject
}

fn changed(id: usize, change: impl FnOnce(&mut Subject)) -> Subject {
    let mut subject = eligible(id);
    change(&mut subject);
    subject
}

#[test]
fn everyone_leaves_at_the_first_reason_that_holds() {
    let subjects = vec![
        eligible(0),
        changed(1, |s| s.age = 49.9),
        changed(2, |s| s.fragility_fracture_at_baseline = Some(true)),
        changed(3, |s| s.visits.truncate(1)),
        changed(4, |s| s.visits[1].position = Some(Position::Flexion)),
        changed(5, |s| s.visits[1].view = View::Frontal),
        changed(6, |s| s.visits[1].date = "2010-06-01".parse().ok()),
        changed(7, |s| s.anti_osteoporotic_drug = Some(true)),
        changed(8, |s| s.visits[0].quality = Some(Quality::Poor)),
        changed(9, |s| {
            s.fragility_fracture_at_baseline = Some(true);
            s.anti_osteoporotic_drug = Some(true);
            s.visits.clear();
        }),
    ];
    let cohort = Cohort::new(subjects).unwrap();
    let flow = eligibility(&cohort, &EligibilityOptions::default());
    let counts: Vec<_> = flow.steps().iter().map(|s| s.excluded).collect();
    assert_eq!(counts, [1, 2, 1, 2, 1, 1, 1]);
    assert_eq!(flow.subjects(), [0]);
    assert_eq!((flow.start(), flow.remaining()), (10, 1));
    assert_eq!(flow.analysed()[0].follow_ups, [1]);
    assert_eq!(flow.steps()[1].subjects, [2, 9]);
    let reasons = [0, 1, 9].map(|subject| flow.reason_of(subject));
    let expected = [None, Some("Younger than 50 years"), Some("Fragility fracture at baseline")];
    assert_eq!(reasons, expected);
    let flow = flow.excluding("Last", |films| films.subject == 0);
    assert_eq!((flow.reason_of(0), flow.steps()[7].excluded), (Some("Last"), 1));
}

#[test]
fn what_is_not_recorded_stays_and_is_counted() {
    let cohort = Cohort::new(vec![changed(0, |s| s.anti_osteoporotic_drug = None)]).unwrap();
    let flow = eligibility(&cohort, &EligibilityOptions::default());
    assert_eq!((flow.remaining(), flow.steps()[5].not_recorded), (1, 1));
    assert_eq!(flow.steps()[1].not_recorded, 0);
}

#[test]
fn an_unrecorded_position_counts_as_neutral_unless_required() {
    let cohort = Cohort::new(vec![changed(0, |s| s.visits[0].position = None)]).unwrap();
    let options = EligibilityOptions::default();
    assert_eq!(eligibility(&cohort, &options).remaining(), 1);
    assert_eq!(eligibility(&cohort, &options.with_position_required(true)).remaining(), 0);
}

#[test]
fn a_poor_film_gives_way_to_a_good_one_of_the_same_day() {
    let poor = visit("2010-01-01", Some(Position::Neutral), Some(Quality::Poor));
    let cohort = Cohort::new(vec![changed(0, |s| s.visits.insert(0, poor))]).unwrap();
    let flow = eligibility(&cohort, &EligibilityOptions::default());
    assert_eq!(flow.analysed()[0].baseline, 1);
}

#[test]
fn a_given_outcome_needs_no_follow_up_film() {
    let given = changed(0, |s| {
        s.visits.truncate(1);
        (s.time, s.event) = (Some(2.0), Some(true));
    });
    let flow = eligibility(&Cohort::new(vec![given]).unwrap(), &EligibilityOptions::default());
    assert_eq!(flow.remaining(), 1);
}

#[test]
fn counts_that_do_not_add_up_are_refused() {
    let reason = "as printed in the paper".to_owned();
    let step = ExclusionStep::new(reason, 6130);
    let films = |subject| SelectedFilms { subject, baseline: 0, follow_ups: vec![1] };
    let flow = EligibilityFlow::new(7301, vec![step], (0..1595).map(films).collect());
    assert!(matches!(flow, Err(Error::FlowSum { start: 7301, excluded: 6130, remaining: 1595 })));
}

#[test]
fn a_later_step_keeps_the_sum() {
    let cohort = Cohort::new(vec![eligible(0), eligible(1)]).unwrap();
    let flow = eligibility(&cohort, &EligibilityOptions::default())
        .excluding("No vertebra could be measured", |films| films.subject == 0);
    assert_eq!((flow.remaining(), flow.steps()[7].excluded), (1, 1));
}

#[test]
fn films_without_a_date_do_where_the_outcome_is_given() {
    let undated = |id, given: bool| {
        changed(id, |s| {
            s.visits.iter_mut().for_each(|visit| visit.date = None);
            (s.time, s.event) = if given { (Some(3.0), Some(true)) } else { (None, None) };
        })
    };
    let cohort = Cohort::new(vec![undated(0, true)]).unwrap();
    let flow = eligibility(&cohort, &EligibilityOptions::default());
    assert_eq!((flow.remaining(), flow.analysed()[0].baseline), (1, 0));
    assert!(flow.analysed()[0].follow_ups.is_empty());
    let error = Cohort::new(vec![undated(0, false)]).unwrap_err().to_string();
    assert!(error.contains("column date: expected a date, as time and event"), "{error}");
    let some = changed(1, |s| {
        (s.time, s.event) = (Some(3.0), Some(true));
        s.visits[0].date = None;
    });
    let error = Cohort::new(vec![some]).unwrap_err().to_string();
    assert!(error.contains("a date on each film of a subject, or on none"), "{error}");
}
