//! Paired differences between scores, and tests that all of them are alike.

use crate::discrimination::concordance::BootstrapIntervals;
use crate::discrimination::scores::Joint;
use crate::estimate::{Estimate, Test};
use crate::run::{Run, figure, on_endpoint};
use crate::{Figure, Keys, Reason, Undefined, keys};
use serde::{Deserialize, Serialize};
use vertebra_survival::{
    Error, PairedDifference, concordance::UStatisticOptions, group_tests::holm,
};

/// A paired difference of two statistics of the same subjects, with its test against 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Difference {
    /// First minus second.
    #[serde(flatten, with = "keys::difference")]
    pub estimate: Estimate,
    /// The difference divided by its standard error.
    pub z: f64,
    /// Two-sided P value.
    pub p: f64,
}

impl Keys for Difference {
    const KEYS: &'static [&'static str] = &["difference", "se", "z", "p", "lower", "upper"];
}

/// The comparison of two scores, on the subjects that have both: first minus second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comparison {
    /// Name of the first score.
    pub first: String,
    /// Name of the second score.
    pub second: String,
    /// Subjects that have both.
    pub n: usize,
    /// Their events.
    pub events: usize,
    /// Harrell's C.
    pub harrell: AdjustedDifference,
    /// Uno's C.
    pub uno: AdjustedDifference,
    /// Harrell's C by U-statistics.
    pub u_statistic: Figure<Difference>,
    /// AUC at each horizon.
    pub auc: Vec<DifferenceAt>,
}

/// A difference, its P value among those of all comparisons, and its bootstrap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AdjustedDifference {
    /// The difference.
    #[serde(flatten)]
    pub difference: Figure<Difference>,
    /// P value adjusted by Holm's method over all comparisons of the evaluation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_holm: Option<f64>,
    /// Bootstrap intervals, where the options ask for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<Figure<BootstrapIntervals>>,
}

/// A difference at a horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DifferenceAt {
    /// The horizon.
    pub horizon: f64,
    /// The difference.
    #[serde(flatten)]
    pub difference: Figure<Difference>,
}

/// A test that all scores have the same AUC at these horizons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AucEquality {
    /// The horizons.
    pub horizons: Vec<f64>,
    /// The test.
    #[serde(flatten)]
    pub test: Figure<WaldTest>,
}

/// A Wald test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WaldTest {
    /// The test.
    #[serde(flatten, with = "keys::degrees_of_freedom")]
    pub test: Test,
}

impl Keys for WaldTest {
    const KEYS: &'static [&'static str] = &["chi_square", "degrees_of_freedom", "p"];
}

impl Difference {
    pub(crate) fn of(d: PairedDifference) -> Self {
        Self { estimate: d.difference, z: d.test.statistic, p: d.test.p }
    }
}

/// The pairs of scores that the options name, or all.
pub(crate) fn comparisons(run: &Run<'_>, joint: &Joint<'_>) -> Vec<Comparison> {
    let n = run.scores().len();
    let pairs = match &run.options.pairs {
        None => (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect(),
        Some(names) => {
            let place = |name: &str| run.scores().iter().position(|s| s.name == name);
            let both = |(a, b): &(String, String)| Some((place(a)?, place(b)?));
            names.iter().filter_map(both).collect::<Vec<_>>()
        }
    };
    let mut all: Vec<Comparison> = pairs.into_iter().map(|pair| one(run, joint, pair)).collect();
    adjust(&mut all, |comparison| &mut comparison.harrell);
    adjust(&mut all, |comparison| &mut comparison.uno);
    all
}

/// Adds the P values adjusted by Holm's method.
fn adjust(all: &mut [Comparison], part: impl Fn(&mut Comparison) -> &mut AdjustedDifference) {
    let mut tests: Vec<(f64, &mut AdjustedDifference)> = all
        .iter_mut()
        .filter_map(|comparison| {
            let test = part(comparison);
            Some((test.difference.value()?.p, test))
        })
        .collect();
    let p: Vec<f64> = tests.iter().map(|(p, _)| *p).collect();
    if let Ok(adjusted) = holm(&p) {
        tests.iter_mut().zip(adjusted).for_each(|((_, test), p)| test.p_holm = Some(p));
    }
}

fn one(run: &Run<'_>, joint: &Joint<'_>, (a, b): (usize, usize)) -> Comparison {
    joint.with(run, &[a, b], |joint, places| {
        let (run, places) = (&joint.run, (places[0], places[1]));
        let risks = [joint.risks[places.0].as_slice(), joint.risks[places.1].as_slice()];
        let [first, second] = risks;
        let at = |&horizon: &f64| {
            let got = on_endpoint!(run.sample.observed, |endpoint| run
                .at_horizon()
                .compare_auc_at(endpoint, first, second, horizon));
            DifferenceAt { horizon, difference: figure(got, Difference::of) }
        };
        let of = |c: &crate::discrimination::concordance::Concordances| AdjustedDifference {
            difference: match c.not_defined() {
                Some(undefined) => undefined.into(),
                None => figure(c.compare(run, risks), Difference::of),
            },
            p_holm: None,
            bootstrap: c.bootstrap_difference(run, places, risks),
        };
        Comparison {
            first: run.scores()[a].name.clone(),
            second: run.scores()[b].name.clone(),
            n: run.sample.n_subjects(),
            events: run.own.n_events(),
            harrell: of(&joint.harrell),
            uno: of(&joint.uno),
            u_statistic: u_statistic(run, first, second),
            auc: run.options.horizons.iter().map(at).collect(),
        }
    })
}

/// The U-statistic test, which knows no strata.
fn u_statistic(run: &Run<'_>, first: &[f64], second: &[f64]) -> Figure<Difference> {
    if run.sample.strata.is_some() {
        return Undefined::new(Reason::NotDefined, "not defined for strata").into();
    }
    let options = UStatisticOptions::default().with_level(run.level());
    figure(options.compare(&run.pairs, first, second), Difference::of)
}

/// Whether all scores have the same AUC: at each horizon, and at all of them together.
pub(crate) fn auc_equality(run: &Run<'_>) -> Vec<AucEquality> {
    let all = &run.options.horizons;
    if run.scores().len() < 2 || all.is_empty() {
        return Vec::new();
    }
    let columns: Vec<&[Option<f64>]> = run.scores().iter().map(|s| s.values.as_slice()).collect();
    let (run, risks) = run.complete(&columns);
    let risks: Vec<&[f64]> = risks.iter().map(Vec::as_slice).collect();
    let test = |horizons: &[f64]| {
        let got: Result<vertebra_survival::Test, Error> =
            on_endpoint!(run.sample.observed, |endpoint| {
                run.at_horizon()
                    .auc_jointly(endpoint, &risks, horizons)
                    .and_then(|joint| joint.test_of_equality())
            });
        let test = figure(got, |test| WaldTest { test: Test::of(test) });
        AucEquality { horizons: horizons.to_vec(), test }
    };
    let mut tests: Vec<AucEquality> = all.iter().map(|&horizon| test(&[horizon])).collect();
    if all.len() > 1 {
        tests.push(test(all));
    }
    tests
}
