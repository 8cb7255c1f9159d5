//! Occlusion: by how much the log hazard falls when a window is painted over.

use super::{Saliency, SaliencyMethod, check_subject, with_other_images};
use crate::{EncoderSettings, Error, ImageSet, RiskInputs, RiskModel};

/// Occlusion for one subject: square windows of `window` pixels, every half window.
///
/// A pixel's value is the mean fall of the log hazard over the windows that cover it.
///
/// # Errors
/// As [`grad_cam`](super::grad_cam), and [`Error::InvalidSetting`] for a window of no pixels.
pub fn occlusion<E: EncoderSettings>(
    model: &RiskModel<E>,
    subject: &RiskInputs,
    window: usize,
) -> Result<Saliency, Error> {
    let [images, height, width] = check_subject(model, subject)?;
    if window == 0 {
        return Err(Error::invalid("occlusion window", "at least one pixel", window));
    }
    let (rows, columns) = (windows(height, window), windows(width, window));
    let places: Vec<Place> = (0..images)
        .flat_map(|image| rows.iter().map(move |row| (image, row)))
        .flat_map(|(image, row)| columns.iter().map(move |column| (image, *row, *column)))
        .collect();
    let painted = painted_copies(model, subject, &places)?;
    let log_hazard = model.log_hazard(&painted)?;
    let before = log_hazard[0];
    let mut maps = vec![vec![0.0f32; height * width]; images];
    let mut covered = vec![vec![0.0f32; height * width]; images];
    for (&(image, row, column), after) in places.iter().zip(&log_hazard[1..]) {
        for y in row.0..row.1 {
            for i in y * width + column.0..y * width + column.1 {
                maps[image][i] += (before - after) as f32;
                covered[image][i] += 1.0;
            }
        }
    }
    for (value, n) in maps.iter_mut().flatten().zip(covered.iter().flatten()) {
        *value /= n.max(1.0);
    }
    Saliency::new(SaliencyMethod::Occlusion, [height, width], maps)
}

/// An image, rows and columns `[first, end)` of a window in it.
type Place = (usize, (usize, usize), (usize, usize));

/// Windows along one axis, every half window, cut off at the end.
fn windows(size: usize, window: usize) -> Vec<(usize, usize)> {
    let step = window.div_ceil(2);
    (0..size).step_by(step).map(|first| (first, (first + window).min(size))).collect()
}

/// The subject as it is, then once per place with that window painted.
fn painted_copies<E: EncoderSettings>(
    model: &RiskModel<E>,
    subject: &RiskInputs,
    places: &[Place],
) -> Result<RiskInputs, Error> {
    let images = subject.images().ok_or(Error::MissingImages)?;
    let [_, height, width] = images.shape();
    let grey = model.preprocessing().pixel_mean as f32;
    let own = images.to_vec()?;
    let mut pixels = own.clone();
    for &(image, row, column) in places {
        let first = pixels.len();
        pixels.extend_from_slice(&own);
        for y in row.0..row.1 {
            let line = first + (image * height + y) * width;
            pixels[line + column.0..line + column.1].fill(grey);
        }
    }
    with_other_images(subject, ImageSet::new(pixels, images.shape())?)
}
