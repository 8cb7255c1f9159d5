//! These subjects beside those of the development, in numbers of the whole.

use super::Judged;
use crate::input::table_one::{characteristics, of_films};
use vertebra_cohort::TableOne;
use vertebra_report::results::DevelopmentSummary;

/// Table 1 by cohort; without a description of the development its column is empty.
pub(super) fn beside(development: Option<&DevelopmentSummary>, judged: &Judged<'_>) -> TableOne {
    let data = judged.data;
    let mut here: Vec<_> = characteristics(data, data.test()).iter().map(|c| c.summary()).collect();
    let films = &judged.predictions.films;
    if !films.is_empty() {
        let of_films = of_films(
            films.iter().map(|film| film.spacing_mm).collect(),
            films.iter().map(|film| film.rows).collect(),
        );
        here.extend(of_films.iter().map(|c| c.summary()));
    }
    let (then, n) = match development {
        Some(development) => (development.characteristics.as_slice(), development.development.n),
        None => (&[][..], 0),
    };
    // What only the development has, such as films where no model sees any, is not compared.
    let both: Vec<_> =
        then.iter().filter(|one| here.iter().any(|h| h.name == one.name)).cloned().collect();
    TableOne::of_summaries(["Development", "Here"], [n, data.n()], [&both, &here])
}
