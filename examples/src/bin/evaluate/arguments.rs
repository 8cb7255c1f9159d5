//! The command line, and the columns it names, read and checked.

use anyhow::{Context, bail, ensure};
use clap::Parser;
use std::path::PathBuf;
use vertebra_examples::table::Table;
use vertebra_survival::Outcomes;

/// Evaluate risk scores (higher = earlier expected event) and predicted probabilities on
/// right-censored outcomes.
///
/// Intervals are 95 %. A score needs an order only; what judges calibration, Brier score and net
/// benefit needs probabilities of an event by a horizon: --probability.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// CSV file with a header.
    #[arg(long)]
    pub(crate) table: PathBuf,
    /// Column of follow-up times.
    #[arg(long)]
    time: String,
    /// Column of events: 1 = event, 0 = censored.
    #[arg(long)]
    event: String,
    /// Column of a risk score; repeat to compare several.
    #[arg(long, required = true)]
    pub(crate) risk: Vec<String>,
    /// Column of predicted probabilities of an event by a horizon, such as p5@5; repeat for several.
    #[arg(long, value_name = "COLUMN@HORIZON")]
    probability: Vec<String>,
    /// Column of entry times, where follow-up is left-truncated.
    #[arg(long)]
    entry: Option<String>,
    /// Column of case weights.
    #[arg(long)]
    weights: Option<String>,
    /// Column of strata: only pairs of one stratum are compared.
    #[arg(long)]
    strata: Option<String>,
    /// Column of clusters, such as clinics: their members are dependent, and drawn together by the
    /// bootstrap.
    #[arg(long)]
    cluster: Option<String>,
    /// Times at which to give survival and AUC, in the unit of the time column.
    #[arg(long, value_delimiter = ',')]
    pub(crate) horizons: Vec<f64>,
    /// Time at which Uno's C is cut off, in the unit of the time column; all of follow-up if absent.
    #[arg(long)]
    pub(crate) tau: Option<f64>,
    /// Bootstrap samples for intervals of C and of its differences.
    #[arg(long, value_name = "N")]
    pub(crate) bootstrap: Option<usize>,
    /// Seed of the bootstrap.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Groups of predicted probability in the calibration table.
    #[arg(long, default_value_t = 10)]
    pub(crate) groups: usize,
    /// Probabilities at which to give the net benefit.
    #[arg(long, value_delimiter = ',', default_value = "0.02,0.05,0.1,0.2,0.3")]
    pub(crate) thresholds: Vec<f64>,
    /// Folder for pictures (SVG): Kaplan-Meier by thirds of the first risk, calibration.
    #[arg(long, value_name = "DIR")]
    pub(crate) pictures: Option<PathBuf>,
    /// Unit of the time column, for headings only.
    #[arg(long, default_value = "years")]
    pub(crate) time_unit: String,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is evaluated.
pub(crate) struct Data {
    pub(crate) outcomes: Outcomes,
    pub(crate) strata: Option<Vec<usize>>,
    pub(crate) clusters: Option<Vec<usize>>,
    /// Each score with its name.
    pub(crate) risks: Vec<(String, Vec<f64>)>,
    pub(crate) predictions: Vec<Prediction>,
}

/// Predicted probabilities of an event by a horizon.
pub(crate) struct Prediction {
    pub(crate) name: String,
    pub(crate) horizon: f64,
    pub(crate) risk: Vec<f64>,
}

impl Arguments {
    pub(crate) fn read(&self) -> anyhow::Result<Data> {
        self.check()?;
        let table = Table::read(&self.table)?;
        let mut outcomes = table.outcomes(&self.time, &self.event, self.entry.as_deref())?;
        let (n, path) = (outcomes.n_subjects(), self.table.display());
        ensure!(outcomes.n_events() > 0, "{path}: no event among {n} rows, nothing to evaluate");
        if let Some(weights) = &self.weights {
            outcomes = outcomes.with_weights(table.weights(weights)?)?;
        }
        let labels = |name: &Option<String>| name.as_deref().map(|n| table.labels(n)).transpose();
        let (strata, clusters) = (labels(&self.strata)?, labels(&self.cluster)?);
        let risks = self.risk.iter().map(|name| Ok((name.clone(), table.numbers(name)?)));
        let risks = risks.collect::<anyhow::Result<_>>()?;
        let predictions = self.probability.iter().map(|text| prediction(&table, text));
        let predictions = predictions.collect::<anyhow::Result<_>>()?;
        Ok(Data { outcomes, strata, clusters, risks, predictions })
    }

    fn check(&self) -> anyhow::Result<()> {
        for (option, names) in [("risk", &self.risk), ("probability", &self.probability)] {
            for (i, name) in names.iter().enumerate() {
                ensure!(!names[..i].contains(name), "--{option} {name} is given twice");
            }
        }
        for &positive in self.horizons.iter().chain(&self.tau) {
            ensure!(positive.is_finite() && positive > 0.0, "expected a time > 0, got {positive}");
        }
        ensure!(self.bootstrap != Some(0), "--bootstrap: expected at least 1 sample, got 0");
        ensure!(self.groups > 0, "--groups: expected at least 1, got 0");
        for &p in &self.thresholds {
            ensure!(p > 0.0 && p < 1.0, "--thresholds: expected numbers inside (0, 1), got {p}");
        }
        Ok(())
    }
}

fn prediction(table: &Table, text: &str) -> anyhow::Result<Prediction> {
    let expected =
        || format!("--probability {text}: expected a column and a time > 0, such as p5@5");
    let (name, horizon) = text.rsplit_once('@').with_context(expected)?;
    let horizon: f64 = horizon.parse().ok().with_context(expected)?;
    if !(horizon.is_finite() && horizon > 0.0) {
        bail!(expected());
    }
    let risk = table.probabilities(name)?;
    Ok(Prediction { name: name.to_owned(), horizon, risk })
}
