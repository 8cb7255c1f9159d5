//! What a reader must keep in mind, from the numbers themselves.

use crate::format::{counted, fixed, thousands};
use crate::results::{EvaluationSet, Method, StudyResults, Subgroup};

/// Intended use, the same for every study.
pub(crate) const INTENDED_USE: &str = "For research. This is not a medical device: it has not been \
     assessed for diagnosis or treatment, and its output must not be used for decisions about a \
     person’s care.";

/// What a reader of the first lines alone should know.
pub(crate) const NOT_SHOWN: &str = "What this does not show: how the models do on people of \
     another hospital, and whether acting on their risks helps anybody. For research; not a medical \
     device.";

/// Fewer events than this per covariate make a regression unsteady.
const EVENTS_PER_COVARIATE: usize = 10;
/// An interval of C wider than this tells little.
const WIDE: f64 = 0.2;

/// Limits that follow from these results.
pub(crate) fn limits(results: &StudyResults) -> Vec<String> {
    let mut limits = Vec::new();
    if results.run.phantom {
        limits.push(
            "The cohort is synthetic: its radiographs are projections of a parametric spine and \
             its fractures follow a hazard that was chosen. It shows that the method works as a \
             whole, and says nothing about patients."
                .to_owned(),
        );
    }
    let test = results.split.test;
    limits.push(format!(
        "The test set has {} in {}. Intervals over subjects show what that allows one to say; \
         intervals over folds do not.",
        counted(test.events, "fracture"),
        counted(test.n, "subject")
    ));
    limits.extend(few_events(results));
    if results.outcome.source.contains("film") {
        limits.push(
            "A fracture is dated by the radiograph that shows it: when between two films it \
             happened is not known, and death before the next film is not modelled as a competing \
             event."
                .to_owned(),
        );
    }
    limits.push(validation(results));
    limits.extend(wide_interval(results));
    limits.extend(failed_points(results));
    if results.models.iter().any(|m| m.method == Method::Frax) {
        limits.push(
            "FRAX probabilities were imported, not computed. FRAX predicts clinical fractures over \
             ten years with death as a competing risk; against morphometric fractures over a \
             shorter time only its ranking can be judged."
                .to_owned(),
        );
    }
    if results.models.iter().any(|m| m.method == Method::FraxSurrogate) {
        limits.push(
            "What stands in FRAX’s place is a surrogate that the phantom made up. It is not FRAX, \
             and nothing about FRAX follows from it."
                .to_owned(),
        );
    }
    limits
}

/// Whether the test set is of the same source, where that is known.
fn validation(results: &StudyResults) -> String {
    match (results.details.validation.as_deref(), results.split.method.starts_with("column")) {
        (Some(kind), _) => format!("The test set is called {kind} by those who ran the study."),
        (None, false) => {
            "The test set was drawn from the same source as the development set: this \
                          is internal validation. How the models do elsewhere is not known."
                .to_owned()
        }
        (None, true) => {
            "A column of the cohort says who is in the test set. Whether these subjects \
                         come from elsewhere is not recorded, so the validation is called neither \
                         internal nor external."
                .to_owned()
        }
    }
}

/// What the width of the headline's interval does not allow one to say.
fn wide_interval(results: &StudyResults) -> Option<String> {
    let model = results.models.iter().rfind(|m| m.method == Method::DeepSurvImage)?;
    let c = model.on(EvaluationSet::Test, Subgroup::All)?.harrell.estimate;
    let width = c.interval.upper - c.interval.lower;
    (width > WIDE).then(|| {
        format!(
            "The interval of the C of “{}” is {} wide: it holds models that are of little use and \
             models that are good.",
            model.name,
            fixed(width, 2)
        )
    })
}

/// Films on which the points are not to be trusted.
fn failed_points(results: &StudyResults) -> Option<String> {
    let (flagged, n) = (results.keypoints.flagged, results.flow.remaining());
    (flagged > 0).then(|| {
        format!(
            "The points of {} of {} failed a plausibility check. They were kept: leaving them out \
             would be a choice made after the fact.",
            counted(flagged, "film"),
            thousands(n)
        )
    })
}

fn few_events(results: &StudyResults) -> Option<String> {
    let events = results.split.development.events;
    let most = results.models.iter().map(|m| m.covariates.len()).max().filter(|n| *n > 0)?;
    (events < EVENTS_PER_COVARIATE * most).then(|| {
        format!(
            "The development set has {} for up to {most} covariates, fewer than \
             {EVENTS_PER_COVARIATE} per covariate.",
            counted(events, "fracture")
        )
    })
}
