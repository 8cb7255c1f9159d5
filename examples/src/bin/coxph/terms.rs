//! The terms of the regression, as options.

use anyhow::{Context, ensure};
use clap::Args;
use vertebra_baselines::DesignRecipe;

/// At least one of them must be given.
#[derive(Args)]
pub(crate) struct Terms {
    /// Columns to fit as they are, separated by commas; one of text becomes indicators against its
    /// first level in sorted order.
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,..")]
    pub(crate) covariates: Vec<String>,
    /// A column of levels, as indicators against the reference; may be repeated.
    #[arg(long, value_name = "COLUMN[=REFERENCE]")]
    factor: Vec<String>,
    /// A restricted cubic spline with 3 to 7 knots at Harrell's quantiles; may be repeated.
    #[arg(long, value_name = "COLUMN:KNOTS")]
    spline: Vec<String>,
    /// A cubic B-spline of so many columns (3 or more); may be repeated.
    #[arg(long, value_name = "COLUMN:DF")]
    b_spline: Vec<String>,
    /// Columns to take the natural logarithm of, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,..")]
    log: Vec<String>,
    /// Columns to fit per standard deviation, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "COLUMN,..")]
    standardise: Vec<String>,
    /// Products of what the other options make of two columns; may be repeated.
    #[arg(long, value_name = "A:B")]
    interaction: Vec<String>,
}

impl Terms {
    pub(crate) fn recipe(&self) -> anyhow::Result<DesignRecipe> {
        let mut recipe = DesignRecipe::default();
        for column in &self.covariates {
            recipe = recipe.with_column(column);
        }
        for option in &self.factor {
            recipe = match option.split_once('=') {
                Some((column, reference)) => recipe.with_factor(column, Some(reference)),
                None => recipe.with_factor(option, None),
            };
        }
        for option in &self.spline {
            let (column, knots) = count("--spline", option)?;
            recipe = recipe.with_spline(column, knots);
        }
        for option in &self.b_spline {
            let (column, df) = count("--b-spline", option)?;
            recipe = recipe.with_b_spline(column, df);
        }
        for column in &self.log {
            recipe = recipe.with_log(column);
        }
        for column in &self.standardise {
            recipe = recipe.with_standardised(column);
        }
        for option in &self.interaction {
            let (a, b) = option
                .split_once(':')
                .with_context(|| format!("--interaction {option}: expected two columns as A:B"))?;
            recipe = recipe.with_interaction(a, b);
        }
        let none = recipe.columns().is_empty();
        ensure!(!none, "expected a term: --covariates, --factor, --spline or another");
        Ok(recipe)
    }
}

fn count<'a>(name: &str, option: &'a str) -> anyhow::Result<(&'a str, usize)> {
    let parts = option.rsplit_once(':').and_then(|(column, n)| Some((column, n.parse().ok()?)));
    parts.with_context(|| format!("{name} {option}: expected a column and a number, as age:4"))
}
