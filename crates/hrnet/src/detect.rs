//! From prepared films to points.

use crate::finding::SpineFinding;
use crate::prepare::PreparedFilm;
use crate::{DetectorConfig, Error, Hrnet, HrnetConfig};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;
use vertebra_keypoints::{HeatmapCodec, Keypoint, most_plausible_chain, to_input};

/// Films in one pass through the network.
pub(crate) const BATCH: usize = 16;

/// What is found on every film, in px of the film.
pub(crate) fn detect(
    model: &Hrnet,
    config: &DetectorConfig,
    codec: &HeatmapCodec,
    films: &[&PreparedFilm],
    flip_test: bool,
) -> Result<Vec<SpineFinding>, Error> {
    let device = model.devices().into_iter().next().unwrap_or_default();
    let mut found = Vec::with_capacity(films.len());
    for batch in films.chunks(BATCH) {
        let x = inputs(batch, config.input_size, &device);
        let heatmaps = heatmaps(model, x, flip_test)?;
        let per_film = heatmaps.len() / batch.len();
        for (film, maps) in batch.iter().zip(heatmaps.chunks_exact(per_film)) {
            let candidates = candidates(codec, maps, config.candidates)?;
            let chain = most_plausible_chain(&candidates)?;
            let keypoints = film.to_film(chain.keypoints.points())?;
            found.push(SpineFinding { keypoints, moved: chain.moved });
        }
    }
    Ok(found)
}

fn inputs(films: &[&PreparedFilm], [height, width]: [usize; 2], device: &Device) -> Tensor<4> {
    let pixels: Vec<Vec<f32>> = films.par_iter().map(|film| film.render(None)).collect();
    Tensor::from_data(TensorData::new(pixels.concat(), [films.len(), 1, height, width]), device)
}

/// `[N, K, H / 4, W / 4]`, row by row.
///
/// The mirror image's heatmaps are mirrored back as they are: in the pixel-centre convention a
/// heatmap covers the same area as the input, so that both mirror about the same line and no
/// shift by a heatmap pixel is needed. Left and right do not change places in a lateral view.
fn heatmaps(model: &Hrnet, x: Tensor<4>, flip_test: bool) -> Result<Vec<f32>, Error> {
    let straight = model.forward(x.clone());
    let heatmaps =
        if flip_test { (straight + model.forward(x.flip([3])).flip([3])) / 2.0 } else { straight };
    let failed = |e: &dyn std::fmt::Display| Error::Device(e.to_string());
    heatmaps.try_into_data().map_err(|e| failed(&e))?.try_into_vec().map_err(|e| failed(&e))
}

/// Candidates of every level, px of the input.
fn candidates(
    codec: &HeatmapCodec,
    heatmaps: &[f32],
    most: usize,
) -> Result<Vec<Vec<Keypoint>>, Error> {
    let stride = HrnetConfig::STRIDE as f64;
    let in_input = |p: Keypoint| {
        let (x, y) = to_input((p.x, p.y), stride);
        Keypoint { x, y, ..p }
    };
    let candidates = codec.candidates(heatmaps, most)?;
    Ok(candidates.into_iter().map(|level| level.into_iter().map(in_input).collect()).collect())
}
