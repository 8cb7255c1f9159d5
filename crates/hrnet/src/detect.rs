//! From prepared films to points.

use crate::prepare::PreparedFilm;
use crate::{DetectorConfig, Error, Hrnet, HrnetConfig};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;
use vertebra_keypoints::{HeatmapCodec, Keypoint, Level, VertebraKeypoints, to_input};

/// Films in one pass through the network.
const BATCH: usize = 16;

/// Points of every film, in px of the film.
pub(crate) fn detect(
    model: &Hrnet,
    config: &DetectorConfig,
    codec: &HeatmapCodec,
    films: &[&PreparedFilm],
    flip_test: bool,
) -> Result<Vec<VertebraKeypoints>, Error> {
    let device = model.devices().into_iter().next().unwrap_or_default();
    let mut found = Vec::with_capacity(films.len());
    for batch in films.chunks(BATCH) {
        let x = inputs(batch, config.input_size, &device);
        let heatmaps = heatmaps(model, x, flip_test)?;
        let per_film = heatmaps.len() / batch.len();
        for (film, maps) in batch.iter().zip(heatmaps.chunks_exact(per_film)) {
            found.push(film.to_film(&points(codec, maps)?)?);
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

fn points(codec: &HeatmapCodec, heatmaps: &[f32]) -> Result<[Keypoint; 5], Error> {
    let decoded = codec.decode(heatmaps)?;
    let stride = HrnetConfig::STRIDE as f64;
    let in_input = |p: &Keypoint| {
        let (x, y) = to_input((p.x, p.y), stride);
        Keypoint { x, y, confidence: p.confidence }
    };
    let points: Vec<Keypoint> = decoded.iter().map(in_input).collect();
    let n = points.len();
    points.try_into().map_err(|_| Error::invalid("heatmaps", Level::ALL.len(), n))
}
