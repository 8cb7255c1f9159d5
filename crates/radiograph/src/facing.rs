//! Which way the subject of a lateral spine film faces, estimated from the picture.
//!
//! Three signs speak, each the opposite on a mirrored picture. The spine is the brightest path from
//! the top of the film to the bottom that bends little, found by dynamic programming on a small
//! copy. Of that path `x(t)`, `t` from -1 at the top to 1 at the bottom, in heights of the film:
//!
//! 1. the bend, the coefficient of `t^2` of the cubic that fits best: the lumbar spine bulges to
//!    the front;
//! 2. the S, its coefficient of `t^3`: below, the sacrum goes to the back;
//! 3. in the middle third, how much brighter the picture is right of the path than left of it, a
//!    tenth to three tenths of the height away, in its standard deviations: before the spine lies
//!    the abdomen, behind it thin soft tissue and air.
//!
//! The confidence is a logistic function of their weighted sum without a constant, so that a
//! mirrored film gets the mirrored answer with the same confidence. The weights were fitted to
//! 1,600 films of `vertebra-phantom` by its `tests/facing.rs`: half as a clinic takes them, half
//! varied far beyond, among them projections of cut-off CT volumes up to 30 degrees off the
//! lateral. The README says how often the estimate is right on other phantom films.

use crate::{Error, Radiograph};
use serde::{Deserialize, Serialize};
use vertebra_raster::{Edges, Facing, Film, GaussianBlur};

/// Rows of the small copy.
const ROWS: usize = 64;
/// Share of the width at either side where no spine is looked for: borders can be bright.
const MARGIN: f64 = 0.1;
/// Cost of a step to the side, in standard deviations of the picture.
const STEP: f64 = 0.25;
const WEIGHTS: [f64; 3] = [-14.1, -22.9, 1.78];
/// Above this the fit says nothing of how often it is wrong.
const MOST: f64 = 0.99;

/// Which way the subject faces by the picture, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FacingEstimate {
    /// Where the subject's front is.
    pub facing: Facing,
    /// How often such an estimate is right, 0.5 to 0.99, on films like those it was fitted to.
    pub confidence: f64,
    /// Bend, S and brightness (see the module's description), positive and negative by the side.
    pub evidence: [f64; 3],
}

impl FacingEstimate {
    /// Log odds that the front is on the right, to be added to what else tells the side.
    #[must_use]
    pub fn log_odds_right(&self) -> f64 {
        let log_odds = (self.confidence / (1.0 - self.confidence)).ln();
        if self.facing == Facing::Right { log_odds } else { -log_odds }
    }
}

impl Radiograph {
    /// Estimates from the picture which side the subject's front is on. For a lateral film of the
    /// spine with bone bright; on any other the answer means nothing, and the confidence does not
    /// know. What the file states ([`Radiograph::facing`]) goes first, and where points of L1 to L5
    /// are known they tell it better.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for a film of less than 64 rows or 32 columns, one more than four
    /// times as wide as high or the other way, or one without contrast.
    ///
    /// # Examples
    /// ```no_run
    /// let film = vertebra_radiograph::Radiograph::open("film.dcm")?;
    /// let estimate = film.estimate_facing()?;
    /// println!("{:?}, {:.0} %", estimate.facing, 100.0 * estimate.confidence);
    /// # Ok::<(), vertebra_radiograph::Error>(())
    /// ```
    pub fn estimate_facing(&self) -> Result<FacingEstimate, Error> {
        let (height, width) = (self.height(), self.width());
        let good = height >= ROWS && width >= 32 && height <= 4 * width && width <= 4 * height;
        if !good {
            let expected = "at least 64 rows and 32 columns, at most four times as long as wide";
            return Err(Error::invalid("film", expected, format!("{height} x {width}")));
        }
        let side = if height >= width { ROWS } else { (ROWS * width).div_ceil(height) };
        let small = Film::from(self).thumbnail(side)?;
        let mut values: Vec<f64> = small.pixels.iter().map(|&v| f64::from(v)).collect();
        blur(ROWS as f64 / 40.0)?.apply(&mut values, small.width);
        let picture = Grid { width: small.width, values };
        let contrast = deviation(&picture.values);
        if contrast < 1e-6 {
            return Err(Error::invalid("film", "a picture with contrast", "one grey"));
        }
        let path = spine(&picture)?;
        let [bend, s] = shape(&path, picture.height())?;
        let evidence = [bend, s, brightness(&picture, &path) / contrast];
        let sum: f64 = evidence.iter().zip(WEIGHTS).map(|(e, w)| e * w).sum();
        let facing = if sum > 0.0 { Facing::Right } else { Facing::Left };
        let confidence = (1.0 / (1.0 + (-sum.abs()).exp())).min(MOST);
        Ok(FacingEstimate { facing, confidence, evidence })
    }
}

/// Values row by row.
struct Grid {
    width: usize,
    values: Vec<f64>,
}

impl Grid {
    fn height(&self) -> usize {
        self.values.len() / self.width
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..][..self.width]
    }

    fn blurred_across(&self, sigma: f64) -> Result<Self, Error> {
        let mut values = self.values.clone();
        blur(sigma)?.apply_across(&mut values, self.width);
        Ok(Self { width: self.width, values })
    }
}

/// Mirrored at the edges, to the pixel nearest to four standard deviations.
fn blur(sigma: f64) -> Result<GaussianBlur, Error> {
    let reach = (4.0 * sigma).round() as usize;
    Ok(GaussianBlur::new(sigma)?.with_reach(reach).with_edges(Edges::Mirrored))
}

fn deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt()
}

/// The column of the spine in each row: the path of the greatest sum of what is brighter than its
/// wider surroundings.
fn spine(picture: &Grid) -> Result<Vec<usize>, Error> {
    let wide = picture.blurred_across(ROWS as f64 / 5.0)?;
    let mut detail: Vec<f64> =
        picture.values.iter().zip(&wide.values).map(|(v, w)| v - w).collect();
    let scale = deviation(&detail).max(f64::MIN_POSITIVE);
    detail.iter_mut().for_each(|v| *v /= scale);
    let (width, height) = (picture.width, picture.height());
    let margin = (MARGIN * width as f64) as usize;
    let inside = margin..width - margin;
    let mut sums = vec![f64::NEG_INFINITY; width];
    sums[inside.clone()].copy_from_slice(&detail[inside.clone()]);
    let mut steps = vec![0_u8; width * height];
    for row in 1..height {
        let before = sums.clone();
        for x in inside.clone() {
            let candidates = [
                before[x],
                before[x - 1] - STEP,
                before.get(x + 1).map_or(f64::NEG_INFINITY, |v| v - STEP),
            ];
            let best = (0..3).fold(0, |a, b| if candidates[b] > candidates[a] { b } else { a });
            sums[x] = candidates[best] + detail[row * width + x];
            steps[row * width + x] = best as u8;
        }
    }
    let mut x = inside.fold(margin, |a, b| if sums[b] > sums[a] { b } else { a });
    let mut path = vec![x; height];
    for row in (1..height).rev() {
        x = match steps[row * width + x] {
            1 => x - 1,
            2 => x + 1,
            _ => x,
        };
        path[row - 1] = x;
    }
    Ok(path)
}

/// Coefficients of `t^2` and `t^3` of the cubic closest to the path. On a grid that is even about
/// 0, even and odd powers do not mix.
fn shape(path: &[usize], height: usize) -> Result<[f64; 2], Error> {
    let mut line: Vec<f64> = path.iter().map(|&x| x as f64 / height as f64).collect();
    let n = line.len();
    blur(ROWS as f64 / 16.0)?.apply_across(&mut line, n);
    let n = line.len() as f64;
    let t: Vec<f64> = (0..line.len()).map(|i| 2.0 * i as f64 / (n - 1.0) - 1.0).collect();
    let power = |k: i32| t.iter().map(|t| t.powi(k)).sum::<f64>();
    let (square, fourth) = (power(2), power(4));
    let project = |basis: &dyn Fn(f64) -> f64| {
        let norm: f64 = t.iter().map(|&t| basis(t).powi(2)).sum();
        t.iter().zip(&line).map(|(&t, x)| basis(t) * x).sum::<f64>() / norm
    };
    Ok([project(&|t| t * t - square / n), project(&|t| t.powi(3) - fourth / square * t)])
}

/// Mean grey right of the path less that left of it, in the middle third of the rows.
fn brightness(picture: &Grid, path: &[usize]) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    let third = path.len() / 3;
    for (row, &x) in path.iter().enumerate().skip(third).take(third) {
        let line = picture.row(row);
        for distance in 6..19 {
            let (left, right) = (x.checked_sub(distance), line.get(x + distance));
            if let (Some(left), Some(right)) = (left, right) {
                sum += right - line[left];
                count += 1;
            }
        }
    }
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Spacing;

    /// A bright column that bulges towards the front, which is `sign` (right: 1), and is less dark
    /// there.
    fn film(height: usize, width: usize, sign: f64) -> Radiograph {
        let mut pixels = Vec::new();
        for y in 0..height {
            let t = 2.0 * y as f64 / height as f64 - 1.0;
            let spine = 0.5 - sign * 0.08 * t * t;
            for x in 0..width {
                let d = ((x as f64 + 0.5) / width as f64 - spine) * sign;
                let tissue = if d > 0.0 { 0.4 } else { 0.25 };
                pixels.push((tissue + 0.4 * (-(d / 0.08).powi(2)).exp()) as f32);
            }
        }
        Radiograph::new(height, width, pixels, Spacing::UNKNOWN).unwrap()
    }

    #[test]
    fn a_mirrored_film_gets_the_mirrored_answer() {
        for (height, width) in [(300, 240), (200, 260), (64, 64)] {
            let right = film(height, width, 1.0).estimate_facing().unwrap();
            let left = film(height, width, -1.0).estimate_facing().unwrap();
            assert_eq!((right.facing, left.facing), (Facing::Right, Facing::Left));
            assert!((right.confidence - left.confidence).abs() < 0.02, "{right:?} {left:?}");
            assert!(right.confidence > 0.9);
            let odds = [right, left].map(|estimate| estimate.log_odds_right().exp());
            assert!((odds[0] / (1.0 + odds[0]) - right.confidence).abs() < 1e-9, "{odds:?}");
            assert!(odds[1] < 0.12, "{odds:?}");
        }
    }

    #[test]
    fn a_film_that_shows_nothing_is_an_error() {
        let flat = Radiograph::new(99, 99, vec![0.5; 99 * 99], Spacing::UNKNOWN).unwrap();
        assert!(flat.estimate_facing().unwrap_err().to_string().contains("contrast"));
        let error = film(63, 99, 1.0).estimate_facing().unwrap_err().to_string();
        assert!(error.contains("63 x 99"), "{error}");
    }

    #[test]
    fn the_shape_of_a_cubic_is_found() {
        let path: Vec<usize> = (0..64)
            .map(|i| {
                let t = 2.0 * f64::from(i) / 63.0 - 1.0;
                (1000.0 * (4.0 + t - 0.5 * t * t + 0.25 * t.powi(3))).round() as usize
            })
            .collect();
        let [square, cube] = shape(&path, 1000).unwrap();
        // Smoothing flattens the ends.
        assert!((-0.5..-0.4).contains(&square) && (0.05..0.25).contains(&cube), "{square} {cube}");
    }
}
