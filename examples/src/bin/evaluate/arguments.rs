//! The command line, and the columns it names, read and checked.

use anyhow::{Context, anyhow, bail, ensure};
use clap::Parser;
use std::path::PathBuf;
use vertebra_cohort::table::Table;
use vertebra_evaluation::{EvaluationOptions, Grouping, Sample};
use vertebra_examples::{natural, survival_table::SurvivalTable};
use vertebra_survival::{CompetingOutcomes, Outcomes, outcomes::CensoringCurve};

/// Evaluate risk scores (higher = earlier expected event) and predicted probabilities on
/// right-censored outcomes.
///
/// Intervals are 95 %. A score needs an order only; what judges calibration, Brier score and net
/// benefit needs probabilities of an event by a horizon: --probability. Where another event, such
/// as death, makes the one predicted impossible, the event column holds causes and --cause names
/// the one predicted; every figure then allows for the others.
#[derive(Parser)]
#[command(name = "evaluate", version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) input: SurvivalTable,
    /// Cause that is predicted, where events of other causes compete with it: the events are then 0
    /// = censored and 1, 2, .. = causes.
    #[arg(long, value_name = "NUMBER")]
    cause: Option<usize>,
    /// Column of a risk score; repeat to compare several.
    #[arg(long, required = true)]
    risk: Vec<String>,
    /// Column of predicted probabilities of an event by a horizon, such as p5@5; repeat for
    /// several.
    #[arg(long, value_name = "COLUMN@HORIZON")]
    probability: Vec<String>,
    /// Columns of one model's probabilities at several horizons, such as p1@1,p3@3,p5@5, whose
    /// Brier score is integrated; repeat for several models.
    #[arg(long, value_name = "COLUMN@HORIZON,..")]
    integrate: Vec<String>,
    /// Column of groups, such as arms of a trial, whose curves are compared.
    #[arg(long)]
    group: Option<String>,
    /// Column of entry times, where follow-up is left-truncated.
    #[arg(long)]
    entry: Option<String>,
    /// Column of case weights.
    #[arg(long)]
    weights: Option<String>,
    /// Column of strata: only subjects of one stratum are compared, in C and in tests of groups.
    #[arg(long)]
    strata: Option<String>,
    /// Column of clusters, such as clinics: their members are dependent in every standard error,
    /// interval and test, and drawn together by the bootstrap.
    #[arg(long)]
    cluster: Option<String>,
    /// Column of subjects, where one has several rows (start-stop, with --entry): they are counted
    /// as subjects, and are the clusters unless --cluster names larger ones.
    #[arg(long)]
    id: Option<String>,
    /// CSV file of other subjects, such as those that the model was fitted to, with the same
    /// columns of times and events: AUC, Uno's C, Brier score, accuracy, IDI and net benefit are
    /// weighted by the censoring curve of these.
    #[arg(long, value_name = "TABLE")]
    censoring_of: Option<PathBuf>,
    /// Take times as equal that differ by rounding, by this share of the mean time; R does so with
    /// 1.5e-8.
    #[arg(long, value_name = "TOLERANCE", allow_negative_numbers = true)]
    tied_times: Option<f64>,
    /// Times at which to give survival and AUC, in the unit of the time column.
    #[arg(long, value_delimiter = ',', allow_negative_numbers = true)]
    horizons: Vec<f64>,
    /// Half the width of the window of events in which the incident AUC at a horizon is averaged; a
    /// tenth of the longest follow-up if absent.
    #[arg(long, allow_negative_numbers = true)]
    bandwidth: Option<f64>,
    /// Time at which Uno's C is cut off, in the unit of the time column; all of follow-up if
    /// absent.
    #[arg(long, allow_negative_numbers = true)]
    tau: Option<f64>,
    /// Bootstrap samples for intervals of C and of its differences.
    #[arg(long, value_name = "N")]
    bootstrap: Option<usize>,
    /// Seed of the bootstrap.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Groups of predicted probability in the calibration table.
    #[arg(long, default_value_t = 10)]
    groups: usize,
    /// Probabilities at which to give the net benefit, and sensitivity, specificity and predictive
    /// values.
    #[arg(long, value_delimiter = ',', default_value = "0.02,0.05,0.1,0.2,0.3")]
    thresholds: Vec<f64>,
    /// Folder for pictures (SVG): curves by --group, or else by thirds of the first risk, and
    /// calibration.
    #[arg(long, value_name = "DIR")]
    pub(crate) pictures: Option<PathBuf>,
    /// Folder for a report, made when absent: one page with every table and figure, and these as
    /// files.
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// Unit of the time column, for headings only.
    #[arg(long, default_value = "years")]
    pub(crate) time_unit: String,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is evaluated and how, and the groups whose curves are drawn.
pub(crate) struct Request {
    pub(crate) sample: Sample,
    pub(crate) options: EvaluationOptions,
    pub(crate) drawn: Grouping,
}

impl Arguments {
    pub(crate) fn read(&self) -> anyhow::Result<Request> {
        self.check()?;
        let table = Table::read(&self.input.table)?;
        let mut sample = match self.cause {
            None => Sample::new(self.outcomes(&table)?),
            Some(cause) => Sample::competing(self.competing(&table, cause)?, cause)?,
        };
        if let Some(strata) = &self.strata {
            sample = sample.with_strata(table.labels(strata)?);
        }
        if let Some(clusters) = &self.cluster {
            sample = sample.with_clusters(table.labels(clusters)?);
        }
        if let Some(id) = &self.id {
            sample = sample.with_subjects(self.subjects(&table, id)?);
        }
        let group = self.group.as_deref().map(|name| grouping(&table, name)).transpose()?;
        let first = self.risk.first().context("--risk is required")?;
        let drawn = match &group {
            Some(group) => group.clone(),
            None => Grouping::thirds(first, &table.numbers(first)?),
        };
        sample = group.into_iter().fold(sample, Sample::with_grouping);
        for name in &self.risk {
            sample = sample.with_score(name, table.numbers(name)?);
        }
        for text in &self.probability {
            let (name, horizon, risk) = prediction(&table, "probability", text)?;
            sample = sample.with_probability(name, horizon, risk);
        }
        for text in &self.integrate {
            sample = sample.with_course(course(&table, text)?);
        }
        Ok(Request { sample, options: self.options(), drawn })
    }

    fn options(&self) -> EvaluationOptions {
        let mut options = EvaluationOptions::default()
            .with_horizons(self.horizons.clone())
            .with_calibration_groups(self.groups)
            .with_thresholds(self.thresholds.clone())
            .with_time_unit(&self.time_unit);
        if let Some(tau) = self.tau {
            options = options.with_tau(tau);
        }
        if let Some(bandwidth) = self.bandwidth {
            options = options.with_bandwidth(bandwidth);
        }
        match self.bootstrap {
            Some(samples) => options.with_bootstrap(samples, self.seed),
            None => options,
        }
    }

    fn outcomes(&self, table: &Table) -> anyhow::Result<Outcomes> {
        let has_causes = |error: vertebra_cohort::Error| match table.causes(&self.input.event) {
            Ok(causes) if causes.iter().any(|&c| c > 1) => {
                anyhow!("{error:#}; where events have causes, name the one predicted: --cause 1")
            }
            _ => error.into(),
        };
        let outcomes = table.outcomes(&self.input.time, &self.input.event, self.entry.as_deref());
        let mut outcomes = outcomes.map_err(has_causes)?;
        let (n, path) = (outcomes.n_subjects(), self.input.table.display());
        ensure!(outcomes.n_events() > 0, "{path}: no event among {n} rows, nothing to evaluate");
        if let Some(tolerance) = self.tied_times {
            outcomes = outcomes.with_tied_times(tolerance)?;
        }
        if let Some(weights) = &self.weights {
            outcomes = outcomes.with_weights(table.weights(weights)?)?;
        }
        Ok(match self.censoring()? {
            Some(curve) => outcomes.with_censoring(curve),
            None => outcomes,
        })
    }

    /// The censoring curve of other subjects.
    fn censoring(&self) -> anyhow::Result<Option<CensoringCurve>> {
        let Some(path) = &self.censoring_of else { return Ok(None) };
        let (table, SurvivalTable { time, event, .. }) = (Table::read(path)?, &self.input);
        let curve = match self.cause {
            None => CensoringCurve::of(&table.outcomes(time, event, None)?),
            Some(_) => CensoringCurve::of(table.competing_outcomes(time, event, None)?.any_event()),
        };
        Ok(Some(curve.with_context(|| format!("--censoring-of {}", path.display()))?))
    }

    fn competing(&self, table: &Table, cause: usize) -> anyhow::Result<CompetingOutcomes> {
        let mut outcomes =
            table.competing_outcomes(&self.input.time, &self.input.event, self.entry.as_deref())?;
        if !outcomes.causes().contains(&cause) {
            let causes: Vec<String> = (1..=outcomes.n_causes())
                .filter(|c| outcomes.causes().contains(c))
                .map(|c| c.to_string())
                .collect();
            let (path, event) = (self.input.table.display(), &self.input.event);
            bail!(
                "{path}: column {event:?}: no event of cause {cause}; its causes are: {}",
                if causes.is_empty() { "none".to_owned() } else { causes.join(", ") }
            );
        }
        if let Some(tolerance) = self.tied_times {
            outcomes = outcomes.with_tied_times(tolerance)?;
        }
        if let Some(weights) = &self.weights {
            outcomes = outcomes.with_weights(table.weights(weights)?)?;
        }
        Ok(match self.censoring()? {
            Some(curve) => outcomes.with_censoring(curve),
            None => outcomes,
        })
    }

    /// The subject of each row; the rows of a subject must not overlap, nor follow its event.
    fn subjects(&self, table: &Table, id: &str) -> anyhow::Result<Vec<usize>> {
        let (labels, path) = (table.labels(id)?, self.input.table.display());
        let times = table.numbers(&self.input.time)?;
        let events = match self.cause {
            None => table.events(&self.input.event)?,
            Some(_) => table.causes(&self.input.event)?.iter().map(|&cause| cause > 0).collect(),
        };
        let entries = match &self.entry {
            Some(entry) => table.numbers(entry)?,
            None => vec![0.0; labels.len()],
        };
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.sort_by(|&a, &b| {
            labels[a].cmp(&labels[b]).then_with(|| times[a].total_cmp(&times[b]))
        });
        let texts = table.texts(id)?;
        for pair in order.windows(2).filter(|pair| labels[pair[0]] == labels[pair[1]]) {
            let (before, after) = (pair[0], pair[1]);
            ensure!(
                entries[after] >= times[before] && !events[before],
                "{path}: --id {id}: expected rows of subject {} that follow each other and end with \
                 its event, got one to {} and one from {} (--entry)",
                texts[after],
                times[before],
                entries[after]
            );
        }
        Ok(labels)
    }

    fn check(&self) -> anyhow::Result<()> {
        for (option, names) in [
            ("risk", &self.risk),
            ("probability", &self.probability),
            ("integrate", &self.integrate),
        ] {
            for (i, name) in names.iter().enumerate() {
                ensure!(!names[..i].contains(name), "--{option} {name} is given twice");
            }
        }
        let probability = self.probability.iter().chain(self.integrate.iter());
        let columns = probability.flat_map(|text| text.split(','));
        let columns: Vec<String> =
            columns.filter_map(|one| Some(one.rsplit_once('@')?.0.to_owned())).collect();
        self.input.refuse_outcomes("--risk", &self.risk)?;
        self.input.refuse_outcomes("--probability", &columns)?;
        for (option, times) in [
            ("horizons", self.horizons.as_slice()),
            ("tau", self.tau.as_slice()),
            ("bandwidth", self.bandwidth.as_slice()),
        ] {
            for &time in times {
                ensure!(
                    time.is_finite() && time > 0.0,
                    "--{option}: expected a time > 0, got {time}"
                );
            }
        }
        ensure!(self.cause != Some(0), "--cause: expected a cause 1, 2, .., got 0 (censored)");
        let tolerance = self.tied_times.unwrap_or_default();
        ensure!(
            tolerance.is_finite() && tolerance >= 0.0,
            "--tied-times: expected a number >= 0, got {tolerance}"
        );
        ensure!(self.bootstrap != Some(0), "--bootstrap: expected at least 1 sample, got 0");
        ensure!(self.groups > 0, "--groups: expected at least 1, got 0");
        for &p in &self.thresholds {
            ensure!(p > 0.0 && p < 1.0, "--thresholds: expected numbers inside (0, 1), got {p}");
        }
        Ok(())
    }
}

/// The groups of a column in natural order.
fn grouping(table: &Table, column: &str) -> anyhow::Result<Grouping> {
    let (labels, texts) = (table.labels(column)?, table.texts(column)?);
    let mut names = vec![String::new(); labels.iter().max().map_or(0, |last| last + 1)];
    labels.iter().zip(texts).for_each(|(&label, text)| names[label] = text.to_owned());
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|&a, &b| natural::compare(&names[a], &names[b]));
    let mut place = vec![0; order.len()];
    order.iter().enumerate().for_each(|(k, &label)| place[label] = k);
    let names = order.iter().map(|&label| std::mem::take(&mut names[label])).collect();
    Ok(Grouping::new(column, labels.into_iter().map(|label| place[label]).collect(), names))
}

/// Predicted probabilities: their column, their horizon, and one for each subject.
type Column = (String, f64, Vec<f64>);

fn course(table: &Table, text: &str) -> anyhow::Result<Vec<Column>> {
    let course: Vec<Column> = text
        .split(',')
        .map(|one| prediction(table, "integrate", one))
        .collect::<anyhow::Result<_>>()?;
    ensure!(course.len() > 1, "--integrate {text}: expected at least two columns, got 1");
    ensure!(
        course.windows(2).all(|pair| pair[0].1 < pair[1].1),
        "--integrate {text}: expected horizons that increase"
    );
    Ok(course)
}

fn prediction(table: &Table, option: &str, text: &str) -> anyhow::Result<Column> {
    let expected = || format!("--{option} {text}: expected a column and a time > 0, such as p5@5");
    let (name, horizon) = text.rsplit_once('@').with_context(expected)?;
    let horizon: f64 = horizon.parse().ok().with_context(expected)?;
    if !(horizon.is_finite() && horizon > 0.0) {
        bail!(expected());
    }
    Ok((name.to_owned(), horizon, table.probabilities(name)?))
}
