//! Saliency maps with the settings that studies and predictions share, and on the film, through the
//! inverse of the alignments.

use crate::Error;
use vertebra_alignment::Alignment;
use vertebra_deepsurv::{
    RiskInputs, RiskModel, Saliency, SaliencyMethod, grad_cam, integrated_gradients, occlusion,
};
use vertebra_raster::Reduction;

/// Window of the occlusion maps as a share of the picture's side.
const OCCLUSION_SHARE: f64 = 0.125;
/// Steps of integrated gradients.
const STEPS: usize = 16;

/// The map of one subject.
///
/// # Errors
/// As [`grad_cam`]; a map that is zero everywhere.
pub(crate) fn saliency(
    method: SaliencyMethod,
    network: &RiskModel,
    subject: &RiskInputs,
) -> Result<Saliency, Error> {
    Ok(match method {
        SaliencyMethod::IntegratedGradients => integrated_gradients(network, subject, STEPS)?,
        SaliencyMethod::Occlusion => {
            let side = subject.images().map_or(0, |images| images.shape()[1]);
            let window = (side as f64 * OCCLUSION_SHARE).round().max(1.0) as usize;
            occlusion(network, subject, window)?
        }
        _ => grad_cam(network, subject)?,
    })
}

/// The maps of one film's pictures, each `[height, width]`, on a reduction of the film: a pixel has
/// the value of the place that it has in a picture, the one of the greatest size where it lies in
/// several, and 0 where it lies in none.
pub(crate) fn map_on_film(
    (maps, size): (&[Vec<f32>], [usize; 2]),
    alignments: &[Alignment],
    reduction: &Reduction,
) -> Vec<f32> {
    let [height, width] = reduction.size;
    let value = |i: usize| {
        let point = reduction.to_original(((i % width) as f64, (i / width) as f64));
        let there = maps.iter().zip(alignments);
        let values = there.map(|(map, place)| at((map, size), place.to_canonical(point)));
        values.fold(0.0, |most: f32, v| if v.abs() > most.abs() { v } else { most })
    };
    (0..height * width).map(value).collect()
}

/// The value at a place of a map, between pixels by their distance; 0 beyond the outermost pixels'
/// edges.
fn at((map, [height, width]): (&[f32], [usize; 2]), (x, y): (f64, f64)) -> f32 {
    let inside = |v: f64, n: usize| v >= -0.5 && v <= n as f64 - 0.5;
    if !inside(x, width) || !inside(y, height) {
        return 0.0;
    }
    let taps = |v: f64, n: usize| {
        let v = v.clamp(0.0, (n - 1) as f64);
        let first = v.floor() as usize;
        (first, (first + 1).min(n - 1), (v - v.floor()) as f32)
    };
    let ((x0, x1, wx), (y0, y1, wy)) = (taps(x, width), taps(y, height));
    let row = |y: usize| map[y * width + x0] * (1.0 - wx) + map[y * width + x1] * wx;
    row(y0) * (1.0 - wy) + row(y1) * wy
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_raster::{Film, ReducedFilm};

    #[test]
    fn what_lies_at_a_point_of_a_picture_lies_at_that_point_of_the_film() {
        let pixels = vec![0.0; 120 * 80];
        let film = Film { pixels: &pixels, height: 120, width: 80, spacing_mm: None };
        let film = ReducedFilm::with_height(&film, 60).unwrap();
        // Turned by a right angle, half as large, and moved.
        let turned = [[0.0, 0.5, 5.0], [-0.5, 0.0, 30.0]];
        let turned = Alignment::new(turned, None).unwrap();
        let plain = Alignment::new([[1.0, 0.0, -70.0], [0.0, 1.0, -60.0]], None).unwrap();
        let mut first = vec![0.0; 50 * 60];
        let (x, y) = turned.to_canonical((40.0, 30.0));
        first[y as usize * 60 + x as usize] = -3.0;
        let mut second = vec![0.0; 50 * 60];
        second[..120].fill(1.0);
        let maps = [first, second];
        let found = map_on_film((&maps, [50, 60]), &[turned, plain], &film.reduction());
        let least = (0..found.len()).min_by(|&a, &b| found[a].total_cmp(&found[b])).unwrap();
        let (x, y) = film.to_original(((least % 40) as f64, (least / 40) as f64));
        assert!((x - 40.0).hypot(y - 30.0) < 1.5, "{x} {y}");
        // The second picture begins at column 70 and row 60 of the film.
        let of = |(x, y): (f64, f64)| {
            let (x, y) = film.to_reduced((x, y));
            found[y.round() as usize * 40 + x.round() as usize]
        };
        assert!(of((74.5, 60.5)) > 0.5 && of((64.5, 60.5)) == 0.0 && of((74.5, 100.5)) == 0.0);
    }
}
