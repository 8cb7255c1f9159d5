//! Gaussian heatmaps of keypoints, and points read back from them.
//!
//! Pixel centres: a picture and its heatmap cover the same area, and in both the centre of the
//! first pixel is `(0, 0)`. So with `stride` input px per heatmap px,
//! `x_input = (x_heatmap + 0.5) * stride - 0.5`, see [`to_input`] and [`to_heatmap`]; never
//! `x_heatmap * stride`, which moves every point by `(stride - 1) / 2` input px.
//!
//! Encoding is unbiased: the Gaussian stands on the point itself and not on the nearest pixel
//! (Zhang F, Zhu X, Dai H, Ye M, Zhu C, "Distribution-aware coordinate representation for human
//! pose estimation", CVPR 2020, eq. 10). Decoding by the Taylor expansion of the log heatmap (the
//! same, eqs. 3-8; "DARK") then finds it exactly; the quarter offset is that of HRNet and of the
//! networks before it.

use crate::heat::{Map, Smoothed};
use crate::{Error, Keypoint};
use serde::{Deserialize, Serialize};
use vertebra_raster::{Edges, GaussianBlur, original, resized};

/// How a point is read from a heatmap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decoding {
    /// The greatest pixel, moved by a quarter pixel towards its greater neighbour in x and in y.
    QuarterOffset,
    /// Maximum of the parabola through the logarithms around the greatest pixel.
    #[default]
    Dark,
    /// Mean position, weighted by heat, within 3 sigma of the greatest pixel.
    SoftArgmax,
}

/// Turns points into heatmaps `[height, width]` and back; all coordinates in heatmap px.
///
/// # Examples
/// ```
/// use vertebra_keypoints::HeatmapCodec;
/// let codec = HeatmapCodec::new(64, 48, 2.0)?;
/// let heatmaps = codec.encode(&[Some((20.3, 31.8)), None]);
/// let points = codec.decode(&heatmaps)?;
/// assert!((points[0].x - 20.3).abs() < 1e-3 && (points[0].y - 31.8).abs() < 1e-3);
/// assert_eq!(points[1].confidence, 0.0);
/// # Ok::<(), vertebra_keypoints::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HeatmapCodec {
    height: usize,
    width: usize,
    sigma: f64,
    decoding: Decoding,
    smoothing: f64,
}

impl HeatmapCodec {
    /// `sigma` is the Gaussian's standard deviation in heatmap px.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a heatmap without pixels or a sigma that is not positive.
    pub fn new(height: usize, width: usize, sigma: f64) -> Result<Self, Error> {
        if height == 0 || width == 0 {
            let got = format!("{height} x {width}");
            return Err(Error::setting("heatmap size", "at least 1 x 1 px", got));
        }
        if !(sigma.is_finite() && sigma > 0.0) {
            return Err(Error::setting("sigma", "a positive number of px", sigma));
        }
        Ok(Self { height, width, sigma, decoding: Decoding::Dark, smoothing: 0.0 })
    }

    /// For a network with `input` `[height, width]` px whose heatmaps are `stride` times smaller,
    /// and a `sigma` in input px.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`], also where the stride does not divide the input.
    pub fn for_input(input: [usize; 2], stride: usize, sigma: f64) -> Result<Self, Error> {
        if stride == 0 || input.iter().any(|n| !n.is_multiple_of(stride)) {
            return Err(Error::setting("stride", "a divisor of the input size", stride));
        }
        Self::new(input[0] / stride, input[1] / stride, sigma / stride as f64)
    }

    /// How points are read.
    #[must_use]
    pub fn with_decoding(self, decoding: Decoding) -> Self {
        Self { decoding, ..self }
    }

    /// Smooths by a Gaussian of this standard deviation (heatmap px) before decoding, for networks
    /// whose heatmaps have several peaks; 0 for none.
    #[must_use]
    pub fn with_smoothing(self, smoothing: f64) -> Self {
        Self { smoothing: smoothing.max(0.0), ..self }
    }

    /// Rows of a heatmap.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns of a heatmap.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Standard deviation of the Gaussian, heatmap px.
    #[must_use]
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// One heatmap per point with peak 1; zero for a missing point.
    ///
    /// # Shapes
    /// - output: `[K, height, width]`
    #[must_use]
    pub fn encode(&self, points: &[Option<(f64, f64)>]) -> Vec<f32> {
        let mut heatmaps = vec![0.0; points.len() * self.n_pixels()];
        for (map, point) in heatmaps.chunks_exact_mut(self.n_pixels()).zip(points) {
            if let Some((x, y)) = *point {
                let (across, down) = (self.gaussian(self.width, x), self.gaussian(self.height, y));
                for (row, dy) in map.chunks_exact_mut(self.width).zip(down) {
                    row.iter_mut().zip(&across).for_each(|(v, dx)| *v = (dx * dy) as f32);
                }
            }
        }
        heatmaps
    }

    /// One point per heatmap; the confidence is the peak, within `[0, 1]`.
    ///
    /// # Shapes
    /// - `heatmaps`: `[K, height, width]`
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] if that is not the length; [`Error::OutOfDomain`] for heat that is
    /// not finite.
    pub fn decode(&self, heatmaps: &[f32]) -> Result<Vec<Keypoint>, Error> {
        self.check(heatmaps)?;
        let one = |heat| {
            let map = self.smoothed(heat);
            self.point(&map.view(), heat, map.view().peak())
        };
        Ok(heatmaps.chunks_exact(self.n_pixels()).map(one).collect())
    }

    /// Candidates for every heatmap of one film, the most confident first: vertebrae are found in
    /// the sum of all heatmaps, whatever each of them is called, and every heatmap says how much
    /// it claims each vertebra.
    ///
    /// A network that doubts the levels but not the vertebrae splits the heat of one vertebra
    /// between neighbouring heatmaps; the sum keeps it. The vertebrae are up to `most` maxima of
    /// the sum, at least two sigma apart and with at least 5 % of heat. A heatmap's candidate for
    /// one is its own greatest pixel within two sigma, if that holds at least half of the heat
    /// there, else the vertebra's place in the sum; its confidence is the heatmap's greatest value
    /// there. The point of [`HeatmapCodec::decode`] is always among a heatmap's candidates, and the
    /// only one with `most` below 2.
    ///
    /// # Shapes
    /// - `heatmaps`: `[K, height, width]`
    ///
    /// # Errors
    /// As [`HeatmapCodec::decode`].
    pub fn candidates(&self, heatmaps: &[f32], most: usize) -> Result<Vec<Vec<Keypoint>>, Error> {
        let own = self.decode(heatmaps)?;
        if most < 2 {
            return Ok(own.into_iter().map(|point| vec![point]).collect());
        }
        let mut sum = vec![0.0; self.n_pixels()];
        for heat in heatmaps.chunks_exact(self.n_pixels()) {
            sum.iter_mut().zip(heat).for_each(|(s, h)| *s += h.max(0.0));
        }
        let together = self.smoothed(&sum);
        let vertebrae = together.view().peaks(most, 2.0 * self.sigma);
        let maps = heatmaps.chunks_exact(self.n_pixels()).zip(own);
        Ok(maps.map(|(heat, own)| self.claims(heat, own, &together, &vertebrae)).collect())
    }

    /// What one heatmap says to each vertebra.
    fn claims(
        &self,
        heat: &[f32],
        own: Keypoint,
        together: &Smoothed<'_>,
        vertebrae: &[(usize, usize)],
    ) -> Vec<Keypoint> {
        let (map, sum, reach) = (self.smoothed(heat), together.view(), 2.0 * self.sigma);
        let mut claims = vec![own];
        for &(column, row) in vertebrae {
            if (own.x - column as f64).hypot(own.y - row as f64) <= reach {
                continue;
            }
            let near = map.view().peak_near((column, row), reach);
            let claim = self.point(&map.view(), heat, near);
            let confident = map.view().at(near.0, near.1) >= 0.5 * sum.at(column, row);
            let place = self.point(&sum, &together.heat, (column, row));
            let point = if confident { claim } else { place };
            claims.push(Keypoint { confidence: claim.confidence, ..point });
        }
        claims[1..].sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        claims
    }

    fn check(&self, heatmaps: &[f32]) -> Result<(), Error> {
        if !heatmaps.len().is_multiple_of(self.n_pixels()) {
            let expected = heatmaps.len().div_ceil(self.n_pixels()) * self.n_pixels();
            let (name, got) = ("heatmaps", heatmaps.len());
            return Err(Error::LengthMismatch { name, expected, got });
        }
        match heatmaps.iter().position(|v| !v.is_finite()) {
            Some(index) => {
                let (name, value) = ("heatmaps", f64::from(heatmaps[index]));
                Err(Error::OutOfDomain { name, index, value, expected: "a finite number" })
            }
            None => Ok(()),
        }
    }

    fn smoothed<'a>(&self, heat: &'a [f32]) -> Smoothed<'a> {
        let heat = if self.smoothing > 0.0 { self.smooth(heat).into() } else { heat.into() };
        Smoothed { heat, height: self.height, width: self.width }
    }

    fn point(&self, map: &Map<'_>, heat: &[f32], (column, row): (usize, usize)) -> Keypoint {
        let (dx, dy) = match self.decoding {
            Decoding::QuarterOffset => map.quarter_offset(column, row),
            Decoding::Dark => {
                map.dark_offset(column, row).unwrap_or_else(|| map.quarter_offset(column, row))
            }
            Decoding::SoftArgmax => map.mean_offset(column, row, 3.0 * self.sigma),
        };
        let confidence = f64::from(heat[row * self.width + column]).clamp(0.0, 1.0);
        Keypoint { x: column as f64 + dx, y: row as f64 + dy, confidence }
    }

    fn n_pixels(&self) -> usize {
        self.height * self.width
    }

    fn gaussian(&self, n: usize, centre: f64) -> Vec<f64> {
        let z = |i: usize| (i as f64 - centre) / self.sigma;
        (0..n).map(|i| (-0.5 * z(i).powi(2)).exp()).collect()
    }

    /// Gaussian smoothing; pixels beyond the border are left out of the mean.
    fn smooth(&self, heat: &[f32]) -> Vec<f32> {
        let Ok(blur) = GaussianBlur::new(self.smoothing) else {
            return heat.to_vec();
        };
        let mut wide: Vec<f64> = heat.iter().map(|v| f64::from(*v)).collect();
        blur.with_edges(Edges::LeftOut).apply(&mut wide, self.width);
        wide.into_iter().map(|v| v as f32).collect()
    }
}

/// A point of a heatmap in px of the network's input, `stride` times larger.
#[must_use]
pub fn to_input((x, y): (f64, f64), stride: f64) -> (f64, f64) {
    (resized(x, stride), resized(y, stride))
}

/// A point of the network's input in px of its heatmap, `stride` times smaller.
#[must_use]
pub fn to_heatmap((x, y): (f64, f64), stride: f64) -> (f64, f64) {
    (original(x, stride), original(y, stride))
}

#[cfg(test)]
#[path = "heatmap_tests.rs"]
mod tests;
