//! Every baseline film opened once, as the study would open it.

use crate::films::film::DecodedFilm;
use crate::progress::{Observer, Tell};
use crate::stages::{Context, decode};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// How the baseline films open.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct CheckedFilms {
    /// Films that can be used.
    pub opened: usize,
    /// Why each of the others cannot.
    pub failed: Vec<String>,
    /// Least and greatest number of rows, px.
    pub rows: [usize; 2],
    /// Least and greatest number of columns, px.
    pub columns: [usize; 2],
    /// Films that state their pixel spacing.
    pub with_spacing: usize,
    /// Least and greatest height of those, mm.
    pub height_mm: Option<[f64; 2]>,
    /// What the reader warned of, and of how many films.
    pub warnings: BTreeMap<String, usize>,
}

/// Films opened between two messages of progress.
const CHUNK: usize = 32;

pub(super) fn check(context: Context<'_>, observer: &mut Observer<'_>) -> CheckedFilms {
    let n = context.data.n();
    observer.stage("opening radiographs", Some(n));
    let mut films = CheckedFilms::default();
    for start in (0..n).step_by(CHUNK) {
        let subjects = start..(start + CHUNK).min(n);
        let done = subjects.end;
        let opened: Vec<_> =
            subjects.into_par_iter().map(|subject| decode::open(context, subject)).collect();
        for film in opened {
            match film {
                Ok((film, _)) => films.add(&film),
                Err(why) => films.failed.push(why.to_string()),
            }
        }
        observer.done(done);
    }
    films
}

impl CheckedFilms {
    fn add(&mut self, film: &DecodedFilm) {
        let [rows, columns] = film.original_size;
        let first = self.opened == 0;
        let widen = |[least, greatest]: [usize; 2], value: usize| match first {
            true => [value; 2],
            false => [least.min(value), greatest.max(value)],
        };
        (self.rows, self.columns) = (widen(self.rows, rows), widen(self.columns, columns));
        self.opened += 1;
        if let Some([row_mm, _]) = film.film.spacing_mm() {
            let height = film.film.image().size()[0] as f64 * row_mm;
            let [least, greatest] = self.height_mm.unwrap_or([height; 2]);
            self.height_mm = Some([least.min(height), greatest.max(height)]);
            self.with_spacing += 1;
        }
        for warning in &film.warnings {
            *self.warnings.entry(warning.clone()).or_default() += 1;
        }
    }
}
