//! Sample size for developing a prediction model.
//!
//! With `p` candidate parameters, an expected Cox-Snell `R2`, and its largest value
//! `R2max = 1 - exp(2 lnL0 / n)`:
//!
//! 1. expected shrinkage `S` of at least 0.9: `n = p / ((S - 1) ln(1 - R2 / S))`;
//! 2. optimism of Nagelkerke's R2 of at most 0.05: the same with `S = R2 / (R2 + 0.05 R2max)`;
//! 3. the overall risk to within 0.05 (95 % interval).

use crate::{error::Error, numeric::distributions::Normal};

/// The plan of a model of times to an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DevelopmentOfSurvivalModel {
    criteria: Criteria,
    rate: f64,
    mean_follow_up: f64,
    horizon: f64,
}

/// The plan of a model of a binary outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DevelopmentOfBinaryModel {
    criteria: Criteria,
    prevalence: f64,
}

/// What both have.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Criteria {
    parameters: usize,
    r2: f64,
    shrinkage: f64,
    optimism: f64,
    margin: f64,
}

/// How many subjects each criterion asks for.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct DevelopmentSizes {
    /// For the expected shrinkage.
    pub for_shrinkage: usize,
    /// For the optimism of Nagelkerke's R2.
    pub for_optimism: usize,
    /// For the overall risk.
    pub for_risk: usize,
    /// The largest of them.
    pub n: usize,
    /// Events expected among `n`.
    pub events: f64,
    /// Events per candidate parameter.
    pub events_per_parameter: f64,
    /// The largest Cox-Snell R2 there can be.
    pub max_r2: f64,
    /// The expected Nagelkerke R2, as a share of that.
    pub nagelkerke_r2: f64,
}

impl DevelopmentOfSurvivalModel {
    /// `parameters` candidates (a variable of four levels counts three), an expected Cox-Snell
    /// `r2`, a `rate` of events per year, `mean_follow_up` and `horizon` in years.
    #[must_use]
    pub fn new(parameters: usize, r2: f64, rate: f64, mean_follow_up: f64, horizon: f64) -> Self {
        Self { criteria: Criteria::new(parameters, r2), rate, mean_follow_up, horizon }
    }

    /// The largest Cox-Snell R2 that a model can have where `rate` events occur per year in a
    /// `mean_follow_up` in years. Where nothing is known of the R2 to expect, Riley et al. (2020)
    /// advise to plan for 15 % of it.
    #[must_use]
    pub fn max_r2(rate: f64, mean_follow_up: f64) -> f64 {
        let share = rate * mean_follow_up;
        1.0 - (2.0 * share * (share.ln() - 1.0)).exp()
    }

    /// The expected shrinkage to reach; 0.9 by default.
    #[must_use]
    pub fn with_shrinkage(mut self, shrinkage: f64) -> Self {
        self.criteria.shrinkage = shrinkage;
        self
    }

    /// How many subjects each criterion asks for. The likelihood without covariates is that of the
    /// exponential distribution.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a rate or time that is not positive, no parameters, or an R2
    /// that is not between 0 and the shrinkage and below its largest value.
    pub fn sizes(&self) -> Result<DevelopmentSizes, Error> {
        for (name, value) in [
            ("rate", self.rate),
            ("mean_follow_up", self.mean_follow_up),
            ("horizon", self.horizon),
        ] {
            positive(name, value)?;
        }
        let share = self.rate * self.mean_follow_up;
        let max_r2 = Self::max_r2(self.rate, self.mean_follow_up);
        self.criteria.sizes(max_r2, share, self.for_risk())
    }

    /// `1 - exp(-rate t)` to within the margin, the rate having a standard error of
    /// `sqrt(rate / person-years)`.
    fn for_risk(&self) -> usize {
        let risk = 1.0 - (-self.rate * self.horizon).exp();
        // The upper bound is `risk + margin` where the rate's is this.
        let Some(highest) = Some(risk + self.criteria.margin).filter(|r| *r < 1.0) else {
            return 1;
        };
        let highest = -(1.0 - highest).ln() / self.horizon;
        let se = (highest - self.rate) / Normal.two_sided(0.95);
        (self.rate / (se * se) / self.mean_follow_up).ceil() as usize
    }
}

impl DevelopmentOfBinaryModel {
    /// `parameters` candidates, an expected Cox-Snell `r2`, and the `prevalence` of the outcome.
    #[must_use]
    pub fn new(parameters: usize, r2: f64, prevalence: f64) -> Self {
        Self { criteria: Criteria::new(parameters, r2), prevalence }
    }

    /// The expected shrinkage to reach; 0.9 by default.
    #[must_use]
    pub fn with_shrinkage(mut self, shrinkage: f64) -> Self {
        self.criteria.shrinkage = shrinkage;
        self
    }

    /// How many subjects each criterion asks for.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for a prevalence outside (0, 1), no parameters, or an R2 that is
    /// not between 0 and the shrinkage and below its largest value.
    pub fn sizes(&self) -> Result<DevelopmentSizes, Error> {
        let p = inside("prevalence", self.prevalence)?;
        let max_r2 = 1.0 - (2.0 * (p * p.ln() + (1.0 - p) * (1.0 - p).ln())).exp();
        let ratio = Normal.two_sided(0.95) / self.criteria.margin;
        self.criteria.sizes(max_r2, p, (ratio * ratio * p * (1.0 - p)).ceil() as usize)
    }
}

impl Criteria {
    fn new(parameters: usize, r2: f64) -> Self {
        Self { parameters, r2, shrinkage: 0.9, optimism: 0.05, margin: 0.05 }
    }

    fn sizes(&self, max_r2: f64, share: f64, for_risk: usize) -> Result<DevelopmentSizes, Error> {
        if self.parameters == 0 {
            let (expected, got) = ("at least 1", "0".to_owned());
            return Err(Error::InvalidSetting { name: "parameters", expected, got });
        }
        inside("shrinkage", self.shrinkage)?;
        if !(self.r2 > 0.0 && self.r2 < self.shrinkage && self.r2 < max_r2) {
            return Err(Error::InvalidSetting {
                name: "r2",
                expected: "above 0, below the shrinkage and below the largest Cox-Snell R2",
                got: format!("{} (largest: {max_r2:.4})", self.r2),
            });
        }
        let size = |shrinkage: f64| {
            let per_parameter = 1.0 / ((shrinkage - 1.0) * (1.0 - self.r2 / shrinkage).ln());
            (self.parameters as f64 * per_parameter).ceil() as usize
        };
        let for_shrinkage = size(self.shrinkage);
        let for_optimism = size(self.r2 / (self.r2 + self.optimism * max_r2));
        let n = for_shrinkage.max(for_optimism).max(for_risk);
        let events = n as f64 * share;
        Ok(DevelopmentSizes {
            for_shrinkage,
            for_optimism,
            for_risk,
            n,
            events,
            events_per_parameter: events / self.parameters as f64,
            max_r2,
            nagelkerke_r2: self.r2 / max_r2,
        })
    }
}

fn positive(name: &'static str, value: f64) -> Result<f64, Error> {
    match value.is_finite() && value > 0.0 {
        true => Ok(value),
        false => {
            let got = value.to_string();
            Err(Error::InvalidSetting { name, expected: "finite and above 0", got })
        }
    }
}

pub(super) fn inside(name: &'static str, value: f64) -> Result<f64, Error> {
    match value > 0.0 && value < 1.0 {
        true => Ok(value),
        false => {
            let got = value.to_string();
            Err(Error::InvalidSetting { name, expected: "inside (0, 1)", got })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Riley et al., BMJ 2020, example 3 (recurrent venous thromboembolism), and the values with
    /// which the authors test `pmsampsize`; that rounds the events of 10,000 subjects up, which
    /// moves the second criterion by one.
    #[test]
    fn published_examples_of_times_to_an_event() {
        let sizes = |parameters, r2, rate| {
            let plan = DevelopmentOfSurvivalModel::new(parameters, r2, rate, 2.07, 2.0);
            plan.sizes().unwrap()
        };
        let example = sizes(30, 0.051, 0.065);
        assert_eq!((example.for_shrinkage, example.for_optimism, example.n), (5143, 1039, 5143));
        assert!((example.max_r2 - 0.555).abs() < 5e-4);
        assert!((example.events_per_parameter - 23.07).abs() < 5e-3);
        for (parameters, r2, rate, expected) in [
            (25, 0.051, 0.065, (4286, 866)),
            (25, 0.065, 0.065, (3335, 859)),
            (50, 0.051, 0.065, (8572, 1731)),
            (25, 0.051, 0.1, (4286, 731)),
        ] {
            let got = sizes(parameters, r2, rate);
            assert_eq!(got.for_shrinkage, expected.0);
            assert!(got.for_optimism.abs_diff(expected.1) <= 1, "{got:?}");
            assert_eq!(got.n, expected.0);
        }
    }

    /// Riley et al., BMJ 2020, example 2 (pre-eclampsia).
    #[test]
    fn published_example_of_a_binary_outcome() {
        let plan = DevelopmentOfBinaryModel::new(24, 0.288, 0.174).sizes().unwrap();
        assert_eq!((plan.for_shrinkage, plan.for_optimism, plan.for_risk), (623, 662, 221));
        assert_eq!(plan.n, 662);
        assert!((plan.events_per_parameter - 4.8).abs() < 5e-3);
    }

    /// The size for the overall risk is the smallest whose interval is as narrow as asked.
    #[test]
    fn the_overall_risk_is_as_precise_as_asked() {
        let plan = DevelopmentOfSurvivalModel::new(2, 0.2, 0.065, 2.07, 2.0);
        let n = plan.sizes().unwrap().for_risk as f64;
        let margin = |n: f64| {
            let se = (0.065 / (2.07 * n)).sqrt();
            (-0.065f64 * 2.0).exp() - (-(0.065 + 1.959964 * se) * 2.0).exp()
        };
        assert!(margin(n) <= 0.05 && margin(n - 1.0) > 0.05, "{n}");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let none = DevelopmentOfBinaryModel::new(0, 0.1, 0.2).sizes().unwrap_err();
        assert_eq!(none.to_string(), "parameters must be at least 1, got 0");
        let large = DevelopmentOfBinaryModel::new(5, 0.7, 0.2).sizes().unwrap_err();
        assert!(large.to_string().contains("largest: 0.632"), "{large}");
        assert!(DevelopmentOfSurvivalModel::new(5, 0.1, -1.0, 2.0, 2.0).sizes().is_err());
    }
}
