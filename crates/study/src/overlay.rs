//! One picture of a prediction: the film with its keypoints, and what the network saw with
//! Grad-CAM laid over.

use crate::Error;
use crate::film::ReducedFilm;
use crate::model_folder::{Prediction, TrainedModel};
use crate::pictures::Canvas;
use std::path::Path;

/// Height of the film in the picture, px.
const FILM_HEIGHT: usize = 640;

impl TrainedModel {
    /// Writes a PNG of the film with the points found, beside it the pictures the network saw, each
    /// with its Grad-CAM: red raises the log hazard, blue lowers it. Returns the largest absolute
    /// value of the map, which is shown at full strength.
    ///
    /// # Errors
    /// The film cannot be read again, or the PNG cannot be written.
    pub fn write_overlay(
        &self,
        film: &Path,
        prediction: &Prediction,
        to: &Path,
    ) -> Result<f32, Error> {
        let film = ReducedFilm::open(film, FILM_HEIGHT)?;
        let mut canvas = Canvas::from_grey(&film.pixels, film.height, film.width);
        for p in film.reduced(&prediction.keypoints)?.points() {
            canvas.cross((p.x, p.y), (FILM_HEIGHT / 80) as i64, [255, 140, 0]);
        }
        let map = self.saliency(prediction)?;
        let scale = map.maximum().abs().max(map.minimum().abs());
        let [n, height, width] = prediction.images.shape();
        let size = height * width;
        let picture = |k: usize| {
            let pixels = &prediction.images.pixels()[k * size..][..size];
            let plain = Canvas::from_grey(pixels, height, width);
            let mut covered = Canvas::from_grey(pixels, height, width);
            covered.overlay(&map.maps()[k], scale);
            Canvas::beside(vec![plain, covered]).enlarged((FILM_HEIGHT / n / height).max(1))
        };
        let network = Canvas::below((0..n).map(picture).collect());
        Canvas::beside(vec![canvas, network]).write_png(to)?;
        Ok(scale)
    }
}
