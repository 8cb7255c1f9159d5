//! From prepared films to points.

use super::finding::SpineFinding;
use super::inference::Inference;
use super::prepare::PreparedFilm;
use crate::{Error, HrnetConfig};
use rayon::prelude::*;
use vertebra_keypoints::{HeatmapCodec, Keypoint, most_plausible_chain, to_input};

/// Films in one pass through the network.
pub(crate) const BATCH: usize = 16;

/// What is found on every film, in px of the film, from at most `most` candidates per level.
pub(crate) fn detect(
    network: &Inference,
    codec: &HeatmapCodec,
    most: usize,
    films: &[&PreparedFilm],
    flip_test: bool,
) -> Result<Vec<SpineFinding>, Error> {
    let mut found = Vec::with_capacity(films.len());
    for batch in films.chunks(BATCH) {
        let pictures: Vec<Vec<f32>> =
            batch.par_iter().map(|film| film.render(None)).collect::<Result<_, _>>()?;
        let heatmaps = network.heatmaps(pictures.concat(), flip_test)?;
        let per_film = heatmaps.len() / batch.len();
        for (film, maps) in batch.iter().zip(heatmaps.chunks_exact(per_film)) {
            let candidates = candidates(codec, maps, most)?;
            let chain = most_plausible_chain(&candidates)?;
            let keypoints = film.to_film(chain.keypoints.points())?;
            found.push(SpineFinding { keypoints, moved: chain.moved, probability: None });
        }
    }
    Ok(found)
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
