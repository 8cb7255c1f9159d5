//! One picture of a prediction: the film with its keypoints, and what the network saw with
//! Grad-CAM laid over.

use crate::Error;
use crate::films::film::ReducedFilm;
use crate::films::pictures::Canvas;
use crate::model::found_points::{OVERLAY_HEIGHT, marked};
use crate::model::model_folder::{Prediction, TrainedModel};
use std::path::Path;

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
        let canvas = marked(&ReducedFilm::open(film, OVERLAY_HEIGHT)?, &prediction.keypoints)?;
        let map = self.saliency(prediction)?;
        let scale = map.maximum().abs().max(map.minimum().abs());
        let [n, height, width] = prediction.images.shape();
        let size = height * width;
        let picture = |k: usize| {
            let pixels = &prediction.images.pixels()[k * size..][..size];
            let plain = Canvas::from_grey(pixels, height, width);
            let mut covered = Canvas::from_grey(pixels, height, width);
            covered.overlay(&map.maps()[k], scale);
            Canvas::beside(vec![plain, covered]).enlarged((OVERLAY_HEIGHT / n / height).max(1))
        };
        let network = Canvas::below((0..n).map(picture).collect());
        Canvas::beside(vec![canvas, network]).write_png(to)?;
        Ok(scale)
    }
}
