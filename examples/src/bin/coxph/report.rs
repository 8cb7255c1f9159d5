//! What the program says of a fit, as tables or as JSON.

use crate::Data;
use serde::Serialize;
use vertebra_baselines::{Coefficient, CoxFit, Test, Ties};
use vertebra_evaluation::{Figure, Reason, Undefined};
use vertebra_examples::concordance::{self, Concordance};
use vertebra_examples::say;
use vertebra_survival::{ConcordanceOptions, numeric::significant};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    df: Option<f64>,
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
        let too_few = || {
            let why = "Wald's test is undefined: --cluster has no more values than there are \
                       coefficients, so that their robust covariance has no inverse";
            Undefined::new(Reason::Undefined, why)
        };
        let collinear = || {
            let why = "the score test is undefined: the columns of --covariates are collinear, and \
                       only --ridge tells them apart";
            Undefined::new(Reason::Undefined, why)
        };
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
            let cells = cells.map(|cell| format!("{:>9}", number(cell))).join(" ");
            let (p, lower, upper) = (p_value(c.p), number(c.lower), number(c.upper));
            say!("{:<20} {cells} {p:>9}   {lower} to {upper}", c.name);
        }
        if let Some(df) = self.coefficients.first().and_then(|c| c.df) {
            say!("P and intervals by Student's t on {df} df: few clusters");
        }
        say!("");
        let Tests { likelihood_ratio, wald, score } = &self.tests;
        let tests = [("Likelihood ratio", likelihood_ratio), ("Wald", wald), ("Score", score)];
        for (label, test) in tests {
            match test {
                Figure::Undefined(why) => say!("{label:<20} {:>9}   {why}", "-"),
                Figure::Defined(Test { statistic, df, p, .. }) => {
                    let df = degrees(df.unwrap_or_default());
                    let (statistic, p) = (number(*statistic), p_value(*p));
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
            df: test.df,
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

/// A number with four decimals, or with four digits where these would not show it; a dash where it
/// is not finite: z of a standard error of 0.
fn number(value: f64) -> String {
    match value.is_finite() {
        true => significant(value),
        false => "-".to_owned(),
    }
}

/// Degrees of freedom: a penalty leaves a fraction, and rounding must not show.
fn degrees(df: f64) -> String {
    let whole = df.round();
    match (df - whole).abs() < 1e-9 * df.abs().max(1.0) {
        true => format!("{whole}"),
        false => significant(df),
    }
}

/// A P value: four decimals, or two digits of it below that; one that a double does not hold is
/// below its smallest number.
fn p_value(p: f64) -> String {
    match p {
        0.0 => "< 1e-307".to_owned(),
        p if p < 1e-4 => format!("{p:.1e}"),
        p => number(p),
    }
}
