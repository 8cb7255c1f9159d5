//! What follows the fit: terms, proportional hazards, measures, optimism.

use crate::{arguments::Arguments, data::Data, report};
use serde::Serialize;
use vertebra_baselines::{BootstrapOptions, CoxFit, CoxMeasures, Test};
use vertebra_evaluation::{Figure, Reason, Undefined};
use vertebra_examples::say;

#[derive(Serialize)]
pub(crate) struct After {
    measures: CoxMeasures,
    /// Tests of each term.
    terms: Vec<TermRow>,
    /// The scale of time, and tests of proportional hazards, `global` the last.
    scale_of_time: &'static str,
    pub(crate) proportional_hazards: Vec<ProportionalityRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    optimism: Option<Optimism>,
}

#[derive(Serialize)]
struct TermRow {
    name: String,
    columns: usize,
    wald: Figure<Test>,
    likelihood_ratio: Figure<Test>,
}

#[derive(Serialize)]
pub(crate) struct ProportionalityRow {
    pub(crate) name: String,
    pub(crate) test: Figure<Test>,
}

#[derive(Serialize)]
struct Optimism {
    apparent: f64,
    optimism: f64,
    corrected: f64,
    monte_carlo_error: f64,
}

impl After {
    pub(crate) fn new(arguments: &Arguments, data: &Data, fit: &CoxFit) -> anyhow::Result<Self> {
        Ok(Self {
            measures: fit.measures(),
            terms: terms(arguments, data, fit),
            scale_of_time: arguments.scale_of_time(),
            proportional_hazards: proportional_hazards(arguments, data, fit),
            optimism: optimism(arguments, data)?,
        })
    }

    pub(crate) fn print(&self) {
        let measures = &self.measures;
        let [aic, bic, royston, quigley, events] = [
            measures.aic,
            measures.bic,
            measures.r2_royston,
            measures.r2_oquigley,
            measures.events_per_variable,
        ]
        .map(report::number);
        say!("AIC {aic}, BIC {bic} (with the number of events)");
        say!("R2 {royston} (Royston), {quigley} (O'Quigley)");
        say!("{events} events for each coefficient");
        if let Some(optimism) = &self.optimism {
            let Optimism { apparent, optimism, corrected, .. } = optimism;
            say!("C {apparent:.4}, optimism {optimism:.4}, corrected {corrected:.4}");
        }
        if self.terms.iter().any(|term| term.columns > 1) {
            say!("\nTerms");
            for term in &self.terms {
                report::test(&format!("{}, Wald", term.name), &term.wald);
                report::test(&format!("{}, likelihood ratio", term.name), &term.likelihood_ratio);
            }
        }
        say!(
            "\nProportional hazards: score test that coefficients change with {}",
            self.scale_of_time
        );
        for row in &self.proportional_hazards {
            report::test(&row.name, &row.test);
        }
    }
}

fn undefined(error: impl ToString) -> Undefined {
    Undefined::new(Reason::Undefined, error.to_string())
}

fn terms(arguments: &Arguments, data: &Data, fit: &CoxFit) -> Vec<TermRow> {
    let ratios = arguments.regression().likelihood_ratios(&data.outcomes, &data.design, fit);
    let one = |(k, term): (usize, &vertebra_baselines::TermTest)| TermRow {
        name: term.name.clone(),
        columns: term.columns.len(),
        wald: term.wald.ok_or_else(|| undefined("the covariance has no inverse")).into(),
        likelihood_ratio: match &ratios {
            Ok(ratios) => Figure::Defined(ratios[k].test),
            Err(why) => Figure::Undefined(undefined(why)),
        },
    };
    fit.terms.iter().enumerate().map(one).collect()
}

fn proportional_hazards(
    arguments: &Arguments,
    data: &Data,
    fit: &CoxFit,
) -> Vec<ProportionalityRow> {
    let transform = arguments.transform();
    let tests =
        arguments.regression().proportional_hazards(&data.outcomes, &data.design, fit, transform);
    match tests {
        Ok(tests) => {
            let one = |test: vertebra_baselines::ProportionalityTest| ProportionalityRow {
                name: test.term.unwrap_or_else(|| "global".to_owned()),
                test: Figure::Defined(test.test),
            };
            tests.into_iter().map(one).collect()
        }
        Err(why) => vec![ProportionalityRow {
            name: "global".to_owned(),
            test: Figure::Undefined(undefined(why)),
        }],
    }
}

fn optimism(arguments: &Arguments, data: &Data) -> anyhow::Result<Option<Optimism>> {
    let Some(samples) = arguments.optimism else { return Ok(None) };
    let mut options = BootstrapOptions::default().with_replicates(samples as usize);
    options = options.with_seed(arguments.seed);
    if let Some(clusters) = data.design.clusters() {
        options = options.with_clusters(clusters.to_vec());
    }
    let c = arguments.regression().optimism(&data.outcomes, &data.design, &options)?;
    Ok(Some(Optimism {
        apparent: c.apparent,
        optimism: c.optimism,
        corrected: c.corrected,
        monte_carlo_error: c.monte_carlo_error,
    }))
}
