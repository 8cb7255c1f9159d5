//! Every baseline film opened once, as the study would open it.

use crate::Error;
use crate::films::film::DecodedFilm;
use crate::films::pictures::Canvas;
use crate::progress::{Observer, Tell};
use crate::stages::{Context, decode};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;
use vertebra_keypoints::{PlausibilityLimits, VertebraKeypoints, check_plausibility};
use vertebra_radiograph::{Facing, FilmHeader, ReadOptions};
use vertebra_raster::ReducedFilm;

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
    /// Films whose pixel spacing is known.
    pub with_spacing: usize,
    /// Least and greatest height of those, mm.
    pub height_mm: Option<[f64; 2]>,
    /// Which way the subject faces, by what the files state, and on how many films.
    pub facing: BTreeMap<&'static str, usize>,
    /// How grey values are stored, and on how many films: bone is dark where it is MONOCHROME1.
    pub photometric: BTreeMap<String, usize>,
    /// What the reader warned of, and of how many films.
    pub warnings: BTreeMap<String, usize>,
    /// Marked points that are odd, by film.
    pub odd_marks: Vec<String>,
    /// Seconds that opening took.
    #[serde(skip)]
    pub(super) seconds: f64,
    /// The films with their marked points, forty on a sheet, as PNG.
    #[serde(skip)]
    pub(super) sheets: Vec<Vec<u8>>,
}

/// Films opened between two messages of progress, and on a sheet.
const CHUNK: usize = 40;
const IN_A_ROW: usize = 8;
/// Rows of a film on a sheet.
const THUMBNAIL: usize = 160;
const MARK: [u8; 3] = [245, 170, 40];

pub(super) fn check(context: Context<'_>, observer: &mut Observer<'_>) -> CheckedFilms {
    let n = context.data.n();
    observer.stage("opening radiographs", Some(n));
    let began = Instant::now();
    let mut films = CheckedFilms::default();
    for start in (0..n).step_by(CHUNK) {
        let subjects = start..(start + CHUNK).min(n);
        let done = subjects.end;
        let opened: Vec<_> = subjects.into_par_iter().map(|i| Opened::of(context, i)).collect();
        let tiles: Vec<Canvas> = opened.into_iter().filter_map(|film| films.take(film)).collect();
        if !tiles.is_empty() {
            let rows = in_rows(tiles).into_iter().map(Canvas::beside).collect();
            films.sheets.extend(Canvas::below(rows).png());
        }
        observer.done(done);
    }
    films.seconds = began.elapsed().as_secs_f64();
    films
}

fn in_rows(tiles: Vec<Canvas>) -> Vec<Vec<Canvas>> {
    let mut rows: Vec<Vec<Canvas>> = Vec::new();
    for tile in tiles {
        match rows.last_mut() {
            Some(row) if row.len() < IN_A_ROW => row.push(tile),
            _ => rows.push(vec![tile]),
        }
    }
    rows
}

/// One film, and what its file says.
struct Opened {
    film: Result<DecodedFilm, Error>,
    header: Option<FilmHeader>,
    odd: Vec<String>,
    tile: Option<Canvas>,
}

impl Opened {
    fn of(context: Context<'_>, subject: usize) -> Self {
        let film = decode::open(context, subject).map(|(film, _)| film);
        let header = ReadOptions::default().read_header(context.film_path(subject)).ok();
        let points = context.data.annotation(subject).map(|film| film.keypoints);
        let (mut odd, mut tile) = (Vec::new(), None);
        if let Ok(film) = &film {
            let name = &context.data.films[subject];
            let points = points.as_ref();
            let spacing = original_spacing(film);
            let limits = PlausibilityLimits::default();
            let judged = points.map(|points| check_plausibility(points, spacing, &limits));
            odd.extend(judged.into_iter().flatten().map(|doubt| format!("{name}: {doubt}")));
            tile = thumbnail(film, points);
        }
        Self { film, header, odd, tile }
    }
}

/// `[row, col]` mm of the film as it was in the file.
fn original_spacing(film: &DecodedFilm) -> Option<[f64; 2]> {
    let [rows, columns] = film.film.image().size();
    let [row_mm, column_mm] = film.film.spacing_mm()?;
    let [height, width] = film.original_size;
    Some([row_mm * rows as f64 / height as f64, column_mm * columns as f64 / width as f64])
}

/// The film small, with its points.
fn thumbnail(film: &DecodedFilm, points: Option<&VertebraKeypoints>) -> Option<Canvas> {
    let small = ReducedFilm::with_height(&film.film.as_film(), THUMBNAIL).ok()?;
    let mut canvas = Canvas::from_grey(&small.as_film());
    let points = points.and_then(|points| film.reduced(points).ok());
    for point in points.iter().flat_map(VertebraKeypoints::points) {
        canvas.ring(small.to_reduced((point.x, point.y)), 3.0, MARK);
    }
    Some(canvas)
}

impl CheckedFilms {
    /// Counts a film, and gives it back small.
    fn take(&mut self, opened: Opened) -> Option<Canvas> {
        let film = match opened.film {
            Ok(film) => film,
            Err(why) => {
                self.failed.push(why.to_string());
                return None;
            }
        };
        self.add(&film);
        self.odd_marks.extend(opened.odd);
        let facing = match opened.header.as_ref().and_then(|header| header.acquisition.facing()) {
            Some(Facing::Left) => "left",
            Some(Facing::Right) => "right",
            None => "not stated",
        };
        *self.facing.entry(facing).or_default() += 1;
        let stored = opened.header.map_or_else(|| "picture".to_owned(), |h| h.photometric);
        *self.photometric.entry(stored).or_default() += 1;
        opened.tile
    }

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
