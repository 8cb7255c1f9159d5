//! Are the hazards proportional? A score test of coefficients that change with time.
//!
//! The model `b + c (g(t) - mean g)` is tested for `c = 0`. With the events' residuals
//! `x - M` and the information `V(t)` at each time, the score of `c` is `U = sum g (x - M)`, its
//! information given the coefficients `sum g^2 V - (sum g V) (sum V)^-1 (sum g V)`.
//!
//! Source: Grambsch & Therneau, *Biometrika* 81:515-526, 1994, eq. 5, without their approximation
//! of `V(t)` by its mean; as `cox.zph` of R survival from version 3.0 on.

use super::{derivatives::StratumRows, diagnostics::CoxDiagnostics};
use crate::{
    curves::kaplan_meier,
    error::Error,
    estimate::Test,
    numeric::{
        linear::{Matrix, SINGULAR, add, dot},
        ranks::Ranks,
    },
    outcomes::Outcomes,
};

/// The scale of time on which coefficients may change.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TimeTransform {
    /// One minus the Kaplan-Meier curve before the time: spreads events evenly. R's default.
    #[default]
    KaplanMeier,
    /// Time itself; outlying times have much influence.
    Identity,
    /// The rank among all times, those of censored subjects too.
    Rank,
    /// The logarithm of time.
    Log,
}

/// The tests of proportional hazards.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct ProportionalHazards {
    /// The scale of time.
    pub transform: TimeTransform,
    /// Of each term, as many degrees of freedom as it has columns.
    pub terms: Vec<Test>,
    /// Of all together.
    pub global: Test,
}

impl CoxDiagnostics<'_> {
    /// Tests whether the coefficients change with time; a term is a set of columns.
    ///
    /// # Errors
    /// [`Error::Undefined`] where all events are at one time or one is at time 0 of
    /// [`TimeTransform::Log`], [`Error::Unsupported`] with exact ties, [`Error::InvalidSetting`]
    /// for a column that does not exist.
    pub fn proportional_hazards(
        &self,
        transform: TimeTransform,
        terms: &[Vec<usize>],
    ) -> Result<ProportionalHazards, Error> {
        self.not_exact("the test of proportional hazards")?;
        let p = self.b.len();
        if let Some(column) = terms.iter().flatten().find(|&&column| column >= p) {
            let (name, got) = ("column of a term", column.to_string());
            return Err(Error::InvalidSetting { name, expected: "a column of the design", got });
        }
        let scale = Scale::new(self.outcomes, transform)?;
        let (mut score, mut first, mut second) = (vec![0.0; p], Matrix::zeros(p), Matrix::zeros(p));
        for rows in &self.problem.strata {
            if let Some(walk) = rows.walk(&rows.log_hazard(&self.b), self.problem.ties) {
                let [once, twice]: [&(dyn Fn(f64) -> f64 + Sync); 2] =
                    [&|time| scale.of(time), &|time| scale.of(time).powi(2)];
                let found = rows.weighted(&walk, &[once, twice]);
                add(&mut score, 1.0, &found[0].score);
                first.add_scaled(1.0, &found[0].information);
                second.add_scaled(1.0, &found[1].information);
                continue;
            }
            self.at_events(rows, |i, time, residual| {
                add(&mut score, rows.stratum.outcomes.weight(i) * scale.of(time), residual);
            });
            self.add_information(rows, &|time| scale.of(time), &mut first);
            self.add_information(rows, &|time| scale.of(time).powi(2), &mut second);
        }
        first.mirror();
        second.mirror();
        let singular = |_| Error::Undefined { name: TEST, why: "no coefficient can change" };
        let inverse = self.information.cholesky(SINGULAR).map_err(singular)?.inverse();
        let mut given = first.around(&inverse);
        given.add_scaled(-1.0, &second);
        // In units of what the fit takes from: what is left of it may be nothing but rounding, as
        // where all information lies at one time.
        let unit: Vec<f64> = (0..p).map(|j| second[(j, j)].sqrt()).collect();
        let test = |columns: &[usize]| {
            let left = |j: usize, k: usize| -given[(j, k)] / (unit[j] * unit[k]);
            let own = Matrix::from_fn(columns.len(), |j, k| left(columns[j], columns[k]));
            let score: Vec<f64> = columns.iter().map(|&j| score[j] / unit[j]).collect();
            let own = own.cholesky_above(NOTHING_LEFT).map_err(singular)?;
            Ok(Test::chi_square(dot(&score, &own.solve(&score)), columns.len() as f64))
        };
        let terms = terms.iter().map(|columns| test(columns)).collect::<Result<_, Error>>()?;
        let all: Vec<usize> = (0..p).collect();
        Ok(ProportionalHazards { transform, terms, global: test(&all)? })
    }

    /// The transformed times of the events, as the scaled Schoenfeld residuals have them.
    ///
    /// # Errors
    /// As [`proportional_hazards`](Self::proportional_hazards).
    pub fn transformed_times(&self, transform: TimeTransform) -> Result<Vec<f64>, Error> {
        let scale = Scale::new(self.outcomes, transform)?;
        Ok(self.schoenfeld()?.iter().map(|event| scale.of(event.time) + scale.centre).collect())
    }

    /// Adds the information at each time, times a factor: by the chain rule of `derivatives`.
    fn add_information(
        &self,
        rows: &StratumRows<'_>,
        factor: &dyn Fn(f64) -> f64,
        information: &mut Matrix,
    ) {
        let (shares, mut times) = rows.event_times(&rows.log_hazard(&self.b), self.problem.ties);
        times.reverse();
        let factor: Vec<f64> =
            times.iter().map(|time| factor(rows.stratum.groups.times()[time.group])).collect();
        let mut met = vec![0.0];
        for (time, factor) in times.iter().zip(&factor) {
            met.push(met[met.len() - 1] + factor * time.step * time.tied.others);
            time.add_information(*factor, information);
        }
        for (i, share) in shares.into_iter().enumerate() {
            let (start, end) = rows.met_between(&times, i);
            let mut hazard = met[end] - met[start];
            if rows.stratum.outcomes.event()[i] {
                hazard += factor[end] * times[end].step * times[end].tied.own;
            }
            information.add_outer(share * hazard, rows.covariates().row(i));
        }
    }
}

const TEST: &str = "the test of proportional hazards";
/// Share of the information about a change that must be left when the coefficients are fitted.
const NOTHING_LEFT: f64 = 1e-9;

/// A transformed time minus its mean over events.
struct Scale {
    times: Vec<f64>,
    values: Vec<f64>,
    centre: f64,
}

impl Scale {
    fn new(outcomes: &Outcomes, transform: TimeTransform) -> Result<Self, Error> {
        let at_event = outcomes.time().iter().zip(outcomes.event()).filter(|(_, event)| **event);
        let mut times: Vec<f64> = at_event.map(|(time, _)| *time).collect();
        times.sort_unstable_by(f64::total_cmp);
        let values: Vec<f64> = match transform {
            TimeTransform::Identity => times.clone(),
            TimeTransform::Log => times.iter().map(|time| time.ln()).collect(),
            TimeTransform::Rank => {
                let ranks = Ranks::new(outcomes.time());
                let events = (0..outcomes.n_subjects()).filter(|&i| outcomes.event()[i]);
                let mut values: Vec<f64> = events.map(|i| ranks.mid_rank(i)).collect();
                values.sort_unstable_by(f64::total_cmp);
                values
            }
            TimeTransform::KaplanMeier => {
                let curve = kaplan_meier(&outcomes.alike())?;
                times.iter().map(|&time| 1.0 - curve.before(time)).collect()
            }
        };
        let centre = values.iter().sum::<f64>() / values.len() as f64;
        if !centre.is_finite() {
            return Err(Error::Undefined { name: TEST, why: "an event is at time 0" });
        }
        Ok(Self { times, values, centre })
    }

    fn of(&self, time: f64) -> f64 {
        self.values[self.times.partition_point(|&t| t < time)] - self.centre
    }
}
