//! What the program says of a fit, as tables or as JSON.

use crate::Data;
use serde::Serialize;
use vertebra_baselines::{Coefficient, CoxFit, Test, Ties};
use vertebra_evaluation::{Figure, Reason, Undefined};
use vertebra_examples::concordance::{self, Concordance};
use vertebra_examples::say;
use vertebra_survival::ConcordanceOptions;

/// The fit, under the names of its JSON.
#[derive(Serialize)]
pub(crate) struct Report {
    n: usize,
    events: usize,
    dropped: usize,
    ties: Ties,
    coefficients: Vec<Row>,
    loglik_null: f64,
    loglik: f64,
    tests: Tests,
    concordance: Figure<Concordance>,
    iterations: usize,
}

/// One coefficient.
#[derive(Serialize)]
struct Row {
    name: String,
    coef: f64,
    hazard_ratio: f64,
    se: f64,
    robust_se: Option<f64>,
    z: f64,
    p: f64,
    lower: f64,
    upper: f64,
}

#[derive(Serialize)]
struct Tests {
    likelihood_ratio: Figure<Test>,
    wald: Figure<Test>,
    score: Figure<Test>,
}

impl Report {
    pub(crate) fn new(data: &Data, fit: &CoxFit) -> anyhow::Result<Self> {
        let too_few = || Undefined::new(Reason::Undefined, "too few clusters");
        let collinear = || Undefined::new(Reason::Undefined, "the covariates are collinear");
        let tests = &fit.tests;
        Ok(Self {
            n: fit.n,
            events: fit.events,
            dropped: data.dropped,
            ties: fit.ties,
            coefficients: fit.coefficients.iter().map(Row::from).collect(),
            loglik_null: fit.log_likelihood_null,
            loglik: fit.log_likelihood,
            tests: Tests {
                likelihood_ratio: Figure::Defined(tests.likelihood_ratio),
                wald: tests.wald.ok_or_else(too_few).into(),
                score: tests.score.ok_or_else(collinear).into(),
            },
            concordance: concordance(data, fit)?,
            iterations: fit.steps,
        })
    }

    pub(crate) fn print(&self) {
        let head = ["coef", "HR", "se", "z", "P"].map(|name| format!("{name:>9}")).join(" ");
        say!("{:<20} {head}   95 % interval", "");
        for c in &self.coefficients {
            let cells = [c.coef, c.hazard_ratio, c.robust_se.unwrap_or(c.se), c.z];
            let cells = cells.map(|cell| format!("{:>9}", fixed(cell))).join(" ");
            say!("{:<20} {cells} {:>9}   {:.4} to {:.4}", c.name, p_value(c.p), c.lower, c.upper);
        }
        say!("");
        let Tests { likelihood_ratio, wald, score } = &self.tests;
        let tests = [("Likelihood ratio", likelihood_ratio), ("Wald", wald), ("Score", score)];
        for (label, test) in tests {
            match test {
                Figure::Undefined(why) => say!("{label:<20} {:>9}   {why}", "-"),
                Figure::Defined(Test { statistic, df, p, .. }) => {
                    // A ridge penalty leaves a fraction; what rounding leaves is not shown.
                    let df = (df.unwrap_or_default() * 1e4).round() / 1e4;
                    let (statistic, p) = (fixed(*statistic), p_value(*p));
                    say!("{label:<20} {statistic:>9} on {df} df, P {p}");
                }
            }
        }
        say!("{}", concordance::line("Concordance", &self.concordance));
    }
}

impl From<&Coefficient> for Row {
    fn from(c: &Coefficient) -> Self {
        let (ratio, test) = (c.hazard_ratio, c.test);
        Self {
            name: c.name.clone(),
            coef: c.log_hazard_ratio.value,
            hazard_ratio: ratio.value,
            se: c.model_std_error,
            robust_se: c.robust_std_error,
            z: test.statistic,
            p: test.p,
            lower: ratio.interval.lower,
            upper: ratio.interval.upper,
        }
    }
}

/// Within strata, as R's `concordance(fit)`.
fn concordance(data: &Data, fit: &CoxFit) -> anyhow::Result<Figure<Concordance>> {
    let mut options = ConcordanceOptions::default();
    if let Some(strata) = data.design.strata() {
        options = options.with_strata(strata.to_vec());
    }
    if let Some(clusters) = data.design.clusters() {
        options = options.with_clusters(clusters.to_vec());
    }
    let c = options.estimate(&data.outcomes, &fit.log_hazard(&data.design)?);
    Ok(c.map(Concordance::from).into())
}

/// A number with four decimals, or a dash where it is not finite: z of a standard error of 0.
fn fixed(value: f64) -> String {
    match value.is_finite() {
        true => format!("{value:.4}"),
        false => "-".to_owned(),
    }
}

/// A P value: four decimals, or two digits of it below that.
fn p_value(p: f64) -> String {
    match p < 1e-4 {
        true => format!("{p:.1e}"),
        false => fixed(p),
    }
}
