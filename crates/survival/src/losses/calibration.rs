//! How far predicted hazards of intervals are off for subjects that took no part in the training.

use super::{
    HazardLikelihood,
    logistic::{curvature_of_ln_softplus, ln_softplus, logistic, softplus},
};
use crate::{
    error::Error,
    estimate::{Estimate, Pivot, Scale},
    numeric::{
        linear::{Matrix, add},
        newton::{Failure, Local, maximise},
    },
    outcomes::check,
};

const NAME: &str = "calibration of hazards";

/// By how much logits of hazards are to be raised, and by what their differences are to be multiplied.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct HazardCalibration {
    /// What is added to every logit; about the logarithm of the ratio of hazards where these are small.
    pub level: Estimate,
    /// The calibration slope: what differences between subjects are multiplied by. Below 1 they were
    /// too large.
    pub slope: Estimate,
}

impl HazardLikelihood {
    /// Level and slope by maximum likelihood of the logits `fixed + level + slope varying`, with the
    /// intervals of Wald at 95 %: the calibration in the large and the calibration slope (Cox,
    /// *Biometrika* 45:562-565, 1958) of hazards. `varying` is what a model says of a subject beyond
    /// what it says of all. Case weights count as copies.
    ///
    /// # Shapes
    /// - `fixed`, `varying`: `[n, intervals]`, row-major, finite
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::OutOfDomain`]; [`Error::Undefined`] without an event, and
    /// for `varying` without any variation.
    ///
    /// # Examples
    /// ```
    /// use vertebra_survival::{Outcomes, losses::{HazardLikelihood, TimeGrid}};
    /// let outcomes = Outcomes::new(vec![0.5, 1.5, 0.7, 1.2], vec![true, false, true, true])?;
    /// let likelihood = HazardLikelihood::new(&outcomes, &TimeGrid::new(vec![1.0, 2.0])?)?;
    /// let varying = [2.0, 2.0, -2.0, -2.0, 1.0, 1.0, -1.0, -1.0];
    /// let found = likelihood.calibration(&[-0.5; 8], &varying)?;
    /// assert!(found.slope.value > 0.0 && found.slope.value < 1.0);
    /// # Ok::<(), vertebra_survival::Error>(())
    /// ```
    pub fn calibration(&self, fixed: &[f64], varying: &[f64]) -> Result<HazardCalibration, Error> {
        check::finite_values("fixed", fixed, self.n_logits())?;
        check::finite_values("varying", varying, self.n_logits())?;
        let spread = (varying.iter().map(|v| v * v).sum::<f64>() / varying.len() as f64).sqrt();
        if spread == 0.0 {
            return Err(Error::Undefined { name: NAME, why: "the hazards do not vary" });
        }
        let scaled: Vec<f64> = varying.iter().map(|v| v / spread).collect();
        let [level, slope] = self.found(fixed, |k| [1.0, scaled[k]], [0.0, spread])?;
        let slope = Estimate::around(
            slope.value / spread,
            slope.std_error / spread,
            (Pivot::Normal, Scale::Plain),
            slope.interval.level,
        );
        Ok(HazardCalibration { level, slope })
    }

    /// The level alone, by maximum likelihood of `logits + level`.
    ///
    /// # Shapes
    /// - `logits`: `[n, intervals]`, row-major, finite
    ///
    /// # Errors
    /// As [`calibration`](Self::calibration).
    pub fn level(&self, logits: &[f64]) -> Result<Estimate, Error> {
        check::finite_values("logits", logits, self.n_logits())?;
        let [level] = self.found(logits, |_| [1.0], [0.0])?;
        Ok(level)
    }

    /// The parameters of `fixed + sum of parameter times column` that make the outcomes most likely.
    fn found<const P: usize>(
        &self,
        fixed: &[f64],
        columns: impl Fn(usize) -> [f64; P],
        start: [f64; P],
    ) -> Result<[Estimate; P], Error> {
        let at = |parameters: &[f64]| {
            let (mut value, mut score) = (0.0, vec![0.0; P]);
            let mut information = Matrix::zeros(P);
            self.for_each_term(|k, term| {
                let row = columns(k);
                let moved = row.iter().zip(parameters).map(|(x, b)| x * b).sum::<f64>();
                let x = fixed[k] + moved;
                let p = logistic(x);
                let (mut slope, mut curvature) = (term.at_risk * p, term.at_risk * p * (1.0 - p));
                value -= term.at_risk * softplus(x);
                if term.events > 0.0 {
                    let of_log = ln_softplus(x);
                    value += term.events * of_log.value;
                    slope -= term.events * of_log.slope;
                    curvature += term.events * curvature_of_ln_softplus(x);
                }
                add(&mut score, -slope, &row);
                information.add_outer(curvature, &row);
            });
            information.mirror();
            Local { value, score, information, rest: () }
        };
        let maximum = maximise(start.to_vec(), at).map_err(|why| match why {
            Failure::Unbounded { .. } => {
                Error::Undefined { name: NAME, why: "no finite level fits best: are there events?" }
            }
            why => why.undefined(NAME),
        })?;
        let covariance = maximum.here.information.cholesky(0.0).map(|root| root.inverse());
        let variance = |k: usize| covariance.as_ref().map_or(f64::NAN, |inverse| inverse.row(k)[k]);
        Ok(std::array::from_fn(|k| {
            Estimate::around(
                maximum.parameters[k],
                variance(k).sqrt(),
                (Pivot::Normal, Scale::Plain),
                0.95,
            )
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{losses::TimeGrid, outcomes::Outcomes};
    use rand::RngExt;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    const ENDS: [f64; 3] = [1.0, 2.0, 4.0];

    /// Subjects whose logits are `0.3 - 1.0 + 0.6 v`, with `v` that crosses 0 from interval to
    /// interval, and what a model says: `-1.0` of all and `v` beyond it.
    fn sample(n: usize) -> (HazardLikelihood, Vec<f64>, Vec<f64>) {
        let grid = TimeGrid::new(ENDS.to_vec()).unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let (mut time, mut event, mut varying) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..n {
            let v: Vec<f64> = (0..3).map(|_| 3.0 * random.random::<f64>() - 1.5).collect();
            let logits: Vec<f64> = v.iter().map(|v| 0.3 - 1.0 + 0.6 * v).collect();
            let due = -(1.0 - random.random::<f64>()).ln();
            let censored = 5.0 * random.random::<f64>();
            // When the cumulative hazard reaches what was drawn, by bisection.
            let (mut low, mut high) = (0.0, 4.0);
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                match grid.cumulative_hazard(&logits, middle).unwrap() < due {
                    true => low = middle,
                    false => high = middle,
                }
            }
            let at = if grid.cumulative_hazard(&logits, 4.0).unwrap() < due { 9.0 } else { low };
            time.push(at.min(censored));
            event.push(at <= censored);
            varying.extend(v);
        }
        let outcomes = Outcomes::new(time, event).unwrap();
        let fixed = vec![-1.0; 3 * n];
        (HazardLikelihood::new(&outcomes, &grid).unwrap(), fixed, varying)
    }

    #[test]
    fn level_and_slope_are_found() {
        let (likelihood, fixed, varying) = sample(6000);
        let found = likelihood.calibration(&fixed, &varying).unwrap();
        assert!((found.level.value - 0.3).abs() < 0.06, "{found:?}");
        assert!((found.slope.value - 0.6).abs() < 0.06, "{found:?}");
        assert!(found.level.interval.contains(0.3) && found.slope.interval.contains(0.6));
        // A model that says twice as much has half the slope, with half the error.
        let twice: Vec<f64> = varying.iter().map(|v| 2.0 * v).collect();
        let half = likelihood.calibration(&fixed, &twice).unwrap().slope;
        assert!((half.value - 0.5 * found.slope.value).abs() < 1e-9, "{half:?}");
        assert!((half.std_error - 0.5 * found.slope.std_error).abs() < 1e-9, "{half:?}");
    }

    #[test]
    fn the_loss_is_flat_there_and_its_curvature_is_the_error() {
        let (likelihood, fixed, varying) = sample(400);
        let found = likelihood.calibration(&fixed, &varying).unwrap();
        let loss = |level: f64, slope: f64| {
            let pairs = fixed.iter().zip(&varying);
            let logits: Vec<f64> = pairs.map(|(f, v)| f + level + slope * v).collect();
            400.0 * likelihood.loss(&logits).unwrap().loss
        };
        let (a, b) = (found.level.value, found.slope.value);
        let step = 1e-3;
        let of_level = (loss(a + step, b) - loss(a - step, b)) / (2.0 * step);
        let of_slope = (loss(a, b + step) - loss(a, b - step)) / (2.0 * step);
        assert!(of_level.abs() < 1e-4 && of_slope.abs() < 1e-4, "{of_level} {of_slope}");
        let twice = |d: [(f64, f64); 3]| {
            let [low, middle, high] = d.map(|(da, db)| loss(a + da, b + db));
            (low - 2.0 * middle + high) / (step * step)
        };
        let aa = twice([(-step, 0.0), (0.0, 0.0), (step, 0.0)]);
        let bb = twice([(0.0, -step), (0.0, 0.0), (0.0, step)]);
        let both = twice([(-step, -step), (0.0, 0.0), (step, step)]);
        let ab = 0.5 * (both - aa - bb);
        let determinant = aa * bb - ab * ab;
        let expected = [(bb / determinant).sqrt(), (aa / determinant).sqrt()];
        for (got, expected) in [found.level, found.slope].iter().zip(expected) {
            assert!((got.std_error / expected - 1.0).abs() < 1e-3, "{got:?} {expected}");
        }
        // The level alone, beside the slope that was found.
        let scaled: Vec<f64> = fixed.iter().zip(&varying).map(|(f, v)| f + b * v).collect();
        let level = likelihood.level(&scaled).unwrap();
        assert!((level.value - a).abs() < 1e-9 && level.std_error <= found.level.std_error);
    }

    #[test]
    fn what_cannot_be_found_is_said() {
        let (likelihood, fixed, varying) = sample(20);
        let none = likelihood.calibration(&fixed, &[0.0; 60]).unwrap_err().to_string();
        assert!(none.contains("do not vary"), "{none}");
        let short = likelihood.calibration(&fixed, &varying[1..]).unwrap_err().to_string();
        assert_eq!(short, "varying: expected 60 values, got 59");
        let grid = TimeGrid::new(ENDS.to_vec()).unwrap();
        let eventless = Outcomes::new(vec![1.5; 3], vec![false; 3]).unwrap();
        let eventless = HazardLikelihood::new(&eventless, &grid).unwrap();
        let error = eventless.level(&[0.0; 9]).unwrap_err().to_string();
        assert!(error.contains("no finite level"), "{error}");
        let error = eventless.calibration(&[0.0; 9], &varying[..9]).unwrap_err().to_string();
        assert!(error.contains("no finite level"), "{error}");
    }
}
