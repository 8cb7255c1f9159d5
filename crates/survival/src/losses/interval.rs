//! Losses of outcomes known to an interval, with exact gradients in f64.
//!
//! - [`ProfileLikelihood`]: proportional hazards with any baseline hazard, which is maximised out;
//!   the counterpart of the partial likelihood. Source: Zeng, Mao & Lin, *Biometrika* 103:253-271,
//!   2016; by the envelope theorem its gradient is that of the likelihood at the best baseline.
//! - [`weibull_interval_loss`]: `-ln(S(left) - S(right))` of Weibull's distribution.
//! - [`interval_hazard_loss`]: the same of a discrete-time logistic hazard.

use super::{LossGradient, logistic};
use crate::{
    BaselineHazard,
    cox::scaled::Scaled,
    error::Error,
    interval_censored::{IntervalOutcomes, Profile, Profiled},
    outcomes::check,
};

/// The likelihood of log hazards of outcomes known to an interval, the baseline hazard being the
/// best for them. What does not depend on the log hazards is computed once.
///
/// # Examples
/// ```
/// use vertebra_survival::{interval_censored::IntervalOutcomes, losses::ProfileLikelihood};
/// let none = f64::INFINITY;
/// let left = vec![0.0, 2.0, 2.0, 4.0, 4.0];
/// let outcomes = IntervalOutcomes::new(left, vec![2.0, 4.0, none, none, none])?;
/// let likelihood = ProfileLikelihood::new(&outcomes)?;
/// let right_order = likelihood.loss(&[1.0, 0.5, 0.0, -0.5, -0.5])?.loss;
/// assert!(right_order < likelihood.loss(&[-0.5, -0.5, 0.0, 0.5, 1.0])?.loss);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ProfileLikelihood {
    profile: Profile,
    n: usize,
    events: f64,
}

impl ProfileLikelihood {
    /// Prepares outcomes, for instance those of a batch.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::NoEvents`], or [`Error::Undefined`] where nobody is known to be
    /// free of the event after another's.
    pub fn new(outcomes: &IntervalOutcomes) -> Result<Self, Error> {
        let happened = |i: &usize| outcomes.right()[*i].is_finite();
        let n = outcomes.n_subjects();
        let events = (0..n).filter(happened).map(|i| outcomes.weight(i)).sum();
        Ok(Self { profile: Profile::new(outcomes)?, n, events })
    }

    /// The negative log likelihood divided by the (weighted) number of events, and its derivative
    /// by each log hazard.
    ///
    /// # Shapes
    /// - `log_hazard`: `[n]`, in the subject order of the outcomes
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::NotConverged`].
    pub fn loss(&self, log_hazard: &[f64]) -> Result<LossGradient, Error> {
        let (at, _) = self.at(log_hazard)?;
        let gradient = at.score.iter().map(|s| -s / self.events).collect();
        Ok(LossGradient { loss: -at.value / self.events, gradient })
    }

    /// The baseline hazard that is the best for these log hazards, of a subject of log hazard 0: what
    /// [`breslow_baseline`](crate::breslow_baseline) is where times are known.
    ///
    /// The likelihood tells by how much it rises within each interval of support, not where. It is
    /// taken to rise evenly, as that of
    /// [`IntervalCox`](crate::interval_censored::IntervalCox::cumulative_hazard_at) does, in 32
    /// steps. Beyond what anybody was followed it stays as it is.
    ///
    /// # Shapes
    /// - `log_hazard`: `[n]`, in the subject order of the outcomes
    ///
    /// # Errors
    /// As [`loss`](Self::loss).
    pub fn baseline(&self, log_hazard: &[f64]) -> Result<BaselineHazard, Error> {
        let (at, largest) = self.at(log_hazard)?;
        let intervals = self.profile.lower.iter().zip(&self.profile.upper);
        let steps = intervals.zip(&at.masses.mass).flat_map(|((&lower, &upper), &mass)| {
            let count = if upper > lower { STEPS } else { 1 };
            (1..=count).map(move |k| {
                let time = lower + (upper - lower) * (f64::from(k) / f64::from(count));
                (time, Scaled { scale: -largest, value: mass / f64::from(count) })
            })
        });
        Ok(BaselineHazard::from_steps(steps))
    }

    /// The best baseline for log hazards of which the largest is taken out, and that one: a constant
    /// is the baseline's business, and without it no rate is too large for an f64.
    fn at(&self, log_hazard: &[f64]) -> Result<(Profiled, f64), Error> {
        check::finite_values("log_hazard", log_hazard, self.n)?;
        let largest = log_hazard.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let centred: Vec<f64> = log_hazard.iter().map(|h| h - largest).collect();
        Ok((self.profile.at(&centred, None)?, largest))
    }
}

/// Steps in which a baseline hazard rises within an interval of support.
const STEPS: u32 = 32;

/// Negative Weibull log likelihood of outcomes known to an interval, mean over subjects; case
/// weights are honoured.
///
/// # Shapes
/// - `log_scale_shape`: `[n, 2]`, row-major: `ln scale` (scale in years) and `ln shape`
///
/// # Errors
/// [`Error::Empty`], [`Error::LengthMismatch`], [`Error::OutOfDomain`] for a value that is not
/// finite, and [`Error::Undefined`] where the likelihood is too small for an f64.
pub fn weibull_interval_loss(
    outcomes: &IntervalOutcomes,
    log_scale_shape: &[f64],
) -> Result<LossGradient, Error> {
    let n = outcomes.n_subjects();
    if n == 0 {
        return Err(Error::Empty { name: "outcomes" });
    }
    check::finite_values("log_scale_shape", log_scale_shape, 2 * n)?;
    let total = outcomes.total_weight();
    let (mut loss, mut gradient) = (0.0, Vec::with_capacity(2 * n));
    for (i, parameters) in log_scale_shape.chunks_exact(2).enumerate() {
        let weight = outcomes.weight(i) / total;
        let ends = (outcomes.left()[i], outcomes.right()[i]);
        let (value, by_scale, by_shape) = weibull(ends, parameters[0], parameters[1]);
        loss += weight * value;
        gradient.extend([weight * by_scale, weight * by_shape]);
    }
    finite(loss, gradient, "the Weibull loss")
}

/// Discrete-time logistic hazard loss of outcomes known to some intervals, mean over subjects.
///
/// Follow-up is cut into `n_intervals`; subject `i` lived through those before `first[i]` and had
/// its event in one of `first[i]..end[i]`, or, if `end[i]` is `None`, was not seen to have any. An
/// event in a single interval, `end = first + 1`, is that of
/// [`logistic_hazard_loss`](super::logistic_hazard_loss).
///
/// # Shapes
/// - `first`, `end`: `[n]`
/// - `logits`: `[n, n_intervals]`, row-major, finite
///
/// # Errors
/// [`Error::Empty`], [`Error::LengthMismatch`], [`Error::OutOfDomain`].
pub fn interval_hazard_loss(
    first: &[usize],
    end: &[Option<usize>],
    logits: &[f64],
    n_intervals: usize,
) -> Result<LossGradient, Error> {
    let n = first.len();
    if n == 0 || n_intervals == 0 {
        return Err(Error::Empty { name: "logits" });
    }
    if end.len() != n {
        return Err(Error::LengthMismatch { name: "end", expected: n, got: end.len() });
    }
    check::finite_values("logits", logits, n * n_intervals)?;
    let outside = |i: &usize| match end[*i] {
        None => first[*i] > n_intervals,
        Some(end) => end <= first[*i] || end > n_intervals,
    };
    if let Some(index) = (0..n).find(outside) {
        let (value, expected) = (first[index] as f64, "before its end, both among the intervals");
        return Err(Error::OutOfDomain { name: "first", index, value, expected });
    }
    let (mut loss, mut gradient) = (0.0, vec![0.0; logits.len()]);
    let rows = logits.chunks_exact(n_intervals).zip(gradient.chunks_exact_mut(n_intervals));
    for ((row, gradient), (&first, end)) in rows.zip(first.iter().zip(end)) {
        loss += cumulative_hazard(&row[..first]);
        add_hazards(&row[..first], &mut gradient[..first], 1.0 / n as f64);
        if let Some(end) = *end {
            let (row, gradient) = (&row[first..end], &mut gradient[first..end]);
            let hazard = cumulative_hazard(row);
            loss -= (-(-hazard).exp_m1()).ln();
            add_hazards(row, gradient, -1.0 / (hazard.exp_m1() * n as f64));
        }
    }
    finite(loss / n as f64, gradient, "the logistic hazard loss")
}

/// Loss of one subject and its derivatives by `ln scale` and `ln shape`.
fn weibull((left, right): (f64, f64), log_scale: f64, log_shape: f64) -> (f64, f64, f64) {
    let shape = log_shape.exp();
    // The cumulative hazard and its derivative by `ln shape`; that by `ln scale` is `-shape H`.
    let hazard = |time: f64| match time {
        0.0 => (0.0, 0.0),
        f64::INFINITY => (f64::INFINITY, 0.0),
        _ => {
            let power = shape * (time.ln() - log_scale);
            (power.exp(), power * power.exp())
        }
    };
    let (h, h_shape) = hazard(left);
    if left == right {
        let power = shape * (left.ln() - log_scale);
        let value = h - log_shape - power + left.ln();
        return (value, shape - shape * h, h_shape - 1.0 - power);
    }
    let (end, end_shape) = hazard(right);
    if end.is_infinite() {
        return (h, -shape * h, h_shape);
    }
    let odds = 1.0 / (end - h).exp_m1();
    let value = h - (-(h - end).exp_m1()).ln();
    let by = |of_left: f64, of_right: f64| of_left - odds * (of_right - of_left);
    (value, by(-shape * h, -shape * end), by(h_shape, end_shape))
}

fn cumulative_hazard(logits: &[f64]) -> f64 {
    logits.iter().map(|x| logistic::softplus(*x)).sum()
}

/// Adds the hazards times `factor`.
fn add_hazards(logits: &[f64], gradient: &mut [f64], factor: f64) {
    for (x, g) in logits.iter().zip(gradient) {
        *g += factor * logistic::logistic(*x);
    }
}

fn finite(loss: f64, gradient: Vec<f64>, name: &'static str) -> Result<LossGradient, Error> {
    match loss.is_finite() && gradient.iter().all(|g| g.is_finite()) {
        true => Ok(LossGradient { loss, gradient }),
        false => Err(Error::Undefined { name, why: "the likelihood is too small for an f64" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cox::Design;
    use crate::interval_censored::IntervalCoxOptions;
    use crate::losses::{logistic_hazard_loss, weibull_loss};

    const NONE: f64 = f64::INFINITY;

    fn sample() -> IntervalOutcomes {
        let left = vec![0.0, 2.0, 1.5, 4.0, 3.0, 6.0, 0.5, 2.5];
        let right = vec![2.0, 3.5, 4.0, NONE, 3.0, NONE, NONE, 5.0];
        let weight = vec![1.0, 2.0, 1.0, 0.5, 1.0, 1.5, 1.0, 1.0];
        IntervalOutcomes::new(left, right).unwrap().with_weights(weight).unwrap()
    }

    /// Central differences of a loss.
    fn check_gradient(x: &[f64], tolerance: f64, loss: impl Fn(&[f64]) -> LossGradient) {
        let at = loss(x);
        for j in 0..x.len() {
            let moved = |by: f64| {
                let mut there = x.to_vec();
                there[j] += by;
                loss(&there).loss
            };
            let difference = (moved(1e-4) - moved(-1e-4)) / 2e-4;
            assert!((difference - at.gradient[j]).abs() < tolerance, "{j}: {difference} {at:?}");
        }
    }

    #[test]
    fn gradients_are_derivatives() {
        let outcomes = sample();
        let h = [0.3, -0.2, 0.7, -1.1, 0.5, 0.0, -0.4, 0.9];
        let likelihood = ProfileLikelihood::new(&outcomes).unwrap();
        check_gradient(&h, 1e-6, |h| likelihood.loss(h).unwrap());
        let parameters: Vec<f64> = (0..16).map(|k| 0.2 * f64::from(k % 5) + 0.3).collect();
        check_gradient(&parameters, 2e-6, |x| weibull_interval_loss(&outcomes, x).unwrap());
        let (first, end) = ([0, 1, 2, 3], [Some(2), Some(3), None, None]);
        let logits = [0.2, -0.4, 0.9, -1.0, 0.0, 0.5, -2.0, 1.5, 0.3, 0.1, -0.6, 0.8];
        check_gradient(&logits, 1e-6, |x| interval_hazard_loss(&first, &end, x, 3).unwrap());
    }

    #[test]
    fn shifts_of_all_log_hazards_do_not_matter_and_large_ones_do_no_harm() {
        let likelihood = ProfileLikelihood::new(&sample()).unwrap();
        let h = [0.3, -0.2, 0.7, -1.1, 0.5, 0.0, -0.4, 0.9];
        let at = likelihood.loss(&h).unwrap();
        assert!(at.gradient.iter().sum::<f64>().abs() < 1e-6);
        let moved = likelihood.loss(&h.map(|h| h + 500.0)).unwrap();
        assert!((moved.loss - at.loss).abs() < 1e-8);
    }

    /// At the coefficients with the highest likelihood the baseline is that of the regression, and of
    /// exact times Breslow's.
    #[test]
    fn baselines_are_those_of_the_regressions() {
        let outcomes = sample();
        let x = [0.3, -0.2, 0.7, -1.1, 0.5, 0.0, -0.4, 0.9];
        let design = Design::from_columns(&[x]).unwrap();
        let fit = IntervalCoxOptions::default().fit(&outcomes, &design).unwrap();
        let log_hazard: Vec<f64> = x.iter().map(|&x| fit.log_hazard(&[x]).unwrap()).collect();
        let likelihood = ProfileLikelihood::new(&outcomes).unwrap();
        let baseline = likelihood.baseline(&log_hazard).unwrap();
        let total = fit.hazard.iter().sum::<f64>();
        assert!(total > 0.1 && fit.lower.iter().zip(&fit.upper).any(|(l, u)| u > l));
        for k in 0..=120 {
            let time = fit.until * f64::from(k) / 120.0;
            let (got, expected) =
                (baseline.cumulative(time), fit.cumulative_hazard_at(time).unwrap());
            // A step behind at most.
            assert!(
                got <= expected + 1e-6 && got >= expected - total / 32.0 - 1e-6,
                "{time}: {got}"
            );
        }
        for upper in &fit.upper {
            let expected = fit.cumulative_hazard_at(*upper).unwrap();
            assert!((baseline.cumulative(*upper) - expected).abs() < 1e-6, "{upper}");
        }
        // Log hazards that only differ by a constant have a baseline of another level.
        let moved: Vec<f64> = log_hazard.iter().map(|h| h + 300.0).collect();
        let moved = likelihood.baseline(&moved).unwrap();
        let risk = |baseline: &BaselineHazard, h: f64| baseline.risk(h, 3.0);
        assert!((risk(&moved, 300.5) - risk(&baseline, 0.5)).abs() < 1e-9);

        let right = crate::Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, false, true, false]);
        let right = right.unwrap();
        let known = IntervalOutcomes::from_right_censored(&right).unwrap();
        let h = [0.2, -0.3, 0.6, 0.1];
        let got = ProfileLikelihood::new(&known).unwrap().baseline(&h).unwrap();
        let expected = crate::breslow_baseline(&right, &h).unwrap();
        assert_eq!(got.times(), expected.times());
        for time in [0.5, 1.0, 2.5, 3.0, 9.0] {
            assert!((got.cumulative(time) - expected.cumulative(time)).abs() < 1e-9, "{time}");
        }
    }

    #[test]
    fn an_interval_of_one_and_an_exact_time_are_the_losses_that_stand() {
        let logits = [0.2, -0.4, 0.9, -1.0, 0.0, 0.5];
        let one = interval_hazard_loss(&[1, 2], &[Some(2), None], &logits, 3).unwrap();
        let old = logistic_hazard_loss(&[1, 1], &[true, false], &logits, 3).unwrap();
        assert!((one.loss - old.loss).abs() < 1e-12);
        let parameters = [0.3, 0.1, 0.8, -0.2];
        let right = crate::Outcomes::new(vec![1.2, 3.0], vec![true, false]).unwrap();
        let outcomes = IntervalOutcomes::from_right_censored(&right).unwrap();
        let one = weibull_interval_loss(&outcomes, &parameters).unwrap();
        let old = weibull_loss(&right, &parameters).unwrap();
        // The density by time instead of by its logarithm: both have the same terms.
        assert!((one.loss - old.loss).abs() < 1e-12, "{one:?} {old:?}");
        assert!(one.gradient.iter().zip(&old.gradient).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}
