//! What a reader must keep in mind, from the numbers themselves.

use crate::format::counted;
use crate::results::{Method, StudyResults};

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
    limits.push(
        "The test set comes from the same source as the development set: this is internal \
         validation. How the models do elsewhere is not known."
            .to_owned(),
    );
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
