//! The likelihood of piecewise constant hazards of right-censored outcomes.

use super::{
    LossGradient, TimeGrid,
    logistic::{ln_softplus, logistic, softplus, softplus_inverse},
    time_grid::share,
};
use crate::{
    error::Error,
    outcomes::{Outcomes, check},
};

/// The likelihood of hazards that are constant within each interval of a grid. With logit `x_k` of
/// the probability `h_k = 1 / (1 + exp(-x_k))` that who lives to interval `k` has the event in it, its
/// cumulative hazard is `H_k = -ln(1 - h_k) = ln(1 + exp x_k)`, and a subject adds
///
/// `sum_k s_k H_k - [event in k] ln(H_k / length_k)`,
///
/// `s_k` being the share of interval `k` in which it was at risk. Entry times (left truncation) and
/// censoring within an interval thus count to the day; case weights count as copies. An event after
/// the last interval is none, at the end of that.
///
/// [`interval_hazard_loss`](super::interval_hazard_loss) is for times that are known by their interval
/// alone; of exact times it would leave out who is censored within an interval, whose hazard then
/// comes out too high.
///
/// Source: Kvamme & Borgan, *Lifetime Data Anal.* 27:710-736, 2021; as pycox `PCHazard`, with times
/// in years.
///
/// # Examples
/// ```
/// use vertebra_survival::{Outcomes, losses::{HazardLikelihood, TimeGrid}};
/// let outcomes = Outcomes::new(vec![0.5, 1.5], vec![true, false])?;
/// let likelihood = HazardLikelihood::new(&outcomes, &TimeGrid::new(vec![1.0, 2.0])?)?;
/// let hazard = 2f64.ln(); // of logit 0, per year
/// let at = likelihood.loss(&[0.0, 0.0, 0.0, 0.0])?;
/// assert!((at.loss - (0.5 * hazard - hazard.ln() + 1.5 * hazard) / 2.0).abs() < 1e-15);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct HazardLikelihood {
    lives: Vec<Life>,
    total: f64,
    intervals: Vec<(f64, f64)>,
}

/// What one subject counts for.
#[derive(Debug, Clone, Copy)]
struct Life {
    entry: f64,
    time: f64,
    /// The first and the last interval in which it was at risk.
    ends: (usize, usize),
    /// Whether its event was in the last.
    event: bool,
    weight: f64,
}

impl Life {
    /// The intervals in which it was at risk, each with the share of it.
    fn shares(self, intervals: &[(f64, f64)]) -> impl Iterator<Item = (usize, f64)> {
        let Self { entry, time, ends: (first, last), .. } = self;
        let here = intervals.iter().enumerate().take(last + 1).skip(first);
        here.map(move |(k, interval)| (k, share(*interval, time) - share(*interval, entry)))
    }

    fn event(self) -> Option<usize> {
        self.event.then_some(self.ends.1)
    }
}

/// What the outcomes say of one logit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    /// The weight of the subject, times the share of the interval in which it was at risk.
    pub(super) at_risk: f64,
    /// The weight of its event in the interval, 0 for none.
    pub(super) events: f64,
}

impl HazardLikelihood {
    /// Prepares outcomes, for instance those of a batch.
    ///
    /// # Errors
    /// [`Error::Empty`].
    pub fn new(outcomes: &Outcomes, grid: &TimeGrid) -> Result<Self, Error> {
        let n = outcomes.n_subjects();
        if n == 0 {
            return Err(Error::Empty { name: "outcomes" });
        }
        let life = |i: usize| {
            let time = outcomes.time()[i];
            let entry = outcomes.entry().map_or(0.0, |entry| entry[i]);
            let ends = (grid.interval(entry), grid.interval(time));
            let event = outcomes.event()[i] && ends.1 < grid.n_intervals();
            Life { entry, time, ends, event, weight: outcomes.weight(i) }
        };
        let lives = (0..n).map(life).collect();
        Ok(Self { lives, total: outcomes.total_weight(), intervals: grid.intervals() })
    }

    /// The negative log likelihood (times in years), mean over subjects, and its derivative by each
    /// logit.
    ///
    /// # Shapes
    /// - `logits`: `[n, intervals]`, row-major, finite
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::OutOfDomain`].
    pub fn loss(&self, logits: &[f64]) -> Result<LossGradient, Error> {
        let n_intervals = self.intervals.len();
        check::finite_values("logits", logits, self.lives.len() * n_intervals)?;
        let (mut loss, mut gradient) = (0.0, vec![0.0; logits.len()]);
        let rows = logits.chunks_exact(n_intervals).zip(gradient.chunks_exact_mut(n_intervals));
        for (life, (row, gradient)) in self.lives.iter().zip(rows) {
            let weight = life.weight / self.total;
            for (k, share) in life.shares(&self.intervals) {
                loss += weight * share * softplus(row[k]);
                gradient[k] += weight * share * logistic(row[k]);
            }
            if let Some(k) = life.event() {
                let of_log = ln_softplus(row[k]);
                let (begin, end) = self.intervals[k];
                loss -= weight * (of_log.value - (end - begin).ln());
                gradient[k] -= weight * of_log.slope;
            }
        }
        Ok(LossGradient { loss, gradient })
    }

    /// Logits of all subjects together.
    pub(super) fn n_logits(&self) -> usize {
        self.lives.len() * self.intervals.len()
    }

    /// Calls `visit` with the place of each logit that the outcomes say something of.
    pub(super) fn for_each_term(&self, mut visit: impl FnMut(usize, Term)) {
        for (life, first) in self.lives.iter().zip((0..).step_by(self.intervals.len())) {
            for (k, share) in life.shares(&self.intervals) {
                let events = if life.event() == Some(k) { life.weight } else { 0.0 };
                visit(first + k, Term { at_risk: life.weight * share, events });
            }
        }
    }

    /// The logits of the hazards that all subjects have together, `[intervals]`: where training can
    /// start. To each interval half an event and half an interval lived through are added, of mean
    /// weight, so that one without events has a logit too.
    #[must_use]
    pub fn common_logits(&self) -> Vec<f64> {
        let half = 0.5 * self.total / self.lives.len() as f64;
        let (mut events, mut lived) =
            (vec![half; self.intervals.len()], vec![half; self.intervals.len()]);
        for life in &self.lives {
            life.shares(&self.intervals).for_each(|(k, share)| lived[k] += life.weight * share);
            if let Some(k) = life.event() {
                events[k] += life.weight;
            }
        }
        events.iter().zip(&lived).map(|(events, lived)| softplus_inverse(events / lived)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kaplan_meier;

    const LOGITS: [f64; 15] =
        [0.2, -0.4, 0.9, -1.0, 0.0, 0.5, -2.0, 1.5, 0.3, 0.1, -0.6, 0.8, 30.0, -800.0, 1.1];

    fn grid() -> TimeGrid {
        TimeGrid::new(vec![1.0, 2.0, 4.0]).unwrap()
    }

    fn outcomes() -> Outcomes {
        let time = vec![0.5, 2.0, 4.5, 2.5, 1.7];
        Outcomes::new(time, vec![true, true, true, false, true]).unwrap()
    }

    fn loss(outcomes: &Outcomes, logits: &[f64]) -> f64 {
        HazardLikelihood::new(outcomes, &grid()).unwrap().loss(logits).unwrap().loss
    }

    /// Density and survival probability, written out.
    #[test]
    fn it_is_the_likelihood_of_the_curves() {
        let (outcomes, grid) = (outcomes(), grid());
        let entry = vec![0.2, 0.0, 1.5, 2.5 - 1.0, 0.0];
        let late = outcomes.clone().with_entry(entry.clone()).unwrap();
        let of = |i: usize, entry: f64| {
            let row = &LOGITS[3 * i..3 * i + 3];
            let time = outcomes.time()[i];
            let hazard = |time: f64| grid.cumulative_hazard(row, time).unwrap();
            let survived = (hazard(entry) - hazard(time)).exp();
            // The hazard as the slope of the cumulative one.
            let slope = (hazard(time) - hazard(time - 1e-6)) / 1e-6;
            let event = outcomes.event()[i] && time <= 4.0;
            if event { -(slope * survived).ln() } else { -survived.ln() }
        };
        // All but the last, whose hazard is too small for a slope by differences.
        let first = |outcomes: &Outcomes| loss(&outcomes.subset(&[0, 1, 2, 3]), &LOGITS[..12]);
        let expected = |entry: &[f64]| (0..4).map(|i| of(i, entry[i])).sum::<f64>() / 4.0;
        assert!((first(&outcomes) - expected(&[0.0; 4])).abs() < 1e-8);
        assert!((first(&late) - expected(&entry)).abs() < 1e-8);
        // The fifth: 0.7 of an interval at logit -800, whose hazard is exp(-800).
        let alone = loss(&outcomes.subset(&[4]), &LOGITS[12..]);
        assert!((alone - (30.0 + 800.0)).abs() < 1e-6, "{alone}");
    }

    #[test]
    fn the_ends_of_intervals_and_of_time_count_as_said() {
        let (a, b, c) = (softplus(0.3), softplus(-0.2), softplus(0.9));
        let row = [0.3, -0.2, 0.9];
        let alone = |time: f64, event: bool, entry: Option<f64>| {
            let one = Outcomes::new(vec![time], vec![event]).unwrap();
            match entry {
                Some(entry) => loss(&one.with_entry(vec![entry]).unwrap(), &row),
                None => loss(&one, &row),
            }
        };
        for (time, event, entry, expected) in [
            (0.0, true, None, -a.ln()),    // the density at time 0
            (1.0, true, None, a - a.ln()), // an end is the interval's
            (1.0, false, None, a),
            (2.0, true, Some(1.0), b - b.ln()), // as is a beginning not
            (3.0, false, Some(2.0), 0.5 * c),
            (4.0, true, None, a + b + c - (c / 2.0).ln()), // two years long
            (9.0, true, None, a + b + c),                  // after the last: none
            (9.0, true, Some(5.0), 0.0),                   // nor anything to learn
            (3.0, true, Some(2.5), 0.25 * c - (c / 2.0).ln()),
        ] {
            let got = alone(time, event, entry);
            assert!((got - expected).abs() < 1e-14, "{time} {event} {entry:?}: {got}");
        }
        let one = TimeGrid::new(vec![2.0]).unwrap();
        let two = Outcomes::new(vec![1.0, 2.0], vec![true, false]).unwrap();
        let got = HazardLikelihood::new(&two, &one).unwrap().loss(&[0.3, 0.3]).unwrap().loss;
        assert!((got - (0.5 * a - (a / 2.0).ln() + a) / 2.0).abs() < 1e-14, "{got}");
    }

    #[test]
    fn common_hazards_do_not_depend_on_the_unit_of_the_weights() {
        let likelihood = |weight: f64| {
            let weighted = outcomes().with_weights(vec![weight; 5]).unwrap();
            HazardLikelihood::new(&weighted, &grid()).unwrap().common_logits()
        };
        let (one, little) = (likelihood(1.0), likelihood(1e-6));
        assert!(one.iter().zip(&little).all(|(a, b)| (a - b).abs() < 1e-9), "{one:?} {little:?}");
    }

    #[test]
    fn a_weight_is_as_many_copies() {
        let weighted = outcomes().with_weights(vec![1.0, 3.0, 1.0, 2.0, 1.0]).unwrap();
        let copies = [0, 1, 1, 1, 2, 3, 3, 4];
        let row = |i: usize| LOGITS[3 * i..3 * i + 3].to_vec();
        let of_copies = copies.into_iter().flat_map(row).collect::<Vec<_>>();
        let expected = loss(&outcomes().subset(&copies), &of_copies);
        assert!((loss(&weighted, &LOGITS) - expected).abs() < 1e-12);
    }

    #[test]
    fn common_hazards_are_those_of_the_life_table_whatever_the_censoring() {
        let n = 40_000;
        let share = |i: usize, by: f64| (0.5 + i as f64 * by).fract();
        let due = |i: usize| -share(i, 0.618_033_988_749_895).ln() / 0.4;
        let censored = |i: usize| 4.5 * share(i, 0.414_213_562_373_095);
        let time = (0..n).map(|i| due(i).min(censored(i))).collect();
        let event = (0..n).map(|i| due(i) <= censored(i)).collect();
        let outcomes = Outcomes::new(time, event).unwrap();
        let likelihood = HazardLikelihood::new(&outcomes, &grid()).unwrap();
        let common = likelihood.common_logits();
        let observed = kaplan_meier(&outcomes).unwrap();
        for time in [0.5, 1.0, 1.6, 2.0, 3.0, 4.0] {
            let got = grid().survival(&common, time).unwrap();
            assert!((got - observed.at(time)).abs() < 0.01, "{time}: {got}");
        }
        // And nothing else is more likely.
        let best = likelihood.loss(&common.repeat(n)).unwrap();
        for k in 0..3 {
            let slope: f64 = best.gradient.iter().skip(k).step_by(3).sum();
            assert!(slope.abs() < 1e-4, "{k}: {slope}");
        }
    }

    #[test]
    fn gradients_are_derivatives() {
        let entry = vec![0.2, 0.0, 1.5, 1.5, 1.2];
        let outcomes = outcomes().with_entry(entry).unwrap();
        let weighted = outcomes.with_weights(vec![1.0, 3.0, 1.0, 2.0, 1.0]).unwrap();
        let likelihood = HazardLikelihood::new(&weighted, &grid()).unwrap();
        let at = likelihood.loss(&LOGITS).unwrap();
        for j in 0..LOGITS.len() {
            let moved = |by: f64| {
                let mut there = LOGITS;
                there[j] += by;
                likelihood.loss(&there).unwrap().loss
            };
            let difference = (moved(1e-4) - moved(-1e-4)) / 2e-4;
            assert!((difference - at.gradient[j]).abs() < 1e-7, "{j}: {difference}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let likelihood = HazardLikelihood::new(&outcomes(), &grid()).unwrap();
        let error = likelihood.loss(&LOGITS[1..]).unwrap_err();
        assert_eq!(error.to_string(), "logits: expected 15 values, got 14");
        let mut logits = LOGITS;
        logits[4] = f64::NAN;
        let error = likelihood.loss(&logits).unwrap_err().to_string();
        assert_eq!(error, "logits[4] must be finite, got NaN");
    }
}
