//! Every figure with an interval, and every test, on one sample of dependent or independent
//! subjects.

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use vertebra_survival::{
    CompetingOutcomes, ConcordanceOptions, Error, Interval, Outcomes, TimeWeight,
    calibration::{
        calibration_groups, calibration_intercept, calibration_line, calibration_slope,
        observed_expected,
    },
    concordance::compare_c_u_statistic,
    curves::cumulative_incidence,
    fine_gray, gray_test,
    horizon::{
        Reclassification, accuracy_at, auc_at, brier_score, compare_auc_at, compare_brier,
        compare_net_benefit, decision_curve, incident_auc, integrated_discrimination,
        net_reclassification,
    },
    kaplan_meier, log_rank,
};

use crate::scenario::normal;

/// The horizon of all figures, in years.
const HORIZON: f64 = 4.0;
/// The probability at which one acts, about the mean risk.
const THRESHOLD: f64 = 0.06;
/// Members of a cluster, and how much of their covariates and of the chance in their times they
/// share.
const MEMBERS: usize = 4;
const SHARED: f64 = 0.5;
/// Events per year of another cause.
const OTHER_RATE: f64 = 0.01;

/// A cohort: events per year at `x = 0`, and whether subjects come in clusters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cohort {
    pub(crate) n: usize,
    pub(crate) rate: f64,
    pub(crate) clustered: bool,
}

/// One sample of a cohort.
pub(crate) struct Sample {
    competing: CompetingOutcomes,
    own: Outcomes,
    /// The log hazard up to a constant, two equally noisy scores of it, and a worse one.
    x: Vec<f64>,
    scores: [Vec<f64>; 3],
    /// A covariate and groups that have nothing to do with the outcome.
    noise: Vec<f64>,
    group: Vec<usize>,
    rate: f64,
}

impl Cohort {
    /// Draws a sample; without censoring where that is for a truth.
    pub(crate) fn draw(&self, seed: u64, censored: bool) -> Result<Sample, Error> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let n = self.n;
        let mut shared = Chance::default();
        let (mut time, mut cause) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let (mut x, mut noise, mut group) = (vec![], vec![], vec![]);
        let mut scores = [(); 3].map(|()| Vec::with_capacity(n));
        for i in 0..n {
            if i % MEMBERS == 0 || !self.clustered {
                shared = Chance::draw(&mut random);
            }
            let own = Chance::draw(&mut random);
            let mix = |k: usize| match self.clustered {
                true => SHARED.sqrt() * shared.0[k] + (1.0 - SHARED).sqrt() * own.0[k],
                false => own.0[k],
            };
            x.push(mix(0));
            for (k, (score, sd)) in scores.iter_mut().zip([0.5, 0.5, 1.5]).enumerate() {
                score.push(mix(0) + sd * mix(1 + k));
            }
            let rate = self.rate * mix(0).exp();
            let exponential = |normal: f64| -(0.5 * libm::erfc(normal / 2f64.sqrt())).ln();
            let event = exponential(mix(4)) / rate;
            let other = exponential(mix(5)) / OTHER_RATE;
            let end = 1.0 + 6.0 * 0.5 * libm::erfc(-own.0[6] / 2f64.sqrt());
            let end = if censored { end } else { 20.0 };
            time.push(event.min(other).min(end));
            cause.push(if event.min(other) > end { 0 } else { 1 + usize::from(other < event) });
            noise.push(mix(7));
            group.push(usize::from(shared.0[8] > 0.0));
        }
        let mut competing = CompetingOutcomes::new(time, cause)?;
        if self.clustered {
            competing = competing.with_clusters((0..n).map(|i| i / MEMBERS).collect())?;
        }
        let own = competing.cause(1)?.cause_specific();
        Ok(Sample { competing, own, x, scores, noise, group, rate: self.rate })
    }
}

/// Standard normal numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Chance([f64; 9]);

impl Chance {
    fn draw(random: &mut ChaCha8Rng) -> Self {
        Self([(); 9].map(|()| normal(random)))
    }
}

/// A figure's name with its value and interval.
pub(crate) type Figure = (&'static str, Result<(f64, Interval), Error>);
/// A test's name with its P value; its null hypothesis is true.
pub(crate) type Null = (&'static str, Result<f64, Error>);

impl Sample {
    /// Events of the cause of interest.
    pub(crate) fn n_events(&self) -> usize {
        self.own.n_events()
    }

    /// Figures of ranking and of classification, whose truth is that of a large sample.
    pub(crate) fn figures(&self) -> Vec<Figure> {
        let (own, [good, _, worse]) = (&self.own, &self.scores);
        let value = |e: vertebra_survival::Estimate| (e.value, e.interval);
        let paired = |d: vertebra_survival::PairedDifference| value(d.difference);
        let probability = |score: &[f64]| -> Vec<f64> {
            let risk = |h: &f64| 1.0 - (-self.rate * HORIZON * h.exp()).exp();
            score.iter().map(risk).collect()
        };
        let (p, old) = (probability(good), probability(worse));
        let without = |p: &[f64]| -> Vec<f64> { p.iter().map(|p| 1.0 - p).collect() };
        let uno = ConcordanceOptions::default();
        let uno = uno.with_time_weight(TimeWeight::Uno).with_horizon(HORIZON);
        let curve = kaplan_meier(own);
        let of_curve = |of: &dyn Fn(&vertebra_survival::SurvivalCurve) -> (f64, Interval)| {
            curve.as_ref().map(of).map_err(Clone::clone)
        };
        let accuracy = accuracy_at(own, good, HORIZON, 1.0);
        let share = |of: fn(&vertebra_survival::horizon::ThresholdAccuracy) -> _| {
            accuracy.as_ref().map(|a| value(of(a))).map_err(Clone::clone)
        };
        let nri = net_reclassification(own, &old, &p, HORIZON, &Reclassification::AnyChange);
        let benefit = decision_curve(own, &p, HORIZON, &[THRESHOLD]);
        let at = |of: fn(&vertebra_survival::horizon::NetBenefit) -> Option<_>| {
            let none = Error::Empty { name: "thresholds" };
            let one = |all: &Vec<vertebra_survival::horizon::NetBenefit>| {
                all.first().and_then(of).map(value).ok_or(none)
            };
            benefit.as_ref().map_err(Clone::clone).and_then(one)
        };
        let incidence = cumulative_incidence(&self.competing)
            .map(|all| (all[0].at(HORIZON), all[0].interval_at(HORIZON)));
        let brier = brier_score(own, &without(&p), HORIZON);
        let scaled = brier.as_ref().map(|b| value(b.scaled)).map_err(Clone::clone);
        vec![
            ("survival", of_curve(&|c| (c.at(HORIZON), c.interval_at(HORIZON)))),
            ("restricted mean", curve.clone().and_then(|c| c.restricted_mean(HORIZON)).map(value)),
            (
                "time by which 5 % had the event",
                of_curve(&|c| {
                    let (lower, upper) = c.quantile_interval(0.05);
                    let open = |bound: Option<f64>| bound.unwrap_or(f64::INFINITY);
                    (open(c.quantile(0.05)), Interval::new(open(lower), open(upper), 0.95))
                }),
            ),
            ("cumulative incidence", incidence),
            ("Uno's C", uno.estimate(own, good).map(|c| value(c.estimate))),
            ("Uno's C, difference", uno.compare(own, good, worse).map(paired)),
            ("AUC", auc_at(own, good, HORIZON).map(|a| value(a.estimate))),
            ("AUC, difference", compare_auc_at(own, good, worse, HORIZON).map(paired)),
            (
                "AUC of a cause",
                self.competing
                    .cause(1)
                    .and_then(|cause| Ok(value(auc_at(&cause, good, HORIZON)?.estimate))),
            ),
            ("sensitivity", share(|a| a.sensitivity)),
            ("specificity", share(|a| a.specificity)),
            ("positive predictive value", share(|a| a.ppv)),
            ("negative predictive value", share(|a| a.npv)),
            ("Brier score", brier.map(|b| value(b.estimate))),
            ("Brier score, scaled", scaled),
            (
                "Brier score, difference",
                compare_brier(own, &without(&p), &without(&old), HORIZON).map(paired),
            ),
            ("NRI", nri.clone().map(|n| paired(n.total))),
            ("NRI of events", nri.map(|n| value(n.events))),
            (
                "IDI",
                integrated_discrimination(own, &old, &p, HORIZON).map(|i| paired(i.improvement)),
            ),
            ("net benefit", at(|b| b.estimate)),
            ("net benefit over acting on all", at(|b| b.over_all)),
            (
                "net benefit, difference",
                compare_net_benefit(own, &p, &old, HORIZON, &[THRESHOLD]).map(|all| value(all[0])),
            ),
        ]
    }

    /// Figures whose truth is known, with it, as the predictions are right.
    pub(crate) fn calibration(&self) -> Vec<(Figure, f64)> {
        let own = &self.own;
        let risk = |h: &f64| 1.0 - (-self.rate * HORIZON * h.exp()).exp();
        let p: Vec<f64> = self.x.iter().map(risk).collect();
        let value = |e: vertebra_survival::Estimate| (e.value, e.interval);
        let line = calibration_line(own, &p, HORIZON);
        let ratio = self.competing.cause(1).and_then(|cause| {
            Ok(value(fine_gray(&cause, &[&self.noise])?.hazard_ratio(0, 0.95)?.ratio))
        });
        let group = calibration_groups(own, &p, HORIZON, 5);
        let lowest = group.as_ref().map(|g| (g[0].observed.value, g[0].observed.interval));
        let predicted = group.as_ref().map_or(f64::NAN, |g| g[0].predicted);
        vec![
            (
                (
                    "observed / expected",
                    observed_expected(own, &p, HORIZON).map(|o| value(o.ratio)),
                ),
                1.0,
            ),
            (("calibration intercept", calibration_intercept(own, &p, HORIZON).map(value)), 0.0),
            (("slope of the calibration line", line.map(|l| value(l.slope))), 1.0),
            (("calibration slope", calibration_slope(own, &self.x).map(value)), 1.0),
            (("lowest fifth of predicted risk", lowest.map_err(Clone::clone)), predicted),
            (("Fine and Gray's hazard ratio of noise", ratio), 1.0),
            (
                (
                    "incident AUC of noise",
                    incident_auc(own, &self.noise, &[2.0], 1.0).map(|a| value(a[0].estimate)),
                ),
                0.5,
            ),
        ]
    }

    /// Tests of true null hypotheses: two scores that are equally good, and random groups.
    pub(crate) fn nulls(&self) -> Vec<Null> {
        let (own, [a, b, _]) = (&self.own, &self.scores);
        let risk = |h: &f64| 1.0 - (-self.rate * HORIZON * h.exp()).exp();
        let p: Vec<f64> = a.iter().map(risk).collect();
        let q: Vec<f64> = b.iter().map(risk).collect();
        let without = |p: &[f64]| -> Vec<f64> { p.iter().map(|p| 1.0 - p).collect() };
        let any = Reclassification::AnyChange;
        let harrell = ConcordanceOptions::default();
        let uno = harrell.clone().with_time_weight(TimeWeight::Uno).with_horizon(HORIZON);
        vec![
            ("Harrell's C", harrell.compare(own, a, b).map(|d| d.test.p)),
            ("Uno's C", uno.compare(own, a, b).map(|d| d.test.p)),
            ("U-statistic", compare_c_u_statistic(own, a, b).map(|d| d.test.p)),
            ("AUC", compare_auc_at(own, a, b, HORIZON).map(|d| d.test.p)),
            (
                "Brier score",
                compare_brier(own, &without(&p), &without(&q), HORIZON).map(|d| d.test.p),
            ),
            ("NRI", net_reclassification(own, &p, &q, HORIZON, &any).map(|n| n.total.test.p)),
            ("IDI", integrated_discrimination(own, &p, &q, HORIZON).map(|i| i.improvement.test.p)),
            ("log-rank test", log_rank(own, &self.group).map(|t| t.test.p)),
            (
                "Gray's test",
                self.competing
                    .cause(1)
                    .and_then(|cause| Ok(gray_test(&cause, &self.group)?.test.p)),
            ),
        ]
    }
}
