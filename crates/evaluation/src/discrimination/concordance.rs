//! Concordance of a score with the outcomes, its bootstrap, and the interval to report.

use crate::estimate::{Estimate, Interval};
use crate::run::{Run, figure};
use crate::{Figure, Keys, Reason, Undefined, keys};
use serde::{Deserialize, Serialize};
use vertebra_survival::{
    BootstrapOptions, CStatistic, ConcordanceOptions, Error, TimeWeight,
    concordance::JointBootstrap, resampling::StudentisedBootstrap,
};

/// A concordance index.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Concordance {
    /// The index, with the interval on the logit scale by Student's t.
    #[serde(flatten, with = "keys::c")]
    pub estimate: Estimate,
    /// The pairs behind it.
    #[serde(flatten)]
    pub pairs: Pairs,
}

/// (Weighted) pairs of subjects that a concordance index counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pairs {
    /// The earlier event has the higher risk.
    #[serde(with = "keys::count")]
    pub concordant: f64,
    /// The earlier event has the lower risk.
    #[serde(with = "keys::count")]
    pub discordant: f64,
    /// Comparable, and equal in risk.
    #[serde(with = "keys::count")]
    pub tied_risk: f64,
    /// Events at the same time, which are not compared.
    #[serde(with = "keys::count")]
    pub tied_time: f64,
    /// Events at the same time, and equal in risk.
    #[serde(with = "keys::count")]
    pub tied_both: f64,
}

impl Keys for Concordance {
    const KEYS: &'static [&'static str] = &[
        "c",
        "se",
        "lower",
        "upper",
        "concordant",
        "discordant",
        "tied_risk",
        "tied_time",
        "tied_both",
    ];
}

/// Uno's C with its truncation time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnoConcordance {
    /// The index.
    #[serde(flatten)]
    pub concordance: Figure<Concordance>,
    /// Time at which it is cut off; all of follow-up if absent.
    pub tau: Option<f64>,
}

/// Concordance with pairs weighted by time in other ways than Harrell's and Uno's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OtherWeights {
    /// Weights S(t-).
    pub survival: Figure<Concordance>,
    /// Schemper's weights S(t-) / G(t-).
    pub schemper: Figure<Concordance>,
    /// Every event time counts alike.
    pub per_event: Figure<Concordance>,
}

/// Bootstrap intervals of one statistic, lower and upper bound each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BootstrapIntervals {
    /// Percentile interval.
    pub percentile: Option<(f64, f64)>,
    /// Basic interval.
    pub basic: Option<(f64, f64)>,
    /// Bias-corrected and accelerated interval.
    pub bca: Option<(f64, f64)>,
    /// Studentised interval, on the logit scale for an index and on its own for a difference.
    pub studentised: Option<(f64, f64)>,
    /// Level of all of them.
    pub level: f64,
    /// Why one of them does not exist, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Bootstrap samples with a value of the statistic.
    pub samples: usize,
    /// Bootstrap samples without one, left out.
    pub undefined: usize,
}

impl Keys for BootstrapIntervals {
    const KEYS: &'static [&'static str] = &["percentile", "basic", "bca", "studentised"];
}

/// The scores with one way of computing C, and its bootstrap if asked for.
pub(crate) struct Concordances {
    options: ConcordanceOptions,
    /// Why this C does not exist for these outcomes.
    undefined: Option<&'static str>,
    /// The bootstrap of all scores in the same samples, where none of them has gaps.
    drawn: Option<Result<JointBootstrap, Error>>,
}

impl Concordances {
    pub(crate) fn harrell(run: &Run<'_>, risks: &[Vec<f64>]) -> Self {
        Self::new(run, ConcordanceOptions::default(), None).drawn(run, risks)
    }

    pub(crate) fn uno(run: &Run<'_>, risks: &[Vec<f64>]) -> Self {
        let mut options = ConcordanceOptions::default().with_time_weight(TimeWeight::Uno);
        if let Some(tau) = run.options.tau {
            options = options.with_horizon(tau);
        }
        let why = "not defined for competing risks; the AUC at a horizon weights by censoring";
        Self::new(run, options, Some(why)).drawn(run, risks)
    }

    /// `undefined` says why there is no such C under competing risks.
    fn new(run: &Run<'_>, options: ConcordanceOptions, undefined: Option<&'static str>) -> Self {
        let mut options = options.with_level(run.level());
        if let Some(strata) = &run.sample.strata {
            options = options.with_strata(strata.clone());
        }
        if let Some(clusters) = &run.sample.clusters {
            options = options.with_clusters(clusters.clone());
        }
        Self { options, undefined: undefined.filter(|_| run.cause().is_some()), drawn: None }
    }

    fn drawn(mut self, run: &Run<'_>, risks: &[Vec<f64>]) -> Self {
        let samples = run.options.bootstrap.filter(|_| self.undefined.is_none());
        self.drawn = samples.map(|samples| {
            let bootstrap =
                BootstrapOptions::default().with_replicates(samples).with_seed(run.options.seed);
            let risks: Vec<&[f64]> = risks.iter().map(Vec::as_slice).collect();
            self.options.bootstrap(&run.pairs, &risks, &bootstrap)
        });
        self
    }

    pub(crate) fn not_defined(&self) -> Option<Undefined> {
        self.undefined.map(|why| Undefined::new(Reason::NotDefined, why))
    }

    pub(crate) fn index(&self, run: &Run<'_>, risk: &[f64]) -> Figure<Concordance> {
        match self.not_defined() {
            Some(undefined) => undefined.into(),
            None => figure(self.options.estimate(&run.pairs, risk), Concordance::of),
        }
    }

    /// The bootstrap intervals of the `k`-th score's index.
    pub(crate) fn bootstrap(
        &self,
        run: &Run<'_>,
        k: usize,
        risk: &[f64],
    ) -> Figure<BootstrapIntervals> {
        if let Some(undefined) = self.not_defined() {
            return undefined.into();
        }
        let Some(drawn) = &self.drawn else {
            return Undefined::new(
                Reason::NotRequested,
                "not asked for: no bootstrap samples (evaluate --bootstrap)",
            )
            .into();
        };
        let drawn = drawn.as_ref().map_err(Clone::clone).and_then(|drawn| drawn.score(k));
        let influence = self.options.jackknife_values(&run.pairs, risk);
        figure(drawn.and_then(|drawn| Ok((drawn, influence?))), |(drawn, influence)| {
            let studentised = drawn.studentised_logit(run.level());
            intervals(run, &drawn, &influence, studentised)
        })
    }

    pub(crate) fn compare(
        &self,
        run: &Run<'_>,
        [first, second]: [&[f64]; 2],
    ) -> Result<vertebra_survival::PairedDifference, Error> {
        self.options.compare(&run.pairs, first, second)
    }

    /// The bootstrap intervals of the difference of two indices, if the bootstrap was asked for and
    /// possible.
    pub(crate) fn bootstrap_difference(
        &self,
        run: &Run<'_>,
        (a, b): (usize, usize),
        [first, second]: [&[f64]; 2],
    ) -> Option<Figure<BootstrapIntervals>> {
        let Some(Ok(drawn)) = &self.drawn else { return None };
        let values = |risk: &[f64]| self.options.jackknife_values(&run.pairs, risk);
        let all = drawn.difference(a, b).and_then(|drawn| {
            let (first, second) = (values(first)?, values(second)?);
            let influence: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
            let studentised = drawn.studentised(run.level());
            Ok(intervals(run, &drawn, &influence, studentised))
        });
        Some(figure(all, |intervals| intervals))
    }
}

impl Concordance {
    fn of(c: CStatistic) -> Self {
        let p = c.pairs;
        Self {
            estimate: c.estimate,
            pairs: Pairs {
                concordant: p.concordant,
                discordant: p.discordant,
                tied_risk: p.tied_risk,
                tied_time: p.tied_time,
                tied_both: p.tied_both,
            },
        }
    }
}

pub(crate) fn other_weights(run: &Run<'_>, risk: &[f64]) -> OtherWeights {
    // As Uno's, Schemper's weights take a subject with another event as never censored.
    let of = |weight| {
        let options = ConcordanceOptions::default().with_time_weight(weight);
        Concordances::new(run, options, Some("not defined for competing risks")).index(run, risk)
    };
    OtherWeights {
        survival: of(TimeWeight::Survival),
        schemper: of(TimeWeight::Schemper),
        per_event: of(TimeWeight::PerEvent),
    }
}

fn intervals(
    run: &Run<'_>,
    drawn: &StudentisedBootstrap,
    influence: &[f64],
    studentised: Result<Interval, Error>,
) -> BootstrapIntervals {
    let (bootstrap, level) = (&drawn.bootstrap, run.level());
    let influence = by_cluster(run, influence);
    let mut why = None;
    let mut keep = |interval: Result<Interval, Error>| {
        let interval = interval.map_err(|error| why = Some(error.to_string())).ok()?;
        Some((interval.lower, interval.upper))
    };
    BootstrapIntervals {
        percentile: keep(bootstrap.percentile(level)),
        basic: keep(bootstrap.basic(level)),
        bca: keep(bootstrap.bca(level, &influence)),
        studentised: keep(studentised),
        level,
        samples: bootstrap.replicates.len(),
        undefined: bootstrap.n_undefined,
        why,
    }
}

/// Influence of what the bootstrap draws: subjects, or clusters.
fn by_cluster(run: &Run<'_>, influence: &[f64]) -> Vec<f64> {
    let Some(clusters) = &run.sample.clusters else { return influence.to_vec() };
    let mut sums = vec![0.0; clusters.iter().max().map_or(0, |last| last + 1)];
    clusters.iter().zip(influence).for_each(|(&cluster, value)| sums[cluster] += value);
    sums
}
