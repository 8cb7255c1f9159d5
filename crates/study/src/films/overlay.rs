//! One picture of a prediction: the film with its keypoints, and what the network saw with
//! Grad-CAM laid over.

use crate::Error;
use crate::films::pictures::Canvas;
use crate::model::found_points::{OVERLAY_HEIGHT, with_crosses};
use crate::model::trained_model::{Prediction, TrainedModel};
use std::path::Path;
use vertebra_radiograph::{Film, Radiograph};

impl TrainedModel {
    /// Writes a PNG of the film with the detected points, beside it the pictures the network saw,
    /// each with its Grad-CAM: red raises the log hazard, blue lowers it. Returns the largest
    /// absolute value of the map, which is shown at full strength.
    ///
    /// # Errors
    /// The PNG cannot be written.
    pub fn write_overlay(
        &self,
        radiograph: &Radiograph,
        prediction: &Prediction,
        to: &Path,
    ) -> Result<f32, Error> {
        let canvas = with_crosses(radiograph, &prediction.found.keypoints)?;
        let map = self.saliency(prediction)?;
        let scale = map.maximum().abs().max(map.minimum().abs());
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
        Canvas::beside(vec![canvas, network]).write_png(to)?;
        Ok(scale)
    }
}
