//! What needs the data of a fit again: residuals, tests of proportional hazards and of terms,
//! curves, optimism.

use super::{
    fit::CoxFit,
    regression::{CoxRegression, named},
};
use crate::{DesignMatrix, Error};
use serde::Serialize;
use vertebra_survival::{
    BootstrapOptions, ConcordanceOptions, Outcomes, Test,
    cox::{CoxCurves, CoxDiagnostics, TimeTransform},
    validation::{OptimismCorrected, ValidationError, optimism_bootstrap},
};

/// Whether the coefficients of a term change with time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProportionalityTest {
    /// The term; `None` for all together.
    pub term: Option<String>,
    /// Score test.
    pub test: Test,
}

/// What the likelihood loses without a term.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LikelihoodRatio {
    /// The term.
    pub term: String,
    /// Twice the fall of the log likelihood.
    pub test: Test,
}

/// For kinds of error that validation may have in the future.
const UNKNOWN: vertebra_survival::Error =
    vertebra_survival::Error::Undefined { name: "the optimism", why: "its bootstrap failed" };

impl CoxRegression {
    /// The fit on its data, to be asked for residuals. `outcomes` and `design` are those that it was
    /// fitted to.
    ///
    /// # Errors
    /// [`Error::OtherColumns`] and those of [`fit`](Self::fit).
    pub fn diagnostics<'a>(
        &self,
        outcomes: &'a Outcomes,
        design: &'a DesignMatrix,
        fit: &CoxFit,
    ) -> Result<CoxDiagnostics<'a>, Error> {
        fit.check_columns(design)?;
        let model =
            self.options().diagnostics(outcomes, design.covariates(), &fit.log_hazard_ratios());
        model.map_err(|error| named(error, design.names()))
    }

    /// Survival curves with intervals, of new subjects and of averages of them.
    ///
    /// # Errors
    /// As [`diagnostics`](Self::diagnostics).
    pub fn curves(
        &self,
        outcomes: &Outcomes,
        design: &DesignMatrix,
        fit: &CoxFit,
    ) -> Result<CoxCurves, Error> {
        let model = self.diagnostics(outcomes, design, fit)?;
        Ok(model.curves(&fit.covariance)?.with_level(self.level())?)
    }

    /// Tests proportional hazards of each term, and of all together as the last.
    ///
    /// # Errors
    /// As [`diagnostics`](Self::diagnostics); [`Error::Survival`] with exact ties, or where all
    /// events are at one time.
    pub fn proportional_hazards(
        &self,
        outcomes: &Outcomes,
        design: &DesignMatrix,
        fit: &CoxFit,
        transform: TimeTransform,
    ) -> Result<Vec<ProportionalityTest>, Error> {
        let columns: Vec<Vec<usize>> = fit.terms.iter().map(|term| term.columns.clone()).collect();
        let tests = self
            .diagnostics(outcomes, design, fit)?
            .proportional_hazards(transform, &columns)
            .map_err(|error| named(error, design.names()))?;
        let names = fit.terms.iter().map(|term| Some(term.name.clone())).chain([None]);
        let all = names.zip(tests.terms.into_iter().chain([tests.global]));
        Ok(all.map(|(term, test)| ProportionalityTest { term, test }).collect())
    }

    /// The likelihood ratio test of each term, the model fitted without it. A ratio assumes
    /// independent rows, clusters or not.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit), of a model without a term.
    pub fn likelihood_ratios(
        &self,
        outcomes: &Outcomes,
        design: &DesignMatrix,
        fit: &CoxFit,
    ) -> Result<Vec<LikelihoodRatio>, Error> {
        let df = |fit: &CoxFit| fit.tests.likelihood_ratio.df.unwrap_or_default();
        let one = |term: &crate::TermTest| {
            let (log_likelihood, without) = match design.without(&term.columns) {
                None => (fit.log_likelihood_null, 0.0),
                Some(design) => {
                    let less = self.fit(outcomes, &design)?;
                    (less.log_likelihood, df(&less))
                }
            };
            let statistic = 2.0 * (fit.log_likelihood - log_likelihood);
            let test = Test::chi_square(statistic, df(fit) - without);
            Ok(LikelihoodRatio { term: term.name.clone(), test })
        };
        fit.terms.iter().map(one).collect()
    }

    /// Harrell's C (within strata, where there are any) and what remains of it for new subjects: in
    /// each bootstrap sample the regression is fitted anew (Harrell, Lee & Mark, *Stat. Med.*
    /// 15:361-387, 1996).
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit) on all rows; [`Error::Survival`] where too many samples have no
    /// fit.
    pub fn optimism(
        &self,
        outcomes: &Outcomes,
        design: &DesignMatrix,
        options: &BootstrapOptions,
    ) -> Result<OptimismCorrected, Error> {
        let fit = |rows: &[usize]| self.fit(&outcomes.subset(rows), &design.subset(rows));
        let judge = |fit: &CoxFit, rows: &[usize]| {
            let design = design.subset(rows);
            let mut options = ConcordanceOptions::default();
            if let Some(strata) = design.strata() {
                options = options.with_strata(strata.to_vec());
            }
            let c = options.estimate(&outcomes.subset(rows), &fit.log_hazard(&design)?)?;
            Ok(c.estimate.value)
        };
        optimism_bootstrap(design.n_rows(), options, fit, judge).map_err(|error| match error {
            ValidationError::Statistics(source) => source.into(),
            ValidationError::Pipeline { source, .. } => source,
            _ => Error::Survival { source: UNKNOWN },
        })
    }
}
