//! Films and maps of chosen test subjects, at a size at which a clinician can read them.
//!
//! Of the film only the part around the spine is kept: that is what the maps are about, and what is
//! burnt into the corners of a film may name a person.

use super::checks::{METHODS, map};
use super::{HeatMaps, distance};
use crate::Error;
use crate::config::PictureConfig;
use crate::films::pictures::Canvas;
use crate::films::variant_pictures::render_one;
use crate::stages::horizons::TestScores;
use crate::stages::render::film_to_render;
use vertebra_deepsurv::{Saliency, SaliencyMethod};
use vertebra_radiograph::{Film, Radiograph};
use vertebra_raster::{Affine, Image, ReducedFilm, resample};
use vertebra_report::results::{CohortRisk, SaliencyResults, ShownFilm, ShownMap, ShownSubject};

/// Height of the part of the film that is shown, px.
const FILM_HEIGHT: usize = 560;
/// Sides of a picture of the whole spine and of a patch as they are shown, px.
const SIDES: [usize; 2] = [448, 224];
/// Patches in a row.
const COLUMNS: usize = 3;
/// Film beyond the outermost points, `[beside, above and below]`, in distances from L1 to L5.
const MARGIN: [f64; 2] = [0.5, 0.35];
/// Times at which risks are given.
const TIMES: usize = 24;

impl HeatMaps<'_> {
    /// Adds the chosen subjects, and the risks of all beside which theirs are drawn.
    pub(super) fn show(&self, results: &mut SaliencyResults) -> Result<(), Error> {
        let scores = TestScores::new(self.context.data, self.model)?;
        let by_time =
            self.times().into_iter().filter_map(|t| Some((t, scores.risk_of_fracture(t)?)));
        let by_time: Vec<(f64, Vec<f64>)> = by_time.collect();
        for with in [true, false] {
            for (number, (subject, why)) in (1..).zip(self.chosen(with)) {
                let kind = if with { "with" } else { "without" };
                let name = format!("pictures/{kind}-event-{number}");
                let mut shown = self.shown(subject, why, &name)?;
                let place = scores.members().iter().position(|member| *member == subject);
                shown.risk = place
                    .map(|k| by_time.iter().map(|(_, risks)| risks[k]).collect())
                    .unwrap_or_default();
                results.shown.push(shown);
            }
        }
        let cohort = by_time.into_iter().filter_map(|(time, risks)| CohortRisk::of(time, risks));
        results.cohort_risk = cohort.collect();
        Ok(())
    }

    /// Up to the last horizon, but not beyond the longest follow-up of the development set.
    fn times(&self) -> Vec<f64> {
        let data = self.context.data;
        let followed = data.development().iter().map(|&i| data.outcomes.time()[i]);
        let last = followed.fold(0.0, f64::max).min(self.context.config.last_horizon());
        (1..=TIMES).map(|k| last * k as f64 / TIMES as f64).collect()
    }

    /// Test subjects with the event, or without, from the best predicted to the worst, and why each
    /// was chosen.
    fn chosen(&self, with: bool) -> Vec<(usize, String)> {
        let data = self.context.data;
        let score = |&i: &usize| Some((i, self.model.scores.log_hazard[i]?));
        let of = data.test().iter().filter(|&&i| data.outcomes.event()[i] == with);
        let mut all: Vec<(usize, f64)> = of.filter_map(score).collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1));
        if with {
            all.reverse();
        }
        let (n, count) = (all.len(), self.context.config.pictures.min(all.len()));
        let places = (0..count).map(|k| k * (n - 1) / (count - 1).max(1));
        places.map(|place| (all[place].0, why(with, place, n))).collect()
    }

    /// A subject's film, what the network sees of it, and the maps; files begin with `name`.
    fn shown(&self, subject: usize, why: String, name: &str) -> Result<ShownSubject, Error> {
        let data = self.context.data;
        let path = self.context.film_path(subject);
        let radiograph = data.read_options(subject).read(&path)?;
        let (canvas, film) = self.film(&radiograph, subject, format!("{name}-film.png"))?;
        self.write(&canvas, &film.file)?;
        let pictures = self.finer(subject)?;
        let aligned = format!("{name}-aligned.png");
        self.write(&sheet(&pictures, None)?, &aligned)?;
        let outcome = (data.outcomes.event()[subject], data.outcomes.time()[subject]);
        let log_hazard = self.model.scores.log_hazard[subject].unwrap_or(f64::NAN);
        let mut shown = ShownSubject::new(why, outcome, log_hazard, film, aligned);
        let inputs = self.inputs.subset(&[subject]);
        for method in METHODS {
            let Some(map) = map(method, self.network, &inputs)? else { continue };
            let file = format!("{name}-{}.png", file_name(method));
            self.write(&sheet(&pictures, Some(&map))?, &file)?;
            let range = [map.minimum(), map.maximum()];
            shown.maps.push(ShownMap::new(label(method), file, range));
        }
        Ok(shown)
    }

    fn write(&self, canvas: &Canvas, file: &str) -> Result<(), Error> {
        canvas.write_png(&self.context.run_folder.join(file))
    }

    /// The part of a film around its points.
    fn film(
        &self,
        radiograph: &Radiograph,
        subject: usize,
        file: String,
    ) -> Result<(Canvas, ShownFilm), Error> {
        let film = Film::from(radiograph);
        let points = self.keypoints[subject].points().each_ref().map(|p| (p.x, p.y));
        let length = distance(points[0], points[4]);
        let (left, right) = span(points.map(|p| p.0), MARGIN[0] * length, film.width);
        let (top, bottom) = span(points.map(|p| p.1), MARGIN[1] * length, film.height);
        let rows = film.pixels.chunks(film.width.max(1)).skip(top).take(bottom - top);
        let part = Image {
            pixels: rows.flat_map(|row| &row[left..right]).copied().collect(),
            height: bottom - top,
            width: right - left,
        };
        let path = self.context.film_path(subject);
        let reduced = ReducedFilm::with_height(&part.as_film(), FILM_HEIGHT)
            .map_err(|source| Error::alignment(&path)(source.into()))?;
        let place = |(x, y): (f64, f64)| reduced.to_reduced((x - left as f64, y - top as f64));
        let shown = ShownFilm::new(file, reduced.image().size(), points.map(place));
        Ok((Canvas::from_grey(&reduced.as_film()), shown))
    }

    /// What the network sees, in more pixels.
    fn finer(&self, subject: usize) -> Result<Vec<Image>, Error> {
        let [size, patch_size] = SIDES;
        let config = PictureConfig { size, patch_size, ..self.context.config.picture.clone() };
        let film = film_to_render(self.context, subject, &self.keypoints[subject]);
        let rendered = render_one(&film, &[self.pictures.variant], &config)?;
        Ok(rendered.images.into_iter().flat_map(|variant| variant.images).collect())
    }
}

/// The method as the name of a layer.
fn label(method: SaliencyMethod) -> String {
    let name = method.to_string();
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

/// The method in the name of a file.
fn file_name(method: SaliencyMethod) -> String {
    method.to_string().to_lowercase().replace(' ', "-")
}

/// Pictures in rows, with a map laid over each.
fn sheet(pictures: &[Image], map: Option<&Saliency>) -> Result<Canvas, Error> {
    let one = |(k, picture): (usize, &Image)| {
        let mut canvas = Canvas::from_grey(&picture.as_film());
        if let Some(map) = map {
            let scale = map.maximum().abs().max(map.minimum().abs());
            canvas.overlay(&enlarged(map, k, picture.size())?.pixels, scale);
        }
        Ok(canvas)
    };
    let mut parts = pictures.iter().enumerate().map(one).collect::<Result<Vec<_>, Error>>()?;
    let mut rows = Vec::new();
    while !parts.is_empty() {
        let rest = parts.split_off(COLUMNS.min(parts.len()));
        rows.push(Canvas::beside(std::mem::replace(&mut parts, rest)));
    }
    Ok(Canvas::below(rows))
}

/// A map in the size of a picture.
fn enlarged(map: &Saliency, k: usize, size: [usize; 2]) -> Result<Image, Error> {
    let [height, width] = map.size();
    let film = Film { pixels: &map.maps()[k], height, width, spacing_mm: None };
    resample(&film, &Affine::resize(map.size(), size), size[0], size[1])
        .map_err(|source| Error::alignment("the map".as_ref())(source.into()))
}

/// Pixels `start..end` of `n` around some coordinates.
fn span(coordinates: [f64; 5], margin: f64, n: usize) -> (usize, usize) {
    let low = coordinates.into_iter().fold(f64::INFINITY, f64::min) - margin;
    let high = coordinates.into_iter().fold(f64::NEG_INFINITY, f64::max) + margin;
    let start = (low.max(0.0) as usize).min(n.saturating_sub(1));
    (start, (high.max(0.0).ceil() as usize + 1).clamp(start + 1, n))
}

/// Why a subject is shown, at this place of `n` from the best predicted to the worst.
fn why(with: bool, place: usize, n: usize) -> String {
    let kind = if with { "Later fracture" } else { "No fracture seen" };
    let risk = match (place, place + 1 == n, with) {
        (0, _, true) | (1.., true, false) => "highest predicted risk".to_owned(),
        (0, _, false) | (1.., true, true) => "lowest predicted risk".to_owned(),
        (_, false, true) => format!("predicted risk {} from above", place + 1),
        (_, false, false) => format!("predicted risk {} from below", place + 1),
    };
    format!("{kind}: {risk} of {n}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_of_a_film_stays_on_the_film() {
        assert_eq!(span([30.0, 32.0, 34.0, 36.0, 40.0], 10.0, 100), (20, 51));
        assert_eq!(span([3.0, 32.0, 34.0, 36.0, 95.0], 10.0, 100), (0, 100));
        assert_eq!(span([-50.0; 5], 10.0, 100), (0, 1), "points beside the film");
        assert_eq!(span([500.0; 5], 10.0, 100), (99, 100));
    }

    #[test]
    fn layers_and_files_are_named_after_their_method() {
        let method = SaliencyMethod::IntegratedGradients;
        assert_eq!(label(method), "Integrated gradients");
        assert_eq!(file_name(method), "integrated-gradients");
        assert_eq!(label(SaliencyMethod::GradCam), "Grad-CAM");
    }

    #[test]
    fn subjects_are_said_to_be_where_they_stand() {
        assert_eq!(why(true, 0, 8), "Later fracture: highest predicted risk of 8");
        assert_eq!(why(true, 7, 8), "Later fracture: lowest predicted risk of 8");
        assert_eq!(why(false, 7, 8), "No fracture seen: highest predicted risk of 8");
        assert_eq!(why(false, 3, 8), "No fracture seen: predicted risk 4 from below of 8");
    }
}
