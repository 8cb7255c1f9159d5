//! How often intervals cover the truth, with Monte Carlo errors.

use crate::intervals::Named;
use vertebra_survival::Interval;

/// The results of one kind of interval over all samples.
#[derive(Debug, Clone, Default)]
struct Row {
    name: &'static str,
    defined: usize,
    undefined: usize,
    /// The truth lay below the interval.
    below: usize,
    /// The truth lay above the interval.
    above: usize,
    widths: Vec<f64>,
}

/// One row for each kind of interval.
pub(crate) struct Tally(Vec<Row>);

impl Tally {
    pub(crate) fn new<'a>(samples: impl Iterator<Item = &'a Vec<Named>>, truth: f64) -> Self {
        let mut rows: Vec<Row> = Vec::new();
        for sample in samples {
            rows.resize(rows.len().max(sample.len()), Row::default());
            for (row, (name, interval)) in rows.iter_mut().zip(sample) {
                row.name = name;
                row.add(interval.as_ref().ok().copied(), truth);
            }
        }
        Self(rows)
    }

    /// Coverage, and on which side the truth was missed.
    pub(crate) fn coverage(&self) -> String {
        let heading = "| 95 % interval | covers, % | truth below it, % | above it, % | median width | \
                       undefined |\n|---|---|---|---|---|---|\n";
        let row = |row: &Row| {
            format!(
                "| {} | {} | {} | {} | {:.4} | {} |\n",
                row.name,
                row.percent(row.defined - row.below - row.above),
                row.percent(row.below),
                row.percent(row.above),
                row.median_width(),
                row.undefined
            )
        };
        heading.to_owned() + &self.0.iter().map(row).collect::<String>()
    }

    /// How often the interval excludes 0, so that its test rejects at 5 %.
    pub(crate) fn rejections(&self) -> String {
        let heading = "| test at 5 % | rejects, % | undefined |\n|---|---|---|\n";
        let row = |row: &Row| {
            format!(
                "| {} | {} | {} |\n",
                row.name,
                row.percent(row.below + row.above),
                row.undefined
            )
        };
        heading.to_owned() + &self.0.iter().map(row).collect::<String>()
    }
}

impl Row {
    fn add(&mut self, interval: Option<Interval>, truth: f64) {
        let Some(Interval { lower, upper, .. }) = interval else {
            self.undefined += 1;
            return;
        };
        self.defined += 1;
        self.below += usize::from(truth < lower);
        self.above += usize::from(truth > upper);
        self.widths.push(upper - lower);
    }

    /// A share in percent with its Monte Carlo standard error.
    fn percent(&self, count: usize) -> String {
        let share = count as f64 / self.defined as f64;
        let error = (share * (1.0 - share) / self.defined as f64).sqrt();
        format!("{:.1} ± {:.1}", 100.0 * share, 100.0 * error)
    }

    fn median_width(&self) -> f64 {
        let mut widths = self.widths.clone();
        widths.sort_unstable_by(f64::total_cmp);
        widths.get(widths.len() / 2).copied().unwrap_or(f64::NAN)
    }
}
