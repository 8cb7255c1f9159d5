//! What the program says of a fit, as tables or as JSON.

use crate::{after::After, arguments::Arguments, data::Data};
use serde::Serialize;
use vertebra_baselines::{Coefficient, CoxFit, Interval, Test, Ties};
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
    #[serde(flatten)]
    pub(crate) after: After,
    #[serde(skip)]
    profile: bool,
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
    variance_inflation: Option<f64>,
}

#[derive(Serialize)]
struct Tests {
    likelihood_ratio: Figure<Test>,
    wald: Figure<Test>,
    score: Figure<Test>,
    #[serde(skip_serializing_if = "Option::is_none")]
    robust_score: Option<Test>,
}

impl Report {
    pub(crate) fn new(arguments: &Arguments, data: &Data, fit: &CoxFit) -> anyhow::Result<Self> {
        let too_few = || {
            let why = "Wald's test is undefined: --cluster has no more values than there are \
                       coefficients, so that their robust covariance has no inverse";
            Undefined::new(Reason::Undefined, why)
        };
        let collinear = || {
            let why = "the score test is undefined: columns are collinear, and \
                       only --ridge tells them apart";
            Undefined::new(Reason::Undefined, why)
        };
        let tests = &fit.tests;
        Ok(Self {
            n: fit.n,
            events: fit.events,
            dropped: data.dropped,
            ties: fit.ties,
            coefficients: rows(arguments, data, fit)?,
            loglik_null: fit.log_likelihood_null,
            loglik: fit.log_likelihood,
            tests: Tests {
                likelihood_ratio: Figure::Defined(tests.likelihood_ratio),
                wald: tests.wald.ok_or_else(too_few).into(),
                score: tests.score.ok_or_else(collinear).into(),
                robust_score: tests.robust_score,
            },
            concordance: concordance(data, fit)?,
            iterations: fit.steps,
            after: After::new(arguments, data, fit)?,
            profile: arguments.profile,
        })
    }

    pub(crate) fn print(&self) {
        let robust = self.coefficients.iter().any(|c| c.robust_se.is_some());
        let se = if robust { "robust se" } else { "se" };
        let head = ["coef", "HR", se, "z", "P"].map(|name| format!("{name:>9}")).join(" ");
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
        if self.profile {
            say!("Intervals from the profile of the likelihood");
        }
        say!("");
        let Tests { likelihood_ratio, wald, score: at_zero, robust_score } = &self.tests;
        test("Likelihood ratio", likelihood_ratio);
        test("Wald", wald);
        test("Score", at_zero);
        if let Some(robust) = robust_score {
            test("Robust score", &Figure::Defined(*robust));
        }
        say!("{}", concordance::line("Concordance", &self.concordance));
        self.after.print();
    }
}

impl Report {
    /// Name, hazard ratio, its bounds and P of each coefficient.
    pub(crate) fn forest(&self) -> impl Iterator<Item = (String, f64, [f64; 2], f64)> {
        let row = |c: &Row| (c.name.clone(), c.hazard_ratio, [c.lower, c.upper], c.p);
        self.coefficients.iter().map(row)
    }

    /// The tests of all coefficients together.
    pub(crate) fn tests(&self) -> impl Iterator<Item = (String, &Figure<Test>)> {
        let Tests { likelihood_ratio, wald, score, .. } = &self.tests;
        let all = [("Likelihood ratio", likelihood_ratio), ("Wald", wald), ("Score", score)];
        all.into_iter().map(|(name, test)| (name.to_owned(), test))
    }
}

/// A line of a table: label, statistic, degrees of freedom, P; or why there is none.
pub(crate) fn test(label: &str, figure: &Figure<Test>) {
    match figure {
        Figure::Undefined(why) => say!("{label:<28} {:>9}   {why}", "-"),
        Figure::Defined(Test { statistic, df, p, .. }) => {
            let df = degrees(df.unwrap_or_default());
            let (statistic, p) = (number(*statistic), p_value(*p));
            say!("{label:<28} {statistic:>9} on {df} df, P {p}");
        }
    }
}

/// The coefficients, with the intervals that were asked for.
fn rows(arguments: &Arguments, data: &Data, fit: &CoxFit) -> anyhow::Result<Vec<Row>> {
    let mut rows: Vec<Row> = fit.coefficients.iter().map(Row::from).collect();
    if arguments.profile {
        let intervals = arguments.regression().profile_intervals(&data.outcomes, &data.design)?;
        for (row, Interval { lower, upper, .. }) in rows.iter_mut().zip(intervals) {
            (row.lower, row.upper) = (lower.exp(), upper.exp());
        }
    }
    Ok(rows)
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
            variance_inflation: c.variance_inflation,
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
pub(crate) fn number(value: f64) -> String {
    match value.is_finite() {
        true => significant(value),
        false => "-".to_owned(),
    }
}

/// Degrees of freedom: a penalty leaves a fraction, and rounding must not show.
pub(crate) fn degrees(df: f64) -> String {
    let whole = df.round();
    match (df - whole).abs() < 1e-9 * df.abs().max(1.0) {
        true => format!("{whole}"),
        false => significant(df),
    }
}

/// A P value: four decimals, or two digits of it below that; one that a double does not hold is
/// below its smallest number.
pub(crate) fn p_value(p: f64) -> String {
    match p {
        0.0 => "< 1e-307".to_owned(),
        p if p < 1e-4 => format!("{p:.1e}"),
        p => number(p),
    }
}
