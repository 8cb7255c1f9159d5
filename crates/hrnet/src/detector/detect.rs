//! From prepared films to points, and to what tells whether they may be trusted.

use super::evidence::{FilmEvidence, FurtherLooks};
use super::finding::SpineFinding;
use super::inference::Inference;
use super::prepare::PreparedFilm;
use crate::{DetectorConfig, Error, HrnetConfig};
use rayon::prelude::*;
use vertebra_keypoints::{
    Chain, HeatmapCodec, Keypoint, VertebraKeypoints, most_plausible_chain, to_input,
};
use vertebra_raster::Affine;

/// Films in one pass through the network.
pub(crate) const BATCH: usize = 16;

/// How points are found.
#[derive(Clone, Copy)]
pub(crate) struct Detection<'a> {
    pub(crate) network: &'a Inference,
    pub(crate) codec: &'a HeatmapCodec,
    /// Vertebrae from which a chain is chosen, see [`DetectorConfig::candidates`].
    pub(crate) candidates: usize,
    pub(crate) flip_test: bool,
}

/// What one look at one film shows, in px of the input.
struct Seen {
    chain: Chain,
    /// Of every level, as many as there may be, whatever the chain was chosen from.
    candidates: Vec<Vec<Keypoint>>,
}

impl Detection<'_> {
    /// The points of every film, px of the film.
    pub(crate) fn points(self, films: &[&PreparedFilm]) -> Result<Vec<VertebraKeypoints>, Error> {
        let mut found = Vec::with_capacity(films.len());
        for batch in films.chunks(BATCH) {
            let chains = self.look(batch, None, |maps| self.chain(maps))?;
            for (film, chain) in batch.iter().zip(chains) {
                found.push(film.to_film(chain.keypoints.points())?);
            }
        }
        Ok(found)
    }

    /// What is found on every film, points in px of the film, with the evidence of further looks.
    pub(crate) fn findings(self, films: &[&PreparedFilm]) -> Result<Vec<SpineFinding>, Error> {
        let mut found = Vec::with_capacity(films.len());
        for batch in films.chunks(BATCH) {
            let seen = self.look(batch, None, |maps| self.seen(maps))?;
            let looks = self.further_looks(batch)?;
            for ((film, seen), looks) in batch.iter().zip(seen).zip(looks) {
                found.push(seen.finding(film, &looks)?);
            }
        }
        Ok(found)
    }

    /// What further looks find on every film.
    fn further_looks(self, films: &[&PreparedFilm]) -> Result<Vec<FurtherLooks>, Error> {
        let straight = Self { flip_test: false, ..self };
        let look = |change: &Affine| {
            let chains = straight.look(films, Some(change), |maps| straight.chain(maps))?;
            let before = |chain: Chain| chain.keypoints.mapped(|p| change.apply_inverse(p));
            chains.into_iter().map(|chain| Ok(before(chain)?)).collect::<Result<Vec<_>, Error>>()
        };
        let Some(size) = films.first().map(|film| film.input_size()) else { return Ok(Vec::new()) };
        let again: Vec<Vec<VertebraKeypoints>> = [(5.0, 0.85), (-5.0, 1.1)]
            .map(|c| look(&about(size, c)))
            .into_iter()
            .collect::<Result<_, _>>()?;
        let turned = look(&about(size, (180.0, 1.0)))?;
        let of = |(i, turned)| FurtherLooks { again: again.iter().map(|l| l[i]).collect(), turned };
        Ok(turned.into_iter().enumerate().map(of).collect())
    }

    fn look<T: Send>(
        self,
        films: &[&PreparedFilm],
        change: Option<&Affine>,
        read: impl Fn(&[f32]) -> Result<T, Error> + Send + Sync,
    ) -> Result<Vec<T>, Error> {
        let pictures: Vec<Vec<f32>> =
            films.par_iter().map(|film| film.render(change)).collect::<Result<_, _>>()?;
        let heatmaps = self.network.heatmaps(pictures.concat(), self.flip_test)?;
        heatmaps.par_chunks_exact(heatmaps.len() / films.len()).map(read).collect()
    }

    fn chain(self, heatmaps: &[f32]) -> Result<Chain, Error> {
        Ok(most_plausible_chain(&self.candidates(heatmaps, self.candidates)?)?)
    }

    fn seen(self, heatmaps: &[f32]) -> Result<Seen, Error> {
        let candidates = self.candidates(heatmaps, DetectorConfig::MOST_CANDIDATES)?;
        Ok(Seen { chain: self.chain(heatmaps)?, candidates })
    }

    /// Candidates of every level, px of the input.
    fn candidates(self, heatmaps: &[f32], most: usize) -> Result<Vec<Vec<Keypoint>>, Error> {
        let stride = HrnetConfig::STRIDE as f64;
        let in_input = |p: Keypoint| {
            let (x, y) = to_input((p.x, p.y), stride);
            Keypoint { x, y, ..p }
        };
        let candidates = self.codec.candidates(heatmaps, most)?;
        Ok(candidates.into_iter().map(|level| level.into_iter().map(in_input).collect()).collect())
    }
}

impl Seen {
    fn finding(&self, film: &PreparedFilm, looks: &FurtherLooks) -> Result<SpineFinding, Error> {
        let Chain { keypoints, moved, .. } = self.chain;
        let [height, _] = film.input_size();
        let evidence = FilmEvidence::new(&keypoints, &self.candidates, looks, height)?;
        let keypoints = film.to_film(keypoints.points())?;
        Ok(SpineFinding { keypoints, moved, probability: None, evidence })
    }
}

/// The input turned by so many degrees and scaled about its middle.
fn about([height, width]: [usize; 2], (degrees, scale): (f64, f64)) -> Affine {
    let middle = (0.5 * (width as f64 - 1.0), 0.5 * (height as f64 - 1.0));
    Affine::about(middle, degrees.to_radians(), scale, (0.0, 0.0))
}
