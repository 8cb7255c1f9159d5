//! From prepared films to points, and to what tells whether they may be trusted.

use super::candidates::{Candidates, plausibility};
use super::evidence::{ChainEvidence, FilmEvidence, FurtherLooks, change};
use super::finding::SpineFinding;
use super::inference::Inference;
use super::prepare::PreparedFilm;
use crate::{DetectorConfig, Error, HrnetConfig};
use rayon::prelude::*;
use vertebra_keypoints::{Chain, HeatmapCodec, Keypoint, VertebraKeypoints, to_input};
use vertebra_raster::{Affine, Film, ResampleOptions};

/// Films in one pass through the network.
pub(crate) const BATCH: usize = 16;
/// Length of L1-L5 over the input's height that a closer look aims at, and the least and the
/// greatest magnification of a closer look.
const CLOSE_EXTENT: f64 = 0.45;
const CLOSER: [f64; 2] = [1.2, 1.8];

/// How points are found.
#[derive(Clone, Copy)]
pub(crate) struct Detection<'a> {
    pub(crate) network: &'a Inference,
    pub(crate) codec: &'a HeatmapCodec,
    /// Vertebrae from which a chain is chosen, see [`DetectorConfig::candidates`].
    pub(crate) candidates: usize,
    pub(crate) flip_test: bool,
    /// See [`DetectorConfig::closer_looks`].
    pub(crate) closer_looks: bool,
}

/// The heatmaps of one film, read in a view of it.
struct Seen {
    /// From px of the input to those of the view.
    view: Affine,
    heatmaps: Vec<f32>,
    /// How far the chains of the whole film and of its equalised picture lie apart, in distances of
    /// neighbours; 0 where there is one picture.
    apart: f64,
}

impl Detection<'_> {
    /// The points of every film, px of the film.
    pub(crate) fn points(self, films: &[&PreparedFilm]) -> Result<Vec<VertebraKeypoints>, Error> {
        let mut found = Vec::with_capacity(films.len());
        for batch in films.chunks(BATCH) {
            for (film, seen) in batch.iter().zip(self.see(batch)?) {
                let chain = self.chain(&seen.heatmaps)?.keypoints;
                found.push(film.to_film(seen.in_input(&chain)?.points())?);
            }
        }
        Ok(found)
    }

    /// What is found on every film, points in px of the film, with the evidence of further looks.
    pub(crate) fn findings(self, films: &[&PreparedFilm]) -> Result<Vec<SpineFinding>, Error> {
        let mut found = Vec::with_capacity(films.len());
        for batch in films.chunks(BATCH) {
            let seen = self.see(batch)?;
            let looks = self.further_looks(batch, &seen)?;
            for ((film, seen), looks) in batch.iter().zip(&seen).zip(looks) {
                found.push(self.finding(film, seen, &looks)?);
            }
        }
        Ok(found)
    }

    fn finding(
        self,
        film: &PreparedFilm,
        seen: &Seen,
        looks: &FurtherLooks,
    ) -> Result<SpineFinding, Error> {
        let Chain { keypoints, moved, .. } = self.chain(&seen.heatmaps)?;
        let candidates = self.candidates(&seen.heatmaps, DetectorConfig::MOST_CANDIDATES)?;
        let evidence = FilmEvidence::new(&keypoints, &candidates, looks)?;
        let keypoints = film.to_film(seen.in_input(&keypoints)?.points())?;
        Ok(SpineFinding { keypoints, moved, probability: None, evidence })
    }

    /// Every film as it is; where closer looks are wanted also with its local contrast equalised,
    /// and both closer to the spine that is found there. Each of the two pictures says where to
    /// look closer, and the place where the better spine is seen is taken.
    fn see(self, films: &[&PreparedFilm]) -> Result<Vec<Seen>, Error> {
        let Some(size) = films.first().map(|film| film.input_size()) else { return Ok(Vec::new()) };
        let whole = vec![Affine::resize(size, size); films.len()];
        let plain = self.heatmaps(films, &whole)?;
        if !self.closer_looks {
            return Ok(Seen::all(whole, plain, &vec![0.0; films.len()]));
        }
        let even: Vec<PreparedFilm> =
            films.par_iter().map(|film| film.equalised()).collect::<Result<_, _>>()?;
        let even: Vec<&PreparedFilm> = even.iter().collect();
        let equalised = self.heatmaps(&even, &whole)?;
        let [of_plain, of_equalised] = [&plain, &equalised].map(|maps| self.chains(maps));
        let (of_plain, of_equalised) = (of_plain?, of_equalised?);
        let apart = of_plain.iter().zip(&of_equalised).map(|(a, b)| change(a, b));
        let apart: Vec<f64> = apart.collect();
        let far = means(plain, &equalised);
        let straight = Self { flip_test: false, ..self };
        let look = |views: Vec<Affine>| -> Result<Vec<Seen>, Error> {
            let near = straight.heatmaps(films, &views)?;
            let near = means(near, &straight.heatmaps(&even, &views)?);
            let moved = far.iter().zip(&views).map(|(maps, view)| self.moved(maps, view, size));
            let heatmaps = means(near, &moved.collect::<Result<Vec<_>, Error>>()?);
            Ok(Seen::all(views, heatmaps, &apart))
        };
        let [first, second] = [of_plain, of_equalised].map(|chains| closer(&chains, size));
        let better = |(a, b): (Seen, Seen)| -> Result<Seen, Error> {
            let [of_a, of_b] = [&a, &b].map(|seen| self.chain(&seen.heatmaps));
            Ok(if plausibility(&of_a?.keypoints) >= plausibility(&of_b?.keypoints) { a } else { b })
        };
        look(first)?.into_iter().zip(look(second)?).map(better).collect()
    }

    /// The chains of these heatmaps, px of the view.
    fn chains(self, films: &[Vec<f32>]) -> Result<Vec<VertebraKeypoints>, Error> {
        films.iter().map(|maps| Ok(self.chain(maps)?.keypoints)).collect()
    }

    /// Heatmaps of the input in a view of it.
    fn moved(self, maps: &[f32], view: &Affine, size: [usize; 2]) -> Result<Vec<f32>, Error> {
        let [height, width] = [self.codec.height(), self.codec.width()];
        let to_input = Affine::resize([height, width], size);
        let map = to_input.then(view).then(&to_input.inverse());
        let bilinear = ResampleOptions::default().with_prefilter(false);
        let mut moved = Vec::with_capacity(maps.len());
        for pixels in maps.chunks_exact(height * width) {
            let film = Film { pixels, height, width, spacing_mm: None };
            moved.extend(bilinear.resample(&film, &map, height, width)?.pixels);
        }
        Ok(moved)
    }

    /// What further looks find on every film, in px of its view.
    fn further_looks(
        self,
        films: &[&PreparedFilm],
        seen: &[Seen],
    ) -> Result<Vec<FurtherLooks>, Error> {
        let straight = Self { flip_test: false, ..self };
        let look = |degrees: f64, scale: f64| {
            let change = films.iter().map(|film| about(film.input_size(), degrees, scale));
            let change: Vec<Affine> = change.collect();
            let views: Vec<Affine> =
                seen.iter().zip(&change).map(|(seen, change)| seen.view.then(change)).collect();
            Ok::<_, Error>((straight.heatmaps(films, &views)?, change))
        };
        let again = |(degrees, scale): (f64, f64)| {
            let (maps, change) = look(degrees, scale)?;
            let before = |(maps, change): (Vec<f32>, &Affine)| {
                Ok(straight.chain(&maps)?.keypoints.mapped(|p| change.apply_inverse(p))?)
            };
            maps.into_iter().zip(&change).map(before).collect::<Result<Vec<_>, Error>>()
        };
        let again: Vec<Vec<VertebraKeypoints>> =
            [(5.0, 0.85), (-5.0, 1.1)].map(again).into_iter().collect::<Result<_, _>>()?;
        let looks = |(i, maps): (usize, Vec<f32>)| {
            let candidates = straight.candidates(&maps, straight.candidates)?;
            let turned = ChainEvidence::new(&candidates.chain()?.keypoints, &candidates);
            let again = again.iter().map(|look| look[i]).collect();
            Ok(FurtherLooks { again, turned, apart: seen[i].apart })
        };
        look(180.0, 1.0)?.0.into_iter().enumerate().map(looks).collect()
    }

    /// The heatmaps of every film in its view.
    fn heatmaps(self, films: &[&PreparedFilm], views: &[Affine]) -> Result<Vec<Vec<f32>>, Error> {
        let pictures = films.par_iter().zip(views).map(|(film, view)| film.render(Some(view)));
        let pictures: Vec<Vec<f32>> = pictures.collect::<Result<_, _>>()?;
        let heatmaps = self.network.heatmaps(pictures.concat(), self.flip_test)?;
        Ok(heatmaps.chunks_exact(heatmaps.len() / films.len()).map(<[f32]>::to_vec).collect())
    }

    /// The chain in px of the view.
    fn chain(self, heatmaps: &[f32]) -> Result<Chain, Error> {
        self.candidates(heatmaps, self.candidates)?.chain()
    }

    /// Candidates of every level, px of the view.
    fn candidates(self, heatmaps: &[f32], most: usize) -> Result<Candidates, Error> {
        let stride = HrnetConfig::STRIDE as f64;
        let in_view = |p: Keypoint| {
            let (x, y) = to_input((p.x, p.y), stride);
            Keypoint { x, y, ..p }
        };
        let levels = self.codec.candidates(heatmaps, most)?.into_iter();
        let levels = levels.map(|level| level.into_iter().map(in_view).collect());
        Ok(Candidates::new(levels.collect()))
    }
}

impl Seen {
    fn all(views: Vec<Affine>, heatmaps: Vec<Vec<f32>>, apart: &[f64]) -> Vec<Self> {
        let seen = views.into_iter().zip(heatmaps).zip(apart);
        seen.map(|((view, heatmaps), apart)| Self { view, heatmaps, apart: *apart }).collect()
    }

    /// Points of the view in px of the input.
    fn in_input(&self, points: &VertebraKeypoints) -> Result<VertebraKeypoints, Error> {
        Ok(points.mapped(|point| self.view.apply_inverse(point))?)
    }
}

/// Magnified so that the spine of each film comes to its usual length.
fn closer(chains: &[VertebraKeypoints], size: [usize; 2]) -> Vec<Affine> {
    let closer = |chain: &VertebraKeypoints| {
        let [first, _, third, _, last] = chain.points();
        let extent = (last.x - first.x).hypot(last.y - first.y) / size[0] as f64;
        let [least, most] = CLOSER;
        let scale = (CLOSE_EXTENT / extent.max(1e-3)).clamp(least, most);
        let (place, to) = ((third.x, third.y), middle(size));
        Affine::about(place, 0.0, scale, (to.0 - place.0, to.1 - place.1))
    };
    chains.iter().map(closer).collect()
}

/// The means of two looks at the same films.
fn means(mut some: Vec<Vec<f32>>, others: &[Vec<f32>]) -> Vec<Vec<f32>> {
    for (a, b) in some.iter_mut().flatten().zip(others.iter().flatten()) {
        *a = 0.5 * (*a + *b);
    }
    some
}

/// The input turned by so many degrees and scaled about its middle.
fn about(size: [usize; 2], degrees: f64, scale: f64) -> Affine {
    Affine::about(middle(size), degrees.to_radians(), scale, (0.0, 0.0))
}

fn middle([height, width]: [usize; 2]) -> (f64, f64) {
    (0.5 * (width as f64 - 1.0), 0.5 * (height as f64 - 1.0))
}
