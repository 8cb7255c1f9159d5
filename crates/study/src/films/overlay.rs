//! One picture of a prediction: the film with its keypoints, the film with a saliency map, and what
//! the network saw without and with it.

use crate::Error;
use crate::films::pictures::Canvas;
use crate::films::saliency::map_on_film;
use crate::model::found_points::{OVERLAY_HEIGHT, with_crosses};
use crate::model::trained_model::{Prediction, TrainedModel};
use std::path::Path;
use vertebra_deepsurv::SaliencyMethod;
use vertebra_radiograph::{Film, Radiograph};
use vertebra_raster::ReducedFilm;

impl TrainedModel {
    /// Writes a PNG of the film with the detected points, beside it the film with the map laid over
    /// through the inverse alignment, and the pictures the network saw, each without and with its
    /// map: red raises the log hazard, blue lowers it. Returns the largest absolute value of the
    /// map, which is shown at full strength.
    ///
    /// # Errors
    /// The PNG cannot be written; a map that is zero everywhere.
    pub fn write_overlay(
        &self,
        radiograph: &Radiograph,
        (prediction, method): (&Prediction, SaliencyMethod),
        to: &Path,
    ) -> Result<f32, Error> {
        let canvas = with_crosses(radiograph, &prediction.found.keypoints)?;
        let map = self.saliency(prediction, method)?;
        let scale = map.maximum().abs().max(map.minimum().abs());
        let film = ReducedFilm::with_height(&Film::from(radiograph), OVERLAY_HEIGHT)
            .map_err(|source| Error::alignment(Path::new("the film"))(source.into()))?;
        let mut on_film = Canvas::from_grey(&film.as_film());
        let maps = (map.maps(), map.size());
        on_film.overlay(&map_on_film(maps, &prediction.alignments, &film.reduction()), scale);
        let [n, height, width] = prediction.images.shape();
        let (size, pixels) = (height * width, prediction.images.to_vec()?);
        let picture = |k: usize| {
            let pixels = &pixels[k * size..][..size];
            let picture = Film { pixels, height, width, spacing_mm: None };
            let plain = Canvas::from_grey(&picture);
            let mut covered = Canvas::from_grey(&picture);
            covered.overlay(&map.maps()[k], scale);
            Canvas::beside(vec![plain, covered]).enlarged((OVERLAY_HEIGHT / n / height).max(1))
        };
        let network = Canvas::below((0..n).map(picture).collect());
        Canvas::beside(vec![canvas, on_film, network]).write_png(to)?;
        Ok(scale)
    }
}
