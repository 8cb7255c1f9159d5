//! The subdistribution hazard of Fine and Gray: how covariates act on the cumulative incidence of
//! one cause.
//!
//! At an event time `t` the risk set is `sum_i w_i(t) exp(h_i)`, with `w_i(t) = 1` while `i` is
//! followed, 0 after its censoring or its event of the cause, and the weight of `weights`
//! after its event of another cause.
//!
//! Sources: Fine & Gray, *JASA* 94:496-509, 1999; Geskus, *Biometrics* 67:39-49, 2011 (delayed
//! entry). Coefficients and standard errors equal `cmprsk::crr()`, which knows neither weights nor
//! entry times, where no event ties with a censoring; with them the coefficients and likelihood are
//! those of `survival::coxph()` on the rows of `finegray()`, and the standard errors the derivative
//! of the coefficients by each subject's weight.

use super::{
    sample::{Pass, Sample},
    variance::meat,
};
use crate::{
    cox::{BaselineHazard, Design, scaled::Scaled, standardised::Standardised},
    error::Error,
    estimate::{Estimate, Pivot, ReferenceDistribution, Scale, Test, Units},
    numeric::{
        linear::dot,
        newton::{Failure, Maximum, maximise},
    },
    outcomes::{Endpoint, check},
};

/// A fitted subdistribution hazard model.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct FineGrayFit {
    /// Log subdistribution hazard ratio of each covariate.
    pub coefficients: Vec<f64>,
    /// Their covariance: a sandwich that includes what the estimated censoring and entry curves
    /// add, over clusters where the outcomes have them.
    pub covariance: Vec<Vec<f64>>,
    /// Standard errors, the roots of its diagonal.
    pub std_errors: Vec<f64>,
    /// Log partial likelihood with all coefficients 0.
    pub log_likelihood_null: f64,
    /// Log partial likelihood at the coefficients.
    pub log_likelihood: f64,
    /// Cumulative subdistribution hazard of a subject with all covariates 0.
    baseline: BaselineHazard,
    /// What a coefficient divided by its standard error is compared with by each reference
    /// distribution, and by which; fits written before compare with the normal distribution.
    #[serde(default = "normal")]
    student: Pivot,
    #[serde(default = "normal")]
    normal: Pivot,
    #[serde(default)]
    reference: ReferenceDistribution,
}

fn normal() -> Pivot {
    Pivot::Normal
}

/// A subdistribution hazard ratio for one unit of a covariate, with its test against 1.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct SubdistributionHazardRatio {
    /// `exp(coefficient)`; the interval is symmetric on the log scale.
    pub ratio: Estimate,
    /// The coefficient divided by its standard error.
    pub test: Test,
}

impl FineGrayFit {
    /// Distribution behind intervals and P values; by default Student's t with one degree of
    /// freedom less than there are events of the cause (clusters with one), as a sandwich of few
    /// events is too small. `cmprsk` takes the normal distribution.
    #[must_use]
    pub fn with_reference(mut self, reference: ReferenceDistribution) -> Self {
        self.reference = reference;
        self
    }

    fn pivot(&self) -> Pivot {
        match self.reference {
            ReferenceDistribution::Student => self.student,
            ReferenceDistribution::Normal => self.normal,
        }
    }

    /// The hazard ratio of the `covariate`-th covariate, from 0, with its interval at a confidence
    /// level such as 0.95.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] where there is no such covariate or for a level outside (0, 1);
    /// [`Error::Undefined`] where its standard error is 0, as where nobody is left at risk beside
    /// those with the event.
    pub fn hazard_ratio(
        &self,
        covariate: usize,
        level: f64,
    ) -> Result<SubdistributionHazardRatio, Error> {
        check::level(level)?;
        let (Some(b), Some(se)) =
            (self.coefficients.get(covariate), self.std_errors.get(covariate))
        else {
            let (name, expected, got) = ("covariate", "one of those fitted", covariate.to_string());
            return Err(Error::InvalidSetting { name, expected, got });
        };
        if *se <= 0.0 {
            let (name, why) = ("the hazard ratio's interval", "its standard error is 0");
            return Err(Error::Undefined { name, why });
        }
        let (ratio, by) = (b.exp(), (self.pivot(), Scale::Log));
        Ok(SubdistributionHazardRatio {
            ratio: Estimate::around(ratio, ratio * se, by, level),
            test: Test::two_sided(b / se, self.pivot()),
        })
    }

    /// Cumulative incidence of the cause by `horizon` years for a subject with these covariates,
    /// `1 - exp(-H_0(horizon) exp(b'x))`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there is one value for each coefficient.
    pub fn risk(&self, covariates: &[f64], horizon: f64) -> Result<f64, Error> {
        if covariates.len() != self.coefficients.len() {
            let (expected, got) = (self.coefficients.len(), covariates.len());
            return Err(Error::LengthMismatch { name: "covariates", expected, got });
        }
        Ok(self.baseline.risk(dot(&self.coefficients, covariates), horizon))
    }

    /// Cumulative subdistribution hazard by `horizon` years of a subject with all covariates 0.
    #[must_use]
    pub fn cumulative_hazard_at(&self, horizon: f64) -> f64 {
        self.baseline.cumulative(horizon)
    }

    pub(crate) fn baseline(&self) -> &BaselineHazard {
        &self.baseline
    }
}

/// Fits the subdistribution hazard of one cause on `covariates` (one slice of `[n]` each), Breslow
/// ties. Case weights and entry times are honoured. Where nothing competes with the event it is
/// Cox's model, with robust standard errors.
///
/// The hazard of the cause is `H_0'(t) exp(b'x)` among those followed and those with another event
/// before `t`, at `t_i`, with the weight `G(t-) H(t-) / (G(t_i-) H(t_i-))`: `G` the
/// probability of being uncensored, `H` that of having entered. The covariance is a sandwich of
/// each subject's influence on the score, with what it has through the estimated `G` and `H` (Fine
/// & Gray, *JASA* 94:496-509, 1999; Geskus, *Biometrics* 67:39-49, 2011).
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::OutOfDomain`], [`Error::Empty`] without a covariate,
/// [`Error::Undefined`] where a covariate is the same for all, is determined by the others, or no
/// finite coefficients fit best, and as [`fine_gray_rows`](crate::fine_gray::fine_gray_rows()) for
/// delayed entry.
///
/// # Examples
/// ```
/// use vertebra_survival::{CompetingOutcomes, fine_gray};
/// let time = (1..11).map(f64::from).collect();
/// let outcomes = CompetingOutcomes::new(time, vec![1, 2, 1, 0, 2, 1, 0, 1, 2, 0])?;
/// let density = [0.6, 0.9, 0.5, 1.1, 0.8, 0.7, 1.0, 0.9, 0.6, 1.0];
/// let fit = fine_gray(&outcomes.cause(1)?, &[&density])?;
/// assert!(fit.hazard_ratio(0, 0.95)?.ratio.value < 1.0);
/// assert!(fit.risk(&[0.5], 5.0)? > fit.risk(&[1.0], 5.0)?);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn fine_gray(endpoint: &impl Endpoint, covariates: &[&[f64]]) -> Result<FineGrayFit, Error> {
    let any = endpoint.follow_up();
    covariates.iter().try_for_each(|x| check::finite("covariates", x, any))?;
    let covariates = Standardised::new(&Design::from_columns(covariates)?, any)
        .map_err(|_| Error::Undefined { name: NAME, why: "a covariate is the same for all" })?;
    let sample = Sample::new(endpoint, covariates)?;
    let start = vec![0.0; sample.covariates.n_columns()];
    let units = Units::of(any, NAME)?;
    let maximum = maximise(start, |b| sample.derivatives(b)).map_err(|why| why.undefined(NAME))?;
    let own = |&i: &usize| any.event()[i] && endpoint.is_of_interest(i);
    let student =
        units.resting_on((0..any.n_subjects()).filter(own), ReferenceDistribution::Student);
    fitted(&sample, &maximum, (units, student))
}

const NAME: &str = "the subdistribution hazard fit";

/// The sandwich variance is some few times that of the information; beyond so many times it is
/// none.
const IRREGULAR: f64 = 1e12;

/// Back to the units of the covariates.
fn fitted(
    sample: &Sample<'_>,
    maximum: &Maximum<Pass>,
    (units, student): (Units<'_>, Pivot),
) -> Result<FineGrayFit, Error> {
    let (standardised, here) = (&sample.covariates, &maximum.here);
    let bread = here
        .information
        .cholesky(0.0)
        .map_err(|parameter| Failure::Determined { parameter }.undefined(NAME))?
        .inverse();
    let sandwich = bread.around(&meat(sample, &here.rest, units));
    // Where one weight outgrows all others, the influence on the score is rounding alone.
    let is_regular = |k: usize| {
        let (robust, model) = (sandwich[(k, k)], bread[(k, k)]);
        robust.is_finite() && model.is_finite() && robust <= IRREGULAR * model
    };
    if !(0..standardised.n_columns()).all(is_regular) {
        return Err(Error::Undefined { name: NAME, why: "it has no finite standard errors" });
    }
    let covariance = standardised.covariance(&sandwich).to_rows();
    let coefficients = standardised.coefficients(&maximum.parameters);
    // A subject with all covariates 0 has the standardised ones -mean / sd.
    let scale = -here.rest.most - dot(&coefficients, &standardised.mean);
    let times = here.rest.times.iter();
    let steps =
        times.map(|time| (sample.groups.times()[time.group], Scaled { scale, value: time.step }));
    Ok(FineGrayFit {
        std_errors: covariance.iter().enumerate().map(|(k, row)| row[k].sqrt()).collect(),
        coefficients,
        covariance,
        log_likelihood_null: maximum.at_start.value,
        log_likelihood: here.value,
        baseline: BaselineHazard::from_steps(steps),
        student,
        normal: units.normal(),
        reference: ReferenceDistribution::default(),
    })
}
