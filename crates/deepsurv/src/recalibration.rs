//! Log hazards on their right scale, learnt from predictions for subjects that a network never saw.
//!
//! A network that fits its training subjects too well puts out log hazards that are too far apart,
//! and its probabilities are too extreme. Let `h` be the log hazards of training subjects, each by
//! a network that was fitted on the other folds. In a Cox model of the outcomes on `h`, stratified
//! by fold because networks share no origin, the coefficient `b` is the calibration slope that the
//! network has for new subjects, with standard error `s`. What a network says is multiplied by
//!
//! `factor = max(b (1 - s^2 / b^2), 0.01)`, and by 0.01 where `b <= 0`:
//!
//! the slope, shrunk by its own uncertainty towards a risk that is the same for everybody. With
//! many events the shrinkage vanishes; where predictions out of fold say nothing (`b <= s`), risks
//! become those of the average subject. The factor is positive, so that the order of subjects, and
//! with it every concordance, stays as it is. The fit has Firth's penalty: it is finite where few
//! events are ordered perfectly.
//!
//! The baseline hazard goes with it: Breslow's, of the same predictions times the factor. That of
//! the network's own training predictions would be too small, as those already tell events apart.
//!
//! The mean of an ensemble of `M` networks varies less than each of them. Let `m` be what a network
//! says of the subjects it held out, `h` the mean of all networks, and `g = cov(m, h) / var(m)`,
//! which is, in expectation, the share of the variance of `m` that a mean keeps for new subjects:
//! what other networks remember of an outcome is nothing that `m` knows of. Outcomes have slope
//! `b / g` on the mean, so that its factor is `factor / g` (regression calibration). The baseline
//! hazard allows for the mean's variation around `g m`, of variance `factor^2 var(m) (1 / g - 1)`;
//! where that is more than 0.5, `b / g` would be too much, and the `g` is used that leaves 0.5. Nothing
//! is added to the uncertainty of the slope for that of `g`.
//!
//! Sources: van Houwelingen & le Cessie, *Stat. Med.* 9:1303-1325, 1990 (shrinkage by a
//! cross-validated slope); Copas, *JRSS B* 45:311-354, 1983 (its uncertainty); Guo et al., ICML
//! 2017 (one factor for a network, there the temperature `1 / factor`); Carroll, Ruppert, Stefanski &
//! Crainiceanu, *Measurement Error in Nonlinear Models*, 2nd ed., 2006, chapter 4.

use crate::Error;
use serde::{Deserialize, Serialize};
use vertebra_survival::Outcomes;
use vertebra_survival::cox::{CoxOptions, Design};
use vertebra_survival::estimate::{Estimate, Interval, Pivot, Scale};

/// The smallest factor: it keeps the order of subjects, and tells nearly nothing else.
const SMALLEST: f64 = 0.01;

/// By what a network's log hazards are multiplied, and what that rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Recalibration {
    /// The factor, at least 0.01.
    pub factor: f64,
    /// Calibration slope of the log hazards out of fold, before they were multiplied; below 1 they
    /// were too far apart. Of an ensemble that of its mean, `b / g`. `None` where it does not exist:
    /// they do not vary.
    pub slope: Option<Estimate>,
    /// Subjects that it was learnt on.
    pub n: usize,
    /// Their events.
    pub events: usize,
}

impl Recalibration {
    /// Learnt from log hazards of subjects by networks that never saw them. `fold` says which
    /// network: those of one fold are compared with each other alone.
    ///
    /// # Shapes
    /// - `log_hazard`, `fold`: `[n]`
    ///
    /// # Errors
    /// [`Error::Survival`] for lengths that differ, a log hazard that is not finite, and outcomes
    /// without events.
    ///
    /// # Examples
    /// ```
    /// use vertebra_deepsurv::Recalibration;
    /// use vertebra_survival::Outcomes;
    /// let time: Vec<f64> = (0..60).map(|i| f64::from(1 + i * 7 % 53)).collect();
    /// let outcomes = Outcomes::new(time, (0..60).map(|i| i % 3 > 0).collect())?;
    /// // Log hazards that are far too large for what they tell.
    /// let log_hazard: Vec<f64> = (0..60).map(|i| f64::from(30 - (i * 7 + i * i) % 53)).collect();
    /// let fold: Vec<usize> = (0..60).map(|i| i % 3).collect();
    /// let learnt = Recalibration::learn(&outcomes, &log_hazard, &fold)?;
    /// assert!(learnt.factor < 0.2 && learnt.events == 40);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn learn(outcomes: &Outcomes, log_hazard: &[f64], fold: &[usize]) -> Result<Self, Error> {
        let slope = slope(outcomes, log_hazard, fold)?;
        Ok(Self {
            factor: shrunk(slope),
            slope,
            n: outcomes.n_subjects(),
            events: outcomes.n_events(),
        })
    }

    /// That of log hazards on which those it was learnt on have slope `1 / g` in expectation.
    pub(crate) fn divided_by(self, g: f64) -> Self {
        Self { factor: self.factor / g, slope: self.slope.map(|slope| divided(slope, g)), ..self }
    }
}

/// A slope on what is `g` times as large.
pub(crate) fn divided(slope: Estimate, g: f64) -> Estimate {
    let Estimate { value, std_error, interval, .. } = slope;
    let interval = Interval::new(interval.lower / g, interval.upper / g, interval.level);
    Estimate::new(value / g, std_error / g, interval)
}

/// The slope less what its uncertainty may have added to it.
pub(crate) fn shrunk(slope: Option<Estimate>) -> f64 {
    match slope {
        Some(Estimate { value, std_error, .. }) if value > 0.0 => {
            (value - std_error.powi(2) / value).max(SMALLEST)
        }
        _ => SMALLEST,
    }
}

fn slope(
    outcomes: &Outcomes,
    log_hazard: &[f64],
    fold: &[usize],
) -> Result<Option<Estimate>, Error> {
    use vertebra_survival::Error as Missing;
    let design = Design::from_columns(&[log_hazard])?.with_strata(fold.to_vec())?;
    let fit = match CoxOptions::default().with_firth(true).fit(outcomes, &design) {
        Ok(fit) => fit,
        Err(
            Missing::Constant { .. }
            | Missing::Collinear { .. }
            | Missing::MonotoneLikelihood { .. }
            | Missing::NotConverged { .. },
        ) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let std_error = (fit.covariance[0][0] * fit.design_effects[0]).sqrt();
    let scale = (Pivot::Normal, Scale::Plain);
    Ok(Some(Estimate::around(fit.coefficients[0], std_error, scale, 0.95)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Subjects whose hazard has slope `truth` on the log hazard; folds have origins of their own.
    fn sample(n: usize, truth: f64) -> (Outcomes, Vec<f64>, Vec<usize>) {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let (mut time, mut event, mut log_hazard) = (Vec::new(), Vec::new(), Vec::new());
        let fold: Vec<usize> = (0..n).map(|i| i % 4).collect();
        for &fold in &fold {
            let h = 4.0 * rng.random::<f64>() - 2.0;
            let at = -rng.random::<f64>().max(1e-12).ln() * (-truth * h).exp();
            let censored = 3.0 * rng.random::<f64>();
            time.push(at.min(censored));
            event.push(at <= censored);
            log_hazard.push(h + 10.0 * fold as f64);
        }
        (Outcomes::new(time, event).unwrap(), log_hazard, fold)
    }

    #[test]
    fn the_slope_is_found_whatever_the_origins_of_the_folds() {
        let (outcomes, log_hazard, fold) = sample(4000, 0.45);
        let learnt = Recalibration::learn(&outcomes, &log_hazard, &fold).unwrap();
        assert!((learnt.factor - 0.45).abs() < 0.05, "{learnt:?}");
        assert!(learnt.slope.unwrap().interval.contains(0.45), "{learnt:?}");
        assert_eq!((learnt.n, learnt.events), (4000, outcomes.n_events()));
        // As if networks had said twice as much.
        let twice: Vec<f64> = log_hazard.iter().map(|h| 2.0 * h).collect();
        let half = Recalibration::learn(&outcomes, &twice, &fold).unwrap();
        assert!((half.factor / learnt.factor - 0.5).abs() < 1e-6, "{half:?}");
    }

    #[test]
    fn few_events_shrink_and_what_says_nothing_is_left_with_nothing() {
        let (outcomes, log_hazard, fold) = sample(40, 0.45);
        let few = Recalibration::learn(&outcomes, &log_hazard, &fold).unwrap();
        let slope = few.slope.unwrap();
        let expected = slope.value - slope.std_error.powi(2) / slope.value;
        assert!(few.factor < 0.95 * slope.value, "{few:?}");
        assert!((few.factor - expected.max(0.01)).abs() < 1e-12, "{few:?}");
        let wrong: Vec<f64> = log_hazard.iter().map(|h| -h).collect();
        let wrong = Recalibration::learn(&outcomes, &wrong, &fold).unwrap();
        assert_eq!(wrong.factor, 0.01);
        let constant = Recalibration::learn(&outcomes, &[1.0; 40], &fold).unwrap();
        assert_eq!((constant.factor, constant.slope), (0.01, None));
    }

    #[test]
    fn no_events_no_slope() {
        let outcomes = Outcomes::new(vec![1.0, 2.0], vec![false; 2]).unwrap();
        assert!(Recalibration::learn(&outcomes, &[0.1, 0.2], &[0, 0]).is_err());
    }
}
