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

use crate::{Error, Keypoint};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Least heat whose logarithm is taken.
const MIN_HEAT: f64 = 1e-10;
/// Least heat of a further maximum.
const LEAST_PEAK: f64 = 0.05;
/// Farthest that decoding may move from the greatest pixel, px.
const MAX_OFFSET: f64 = 1.0;

/// How a point is read from a heatmap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// [`Error::OutOfDomain`] for a heatmap without pixels or a sigma that is not positive.
    pub fn new(height: usize, width: usize, sigma: f64) -> Result<Self, Error> {
        if height == 0 || width == 0 {
            return Err(Error::OutOfDomain("heatmap size", "at least 1 x 1 px", 0.0));
        }
        if !(sigma.is_finite() && sigma > 0.0) {
            return Err(Error::OutOfDomain("sigma", "a positive number of px", sigma));
        }
        Ok(Self { height, width, sigma, decoding: Decoding::Dark, smoothing: 0.0 })
    }

    /// For a network with `input` `[height, width]` px whose heatmaps are `stride` times smaller,
    /// and a `sigma` in input px.
    ///
    /// # Errors
    /// [`Error::OutOfDomain`], also where the stride does not divide the input.
    pub fn for_input(input: [usize; 2], stride: usize, sigma: f64) -> Result<Self, Error> {
        if stride == 0 || input.iter().any(|n| !n.is_multiple_of(stride)) {
            return Err(Error::OutOfDomain("stride", "a divisor of the input size", stride as f64));
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
    /// between neighbouring heatmaps; the sum keeps it. The vertebrae are up to `most` maxima of the
    /// sum, at least two sigma apart and with at least 5 % of heat. A heatmap's candidate for one
    /// is its own greatest pixel within two sigma, if that holds at least half of the heat there,
    /// else the vertebra's place in the sum; its confidence is the heatmap's greatest value there.
    /// The point of [`HeatmapCodec::decode`] is always among a heatmap's candidates, and the only
    /// one with `most` below 2.
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
            return Err(Error::LengthMismatch("heatmaps", expected, heatmaps.len()));
        }
        match heatmaps.iter().find(|v| !v.is_finite()) {
            Some(v) => Err(Error::OutOfDomain("heatmaps", "finite values", f64::from(*v))),
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

    /// Separable Gaussian smoothing; pixels beyond the border are left out of the mean.
    fn smooth(&self, heat: &[f32]) -> Vec<f32> {
        let radius = (3.0 * self.smoothing).ceil() as isize;
        let weight = |d: isize| (-0.5 * (d as f64 / self.smoothing).powi(2)).exp();
        let pass = |from: &[f32], n: usize, step: usize, start: usize, i: usize| {
            let taps = (-radius..=radius).filter_map(|d| {
                let at = i.checked_add_signed(d).filter(|&at| at < n)?;
                Some((weight(d), f64::from(from[start + at * step])))
            });
            let (sum, total) = taps.fold((0.0, 0.0), |(s, t), (w, v)| (s + w * v, t + w));
            (sum / total) as f32
        };
        let (h, w) = (self.height, self.width);
        let across: Vec<f32> = (0..h * w).map(|i| pass(heat, w, 1, i / w * w, i % w)).collect();
        (0..h * w).map(|i| pass(&across, h, w, i % w, i / w)).collect()
    }
}

/// A point of a heatmap in px of the network's input, `stride` times larger.
#[must_use]
pub fn to_input((x, y): (f64, f64), stride: f64) -> (f64, f64) {
    ((x + 0.5) * stride - 0.5, (y + 0.5) * stride - 0.5)
}

/// A point of the network's input in px of its heatmap, `stride` times smaller.
#[must_use]
pub fn to_heatmap((x, y): (f64, f64), stride: f64) -> (f64, f64) {
    ((x + 0.5) / stride - 0.5, (y + 0.5) / stride - 0.5)
}

/// A heatmap as it is, or smoothed.
struct Smoothed<'a> {
    heat: Cow<'a, [f32]>,
    height: usize,
    width: usize,
}

impl Smoothed<'_> {
    fn view(&self) -> Map<'_> {
        Map { heat: &self.heat, height: self.height, width: self.width }
    }
}

struct Map<'a> {
    heat: &'a [f32],
    height: usize,
    width: usize,
}

impl Map<'_> {
    fn at(&self, column: usize, row: usize) -> f64 {
        f64::from(self.heat[row * self.width + column])
    }

    fn log(&self, column: usize, row: usize) -> f64 {
        self.at(column, row).max(MIN_HEAT).ln()
    }

    /// Column and row of the greatest pixel, the first of equals.
    fn peak(&self) -> (usize, usize) {
        let mut best = 0;
        for (i, v) in self.heat.iter().enumerate() {
            if *v > self.heat[best] {
                best = i;
            }
        }
        (best % self.width, best / self.width)
    }

    /// The greatest pixel and further maxima that lie at least `apart` px from greater ones.
    fn peaks(&self, most: usize, apart: f64) -> Vec<(usize, usize)> {
        let first = self.peak();
        let mut others: Vec<(usize, usize)> = (0..self.heat.len())
            .map(|i| (i % self.width, i / self.width))
            .filter(|&(c, r)| self.at(c, r) >= LEAST_PEAK && self.is_maximum(c, r))
            .collect();
        others.sort_by(|a, b| self.at(b.0, b.1).total_cmp(&self.at(a.0, a.1)));
        let mut peaks = vec![first];
        for (c, r) in others {
            let far = |p: &(usize, usize)| {
                (p.0 as f64 - c as f64).hypot(p.1 as f64 - r as f64) >= apart.max(1.0)
            };
            if peaks.len() < most && peaks.iter().all(far) {
                peaks.push((c, r));
            }
        }
        peaks
    }

    /// The greatest pixel within `reach` px of another.
    fn peak_near(&self, (column, row): (usize, usize), reach: f64) -> (usize, usize) {
        let across = reach.floor() as usize;
        let range = |i: usize, n: usize| i.saturating_sub(across)..(i + across + 1).min(n);
        let mut best = (column, row);
        for r in range(row, self.height) {
            for c in range(column, self.width) {
                let far = (c as f64 - column as f64).hypot(r as f64 - row as f64) > reach;
                if !far && self.at(c, r) > self.at(best.0, best.1) {
                    best = (c, r);
                }
            }
        }
        best
    }

    fn is_maximum(&self, column: usize, row: usize) -> bool {
        let near = |i: usize, n: usize| i.saturating_sub(1)..(i + 2).min(n);
        let here = self.at(column, row);
        near(row, self.height).all(|r| near(column, self.width).all(|c| self.at(c, r) <= here))
    }

    fn quarter_offset(&self, column: usize, row: usize) -> (f64, f64) {
        let towards = |less: Option<f64>, more: Option<f64>| match (less, more) {
            (Some(a), Some(b)) if a < b => 0.25,
            (Some(a), Some(b)) if a > b => -0.25,
            _ => 0.0,
        };
        let left = column.checked_sub(1).map(|c| self.at(c, row));
        let right = (column + 1 < self.width).then(|| self.at(column + 1, row));
        let above = row.checked_sub(1).map(|r| self.at(column, r));
        let below = (row + 1 < self.height).then(|| self.at(column, row + 1));
        (towards(left, right), towards(above, below))
    }

    /// Newton's step to the maximum of the log heat. At a border the differences are taken one
    /// pixel inside; `None` where the heat has no maximum there or the map is too small.
    fn dark_offset(&self, column: usize, row: usize) -> Option<(f64, f64)> {
        if self.width < 3 || self.height < 3 {
            return None;
        }
        let (c, r) = (column.clamp(1, self.width - 2), row.clamp(1, self.height - 2));
        let centre = self.log(c, r);
        let (left, right) = (self.log(c - 1, r), self.log(c + 1, r));
        let (above, below) = (self.log(c, r - 1), self.log(c, r + 1));
        let (gx, gy) = ((right - left) / 2.0, (below - above) / 2.0);
        let (xx, yy) = (right - 2.0 * centre + left, below - 2.0 * centre + above);
        let falling = self.log(c + 1, r + 1) + self.log(c - 1, r - 1);
        let rising = self.log(c + 1, r - 1) + self.log(c - 1, r + 1);
        let xy = (falling - rising) / 4.0;
        let determinant = xx * yy - xy * xy;
        if !(xx < 0.0 && determinant > 0.0) {
            return None;
        }
        let dx = (xy * gy - yy * gx) / determinant + c as f64 - column as f64;
        let dy = (xy * gx - xx * gy) / determinant + r as f64 - row as f64;
        Some((dx.clamp(-MAX_OFFSET, MAX_OFFSET), dy.clamp(-MAX_OFFSET, MAX_OFFSET)))
    }

    fn mean_offset(&self, column: usize, row: usize, radius: f64) -> (f64, f64) {
        let reach = radius.ceil() as usize;
        let range = |i: usize, n: usize| i.saturating_sub(reach)..(i + reach + 1).min(n);
        let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
        for r in range(row, self.height) {
            for c in range(column, self.width) {
                let heat = self.at(c, r).max(0.0);
                sum += heat;
                x += heat * (c as f64 - column as f64);
                y += heat * (r as f64 - row as f64);
            }
        }
        if sum > 0.0 { (x / sum, y / sum) } else { (0.0, 0.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(codec: &HeatmapCodec, x: f64, y: f64) -> f64 {
        let got = codec.decode(&codec.encode(&[Some((x, y))])).unwrap()[0];
        (got.x - x).hypot(got.y - y)
    }

    #[test]
    fn every_map_has_the_other_maps_vertebrae_as_candidates() {
        let codec = HeatmapCodec::new(48, 30, 1.5).unwrap();
        let places = [(8.3, 10.6), (14.1, 22.4), (15.0, 34.2)];
        let parts = codec.encode(&places.map(Some));
        let part = |k: usize, i: usize| parts[k * 48 * 30 + i];
        // The first map doubts between the first two; the second is sure of the third.
        let doubtful = (0..48 * 30).map(|i| 0.4 * part(0, i) + 0.5 * part(1, i));
        let maps: Vec<f32> = doubtful.chain((0..48 * 30).map(|i| 0.9 * part(2, i))).collect();
        let found = codec.candidates(&maps, 6).unwrap();
        let near = |p: &Keypoint, k: usize| {
            assert!((p.x - places[k].0).hypot(p.y - places[k].1) < 0.1, "{p:?} is not at {k}");
        };
        let heats = |k: usize| found[k].iter().map(|p| p.confidence).collect::<Vec<_>>();
        assert_eq!((found[0].len(), found[1].len()), (3, 3));
        near(&found[0][0], 1);
        near(&found[0][1], 0);
        near(&found[0][2], 2);
        near(&found[1][0], 2);
        assert!(heats(0)[1] > 0.35 && heats(0)[2] < 0.01 && heats(1)[1] < 0.01, "{found:?}");
        // One candidate is the decoded point.
        let one: Vec<Keypoint> = codec.candidates(&maps, 1).unwrap().concat();
        assert_eq!(one, codec.decode(&maps).unwrap());
        assert_eq!(codec.candidates(&[0.0; 48 * 30], 3).unwrap()[0].len(), 1);
    }

    proptest! {
        #[test]
        fn dark_finds_every_sub_pixel_position(
            x in -0.5..47.5, y in -0.5..63.5, sigma in 1.0..4.0,
        ) {
            let codec = HeatmapCodec::new(64, 48, sigma).unwrap();
            let error = error(&codec, x, y);
            prop_assert!(error < 1e-3, "{error} px");
        }

        #[test]
        fn quarter_offset_is_within_a_quarter_in_each_direction(x in 1.0..46.0, y in 1.0..62.0) {
            let codec = HeatmapCodec::new(64, 48, 2.0).unwrap();
            let codec = codec.with_decoding(Decoding::QuarterOffset);
            let got = codec.decode(&codec.encode(&[Some((x, y))])).unwrap()[0];
            prop_assert!((got.x - x).abs() < 0.2501 && (got.y - y).abs() < 0.2501);
        }

        #[test]
        fn soft_argmax_is_within_a_twentieth_inside(x in 8.0..39.0, y in 8.0..55.0) {
            let codec = HeatmapCodec::new(64, 48, 2.0).unwrap();
            let codec = codec.with_decoding(Decoding::SoftArgmax);
            prop_assert!(error(&codec, x, y) < 0.05);
        }

        #[test]
        fn smoothing_keeps_the_place_inside(x in 12.0..35.0, y in 12.0..51.0) {
            let codec = HeatmapCodec::new(64, 48, 2.0).unwrap().with_smoothing(2.0);
            prop_assert!(error(&codec, x, y) < 5e-3);
        }

        #[test]
        fn input_px_survive_encoding_at_a_stride(x in 0.0..191.0, y in 0.0..255.0) {
            let codec = HeatmapCodec::for_input([256, 192], 4, 8.0).unwrap();
            let point = to_heatmap((x, y), 4.0);
            let got = codec.decode(&codec.encode(&[Some(point)])).unwrap()[0];
            let (back_x, back_y) = to_input((got.x, got.y), 4.0);
            prop_assert!((back_x - x).hypot(back_y - y) < 4e-3);
        }
    }

    #[test]
    fn a_block_of_input_pixels_shares_its_centre_with_its_heatmap_pixel() {
        // Input columns 0..4 have their middle at 1.5: that is heatmap column 0.
        assert_eq!(to_input((0.0, 1.0), 4.0), (1.5, 5.5));
        assert_eq!(to_heatmap((1.5, 5.5), 4.0), (0.0, 1.0));
    }

    #[test]
    fn flat_and_tiny_maps_decode_without_a_maximum() {
        let codec = HeatmapCodec::new(5, 4, 1.0).unwrap();
        let got = codec.decode(&[0.25; 20]).unwrap()[0];
        assert_eq!((got.x, got.y, got.confidence), (0.0, 0.0, 0.25));
        let codec = HeatmapCodec::new(1, 1, 1.0).unwrap();
        assert_eq!(codec.decode(&[2.0]).unwrap()[0], Keypoint { x: 0.0, y: 0.0, confidence: 1.0 });
    }

    #[test]
    fn bad_settings_and_heat_are_errors() {
        assert!(HeatmapCodec::new(0, 4, 1.0).is_err() && HeatmapCodec::new(4, 4, 0.0).is_err());
        assert!(HeatmapCodec::for_input([255, 192], 4, 8.0).is_err());
        let codec = HeatmapCodec::new(2, 2, 1.0).unwrap();
        assert!(matches!(codec.decode(&[0.0; 6]), Err(Error::LengthMismatch(_, 8, 6))));
        assert!(matches!(codec.decode(&[f32::NAN; 4]), Err(Error::OutOfDomain(..))));
    }
}
