//! Cumulative incidence under competing risks (Aalen-Johansen).
//!
//! `F_c(t) = sum_{t_k <= t} S(t_k-) d_ck / n_k`, with `S` the curve of any event. Where a competing
//! event (such as death) makes the event impossible, `1 - Kaplan-Meier` of the event alone
//! overstates its probability; `F_c` does not. Standard errors are the infinitesimal jackknife ones.
//!
//! Sources: Aalen & Johansen, *Scand. J. Stat.* 5:141-150, 1978; Putter, Fiocco & Geskus, *Stat.
//! Med.* 26:2389-2430, 2007. Equal to R `survfit()` of a factor status, interval `"log"`.

use crate::{CompetingOutcomes, Error, Outcomes, check, normal, time_groups::TimeGroups};

/// Cumulative incidence of one cause: a right-continuous step function.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct CumulativeIncidence {
    /// The cause, from 1.
    pub cause: usize,
    /// Distinct follow-up times in years, increasing.
    pub times: Vec<f64>,
    /// Subjects at risk just before each time.
    pub n_risk: Vec<f64>,
    /// Events of this cause at each time.
    pub n_event: Vec<f64>,
    /// Probability of an event of this cause by each time.
    pub incidence: Vec<f64>,
    /// Standard error of `incidence`.
    pub std_err: Vec<f64>,
    /// Lower bound of the 95 % interval on the log scale; 0 before the first event.
    pub lower: Vec<f64>,
    /// Upper bound, cut at 1; 0 before the first event.
    pub upper: Vec<f64>,
}

impl CumulativeIncidence {
    /// Probability of an event of this cause by `time` years.
    #[must_use]
    pub fn at(&self, time: f64) -> f64 {
        match self.times.partition_point(|&t| t <= time) {
            0 => 0.0,
            k => self.incidence[k - 1],
        }
    }
}

/// Cumulative incidence of every cause, in O(n log n).
///
/// # Errors
/// [`Error::Empty`], [`Error::NoEvents`], and [`Error::Unsupported`] for case weights.
///
/// # Examples
/// ```
/// use vertebra_survival::{CompetingOutcomes, cumulative_incidence};
/// let (fracture, death) = (1, 2);
/// let cause = vec![fracture, death, 0, fracture];
/// let curves = cumulative_incidence(&CompetingOutcomes::new(vec![1.0, 2.0, 3.0, 4.0], cause)?)?;
/// assert_eq!((curves[0].at(3.0), curves[1].at(3.0)), (0.25, 0.25));
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn cumulative_incidence(
    outcomes: &CompetingOutcomes,
) -> Result<Vec<CumulativeIncidence>, Error> {
    let any = outcomes.any();
    check::length("time", any.time(), any)?;
    if any.n_events() == 0 {
        return Err(Error::NoEvents(any.n_subjects()));
    }
    if any.weights().is_some() {
        return Err(Error::Unsupported("the cumulative incidence curve", "case weights"));
    }
    let groups = TimeGroups::new(any);
    let causes = 1..=outcomes.n_causes();
    Ok(causes.map(|c| one_cause(any, &groups, outcomes.causes(), c)).collect())
}

fn one_cause(
    any: &Outcomes,
    groups: &TimeGroups,
    cause: &[usize],
    which: usize,
) -> CumulativeIncidence {
    let z = normal::two_sided(0.95);
    let mut curve = CumulativeIncidence {
        cause: which,
        times: Vec::with_capacity(groups.len()),
        n_risk: Vec::with_capacity(groups.len()),
        n_event: Vec::with_capacity(groups.len()),
        incidence: Vec::with_capacity(groups.len()),
        std_err: Vec::with_capacity(groups.len()),
        lower: Vec::with_capacity(groups.len()),
        upper: Vec::with_capacity(groups.len()),
    };
    let (mut n, mut survival, mut incidence) = (any.n_subjects() as f64, 1.0, 0.0);
    let mut variance = Variance::default();
    for (group, &time) in groups.iter().zip(groups.times()) {
        let d = group.events.len() as f64;
        let own = group.events.iter().filter(|&&i| cause[i as usize] == which).count() as f64;
        incidence += survival * own / n;
        variance.step(n, d / n, own / n, survival, incidence);
        let se = variance.at(incidence).sqrt();
        let factor = if incidence > 0.0 { (z * se / incidence).exp() } else { 1.0 };
        curve.times.push(time);
        curve.n_risk.push(n);
        curve.n_event.push(own);
        curve.incidence.push(incidence);
        curve.std_err.push(se);
        curve.lower.push(incidence / factor);
        curve.upper.push((incidence * factor).min(1.0));
        survival *= 1.0 - d / n;
        n -= group.all.len() as f64;
    }
    curve
}

/// The jackknife variance of `F(t)`. A time `u` with hazards `h` of any cause and `c` of this one adds
/// `(c (1 - c) S^2 - 2 S c D + g h D^2) / n` with `D = F(t) - F(u)` and `g = 1 / (1 - h)`: a square
/// in `F(t)` whose coefficients are summed as time goes on.
#[derive(Debug, Default)]
struct Variance {
    constant: f64,
    linear: f64,
    square: f64,
}

impl Variance {
    fn step(&mut self, n: f64, h: f64, c: f64, survival: f64, incidence: f64) {
        let own = c * (1.0 - c) * survival * survival / n;
        let cross = 2.0 * survival * c / n;
        let spread = if h < 1.0 { h / ((1.0 - h) * n) } else { 0.0 };
        self.constant += own + cross * incidence + spread * incidence * incidence;
        self.linear -= cross + 2.0 * spread * incidence;
        self.square += spread;
    }

    fn at(&self, incidence: f64) -> f64 {
        (self.constant + incidence * (self.linear + incidence * self.square)).max(0.0)
    }
}
