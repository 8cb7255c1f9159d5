//! What the program is asked.

use crate::terms::Terms;
use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use vertebra_baselines::{CoxOptions, CoxRegression, Ties};
use vertebra_examples::survival_table::SurvivalTable;
use vertebra_survival::cox::TimeTransform;

/// Fit a Cox regression and test its coefficients; `coxph predict` applies a stored one.
///
/// Rows with a missing value in a column used are dropped and counted.
#[derive(Parser)]
#[command(name = "coxph", version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) input: SurvivalTable,
    #[command(flatten)]
    pub(crate) terms: Terms,
    /// How tied event times are handled.
    #[arg(long, value_enum, default_value = "efron")]
    ties: TiesChoice,
    /// Column of entry times, where follow-up is left-truncated or cut into rows.
    #[arg(long)]
    pub(crate) entry: Option<String>,
    /// Column of subjects, where one has several rows: they must not overlap, and standard errors
    /// are robust where one has several events.
    #[arg(long, conflicts_with = "cluster")]
    pub(crate) id: Option<String>,
    /// Column of strata, each with its own baseline hazard.
    #[arg(long)]
    pub(crate) strata: Option<String>,
    /// Column of case weights; where they are not whole numbers, standard errors are robust.
    #[arg(long)]
    pub(crate) weights: Option<String>,
    /// Column that is added to the log hazard with coefficient 1.
    #[arg(long)]
    pub(crate) offset: Option<String>,
    /// Column of clusters, e.g. clinics; gives robust standard errors, with Student's t where there
    /// are few.
    #[arg(long)]
    pub(crate) cluster: Option<String>,
    /// Robust standard errors without clusters, each row by itself.
    #[arg(long)]
    robust: bool,
    /// Take times as equal that differ by rounding, by this share of the mean time; R does so with
    /// 1.5e-8.
    #[arg(long, value_name = "TOLERANCE", allow_negative_numbers = true)]
    pub(crate) tied_times: Option<f64>,
    /// Ridge penalty: L / 2 times the sum of squared coefficients.
    #[arg(long, value_name = "L", default_value_t = 0.0)]
    ridge: f64,
    /// Firth's penalty: less bias in small samples, finite estimates where a column separates the
    /// events.
    #[arg(long)]
    firth: bool,
    /// Intervals from the profile of the likelihood instead of the standard errors.
    #[arg(long)]
    pub(crate) profile: bool,
    /// Scale of time in the tests of proportional hazards.
    #[arg(long, value_enum, default_value = "km")]
    zph: TransformChoice,
    /// Correct C for optimism in so many bootstrap samples, e.g. 200.
    #[arg(long, value_name = "SAMPLES", value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub(crate) optimism: Option<u32>,
    /// Seed of these samples.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Store the model, for `coxph predict`.
    #[arg(long, value_name = "MODEL.json")]
    pub(crate) save: Option<PathBuf>,
    /// Write a page with a forest plot, the course of the coefficients and survival curves.
    #[arg(long, value_name = "PAGE.html")]
    pub(crate) report: Option<PathBuf>,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum TiesChoice {
    Efron,
    Breslow,
    Exact,
}

#[derive(Clone, Copy, ValueEnum)]
enum TransformChoice {
    Km,
    Identity,
    Rank,
    Log,
}

impl Arguments {
    pub(crate) fn regression(&self) -> CoxRegression {
        let ties = match self.ties {
            TiesChoice::Efron => Ties::Efron,
            TiesChoice::Breslow => Ties::Breslow,
            TiesChoice::Exact => Ties::Exact,
        };
        let options = CoxOptions::default().with_ties(ties).with_ridge(self.ridge);
        CoxRegression::from(options.with_firth(self.firth).with_robust(self.robust))
    }

    pub(crate) fn transform(&self) -> TimeTransform {
        match self.zph {
            TransformChoice::Km => TimeTransform::KaplanMeier,
            TransformChoice::Identity => TimeTransform::Identity,
            TransformChoice::Rank => TimeTransform::Rank,
            TransformChoice::Log => TimeTransform::Log,
        }
    }

    /// The scale of time, as tables name it.
    pub(crate) fn scale_of_time(&self) -> &'static str {
        match self.zph {
            TransformChoice::Km => "1 - Kaplan-Meier",
            TransformChoice::Identity => "time",
            TransformChoice::Rank => "rank of time",
            TransformChoice::Log => "log time",
        }
    }
}
