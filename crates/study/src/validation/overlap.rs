//! Whether subjects of a validation took part in making the models: told by their baseline films,
//! since the model folder holds nothing else that is a person's own.

use super::Judged;
use crate::stages::development_summary::film_mark;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use vertebra_report::results::DevelopmentSummary;
use vertebra_run::Digest;

/// The marks of all films of a cohort that can be read.
pub(super) fn marks(judged: &Judged<'_>, cohort: &Path) -> Vec<String> {
    let known = judged.predictions.digests(judged.data);
    if !known.is_empty() {
        return known.iter().map(|(_, sha256)| film_mark(sha256)).collect();
    }
    let digest = |name: &String| Digest::of_file(&cohort.join(name)).ok();
    let found: Vec<_> = judged.data.films.par_iter().map(digest).collect();
    found.into_iter().flatten().map(|digest| film_mark(&digest.to_string())).collect()
}

/// How many of the films the models were fitted or recalibrated on; `None` where the model folder
/// or the cohort does not tell.
pub(super) fn taken_part(
    development: Option<&DevelopmentSummary>,
    marks: &[String],
) -> Option<usize> {
    let films = &development?.films;
    let known: BTreeSet<&String> = films.iter().collect();
    let told = !films.is_empty() && !marks.is_empty();
    told.then(|| marks.iter().filter(|mark| known.contains(mark)).count())
}

/// The summary of a model folder whose models were recalibrated on these films too.
pub(super) fn with_films(
    development: Option<DevelopmentSummary>,
    marks: &[String],
) -> Option<DevelopmentSummary> {
    let mut development = development?;
    let all: BTreeSet<String> = development.films.iter().chain(marks).cloned().collect();
    development.films = all.into_iter().collect();
    Some(development)
}

/// What a user must be told of subjects whom the models know.
pub(super) fn warning(n: usize, of: usize) -> String {
    format!(
        "The films of {n} of {of} subjects are among those that the models were fitted or \
         recalibrated on: leave these subjects out of cohort.csv to judge the models on others."
    )
}
