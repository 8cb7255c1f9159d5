//! Covariates, latent bone density, and the hazard they make.
//!
//! Marginals follow Table 1 of Kong et al., Endocrinol Metab 2022;37(4):674-683 (both groups
//! pooled). The log hazard is linear:
//!
//! `log_hazard = b_age a + b_sex f + b_bmi b + b_gc g + b_sec s - b_density d`
//!
//! with centred covariates `a, b` per standard deviation, `f, g, s` 0/1 less their means, and `d`
//! the density in standard deviations, itself `d = clinical part + independent rest`. What clinical
//! covariates alone can know is `E[log_hazard | a, f, b, g, s]`, kept beside it.

use crate::dice::Dice;
use serde::Serialize;
use vertebra_cohort::Sex;
use vertebra_run::Seed;

/// Means of Table 1, development and evaluation set pooled (n = 1,595).
const FEMALE: f64 = 0.745;
const AGE: [f64; 2] = [60.5, 6.2];
const BMI: [f64; 2] = [24.0, 3.7];
const GLUCOCORTICOIDS: f64 = 0.526;
const SECONDARY: f64 = 0.053;
const RHEUMATOID: f64 = 0.038;
/// Youngest subject (the paper: over 50).
const MIN_AGE: f64 = 50.0;

/// Effects on density, standard deviations: per SD of age and BMI, women against men, exposed
/// against not exposed.
const DENSITY_EFFECTS: [f64; 5] = [-0.25, -0.36, 0.14, -0.15, -0.45];
/// Density not explained by the covariates.
const DENSITY_REST: f64 = 0.94;
/// Effects on the log hazard at equal density.
const HAZARD_EFFECTS: [f64; 5] = [0.19, 0.20, -0.05, 0.27, 0.45];
/// Log hazard per standard deviation of density lost.
const HAZARD_DENSITY: f64 = 1.35;

/// Follow-up before censoring: a minimum and a gamma-distributed rest, years.
const MIN_FOLLOW_UP: f64 = 0.55;
const FOLLOW_UP_SHAPE: f64 = 1.7;
const MAX_FOLLOW_UP: f64 = 11.0;
/// Mean observed follow-up aimed at, years (paper: 3.2 and 3.7).
const MEAN_FOLLOW_UP: f64 = 3.3;
/// No event happens before the shortest follow-up that is analysed.
const EVENT_FREE: f64 = 0.51;

/// What a clinician knows at baseline, and the density that only the film shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Profile {
    /// Sex.
    pub sex: Sex,
    /// Years.
    pub age: f64,
    /// kg/m².
    pub bmi: f64,
    /// Oral glucocorticoids.
    pub glucocorticoids: bool,
    /// Any cause of secondary osteoporosis.
    pub secondary_osteoporosis: bool,
    /// Rheumatoid arthritis; without effect of its own.
    pub rheumatoid_arthritis: bool,
    /// Latent bone density, standard deviations from the population's mean.
    pub density: f64,
}

impl Profile {
    pub(crate) fn sample(dice: &mut Dice) -> Self {
        Self::sample_older(0.0, dice)
    }

    /// One of people who are so many years older.
    pub(crate) fn sample_older(years: f64, dice: &mut Dice) -> Self {
        let over = AGE[0] - MIN_AGE;
        let (shape, scale) = ((over / AGE[1]).powi(2), AGE[1].powi(2) / over);
        let age =
            (MIN_AGE + years + dice.gamma(shape, scale)).clamp(MIN_AGE, 88.0 + years.max(0.0));
        let mut profile = Self {
            sex: if dice.chance(FEMALE) { Sex::Female } else { Sex::Male },
            age: (age * 10.0).round() / 10.0,
            bmi: (dice.normal_within(BMI[0], BMI[1], 2.6) * 10.0).round() / 10.0,
            glucocorticoids: dice.chance(GLUCOCORTICOIDS),
            secondary_osteoporosis: dice.chance(SECONDARY),
            rheumatoid_arthritis: dice.chance(RHEUMATOID),
            density: 0.0,
        };
        profile.density = profile.expected_density() + dice.normal_within(0.0, DENSITY_REST, 2.8);
        profile
    }

    fn centred(&self) -> [f64; 5] {
        let flag = |b: bool, mean: f64| f64::from(u8::from(b)) - mean;
        [
            (self.age - AGE[0]) / AGE[1],
            flag(self.sex == Sex::Female, FEMALE),
            (self.bmi - BMI[0]) / BMI[1],
            flag(self.glucocorticoids, GLUCOCORTICOIDS),
            flag(self.secondary_osteoporosis, SECONDARY),
        ]
    }

    fn expected_density(&self) -> f64 {
        dot(&DENSITY_EFFECTS, &self.centred())
    }

    /// Log hazard ratio against the mean subject.
    #[must_use]
    pub fn log_hazard(&self) -> f64 {
        dot(&HAZARD_EFFECTS, &self.centred()) - HAZARD_DENSITY * self.density
    }

    /// The best that clinical covariates alone can say: the mean log hazard given them.
    #[must_use]
    pub fn clinical_log_hazard(&self) -> f64 {
        dot(&HAZARD_EFFECTS, &self.centred()) - HAZARD_DENSITY * self.expected_density()
    }
}

fn dot(a: &[f64; 5], b: &[f64; 5]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Baseline hazard and follow-up of a population.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Calendar {
    /// Events per year at log hazard zero.
    baseline_hazard: f64,
    /// Scale of the gamma-distributed follow-up, years.
    follow_up_scale: f64,
}

/// Observed time in years, whether a fracture ended it, and until when it would have gone on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FollowUp {
    pub(crate) time: f64,
    pub(crate) event: bool,
    pub(crate) end: f64,
}

/// What chance decides about one subject, before the scales are known.
struct Fate {
    relative_hazard: f64,
    exponential: f64,
    gamma: f64,
}

impl Fate {
    fn sample(log_hazard: f64, dice: &mut Dice) -> Self {
        Self {
            relative_hazard: log_hazard.exp(),
            exponential: dice.exponential(),
            gamma: dice.gamma(FOLLOW_UP_SHAPE, 1.0),
        }
    }

    fn follow_up(&self, calendar: &Calendar) -> FollowUp {
        let hazard = calendar.baseline_hazard * self.relative_hazard;
        let fracture = EVENT_FREE + self.exponential / hazard;
        let end = (MIN_FOLLOW_UP + calendar.follow_up_scale * self.gamma).min(MAX_FOLLOW_UP);
        FollowUp { time: fracture.min(end), event: fracture < end, end }
    }
}

impl Calendar {
    /// The scales at which a large population shows `event_rate` and the paper's mean follow-up.
    pub(crate) fn for_event_rate(event_rate: f64) -> Self {
        const POPULATION: u64 = 6000;
        let fates: Vec<Fate> = (0..POPULATION)
            .map(|i| {
                let mut dice = Dice::new(Seed::new(0x90b5).at(&[i]));
                let log_hazard = Profile::sample(&mut dice).log_hazard();
                Fate::sample(log_hazard, &mut dice)
            })
            .collect();
        let with_rate = |follow_up_scale: f64| {
            let hazard = bisect(1e-6, 10.0, event_rate, |baseline_hazard| {
                let calendar = Self { baseline_hazard, follow_up_scale };
                mean(&fates, |fate| f64::from(u8::from(fate.follow_up(&calendar).event)))
            });
            Self { baseline_hazard: hazard, follow_up_scale }
        };
        let scale = bisect(0.2, 20.0, MEAN_FOLLOW_UP, |scale| {
            let calendar = with_rate(scale);
            mean(&fates, |fate| fate.follow_up(&calendar).time)
        });
        with_rate(scale)
    }

    pub(crate) fn follow_up(&self, log_hazard: f64, dice: &mut Dice) -> FollowUp {
        Fate::sample(log_hazard, dice).follow_up(self)
    }
}

fn mean(fates: &[Fate], value: impl Fn(&Fate) -> f64) -> f64 {
    fates.iter().map(value).sum::<f64>() / fates.len() as f64
}

/// Where a rising function reaches `target`, on a logarithmic scale.
fn bisect(mut low: f64, mut high: f64, target: f64, rising: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..26 {
        let middle = (low * high).sqrt();
        if rising(middle) < target {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low * high).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_survival::{Outcomes, concordance};

    fn population(n: u64) -> Vec<Profile> {
        (0..n).map(|i| Profile::sample(&mut Dice::new(Seed::new(3).at(&[i])))).collect()
    }

    fn moments(values: impl Iterator<Item = f64>) -> (f64, f64) {
        let values: Vec<f64> = values.collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let square = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
        (mean, (square / (values.len() - 1) as f64).sqrt())
    }

    #[track_caller]
    fn near(name: &str, got: f64, expected: f64, tolerance: f64) {
        assert!((got - expected).abs() <= tolerance, "{name}: got {got}, expected {expected}");
    }

    #[test]
    fn marginals_are_those_of_table_1() {
        let people = population(20_000);
        let share =
            |f: fn(&Profile) -> bool| moments(people.iter().map(|p| f64::from(u8::from(f(p))))).0;
        let (age, age_sd) = moments(people.iter().map(|p| p.age));
        let (bmi, bmi_sd) = moments(people.iter().map(|p| p.bmi));
        near("age", age, 60.5, 0.2);
        near("age sd", age_sd, 6.2, 0.2);
        near("bmi", bmi, 24.0, 0.1);
        near("bmi sd", bmi_sd, 3.65, 0.1);
        near("women", share(|p| p.sex == Sex::Female), 0.745, 0.01);
        near("glucocorticoids", share(|p| p.glucocorticoids), 0.526, 0.01);
        near("secondary", share(|p| p.secondary_osteoporosis), 0.053, 0.005);
        near("rheumatoid arthritis", share(|p| p.rheumatoid_arthritis), 0.038, 0.005);
    }

    #[test]
    fn density_is_standardised() {
        let (mean, sd) = moments(population(20_000).iter().map(|p| p.density));
        near("mean", mean, 0.0, 0.03);
        near("sd", sd, 1.0, 0.03);
    }

    /// The reason for the phantom: clinical covariates know a part, the film can know the rest.
    #[test]
    fn clinical_covariates_carry_only_part_of_the_hazard() {
        let people = population(8000);
        for (rate, expected_clinical, expected_oracle) in
            [(0.385, 0.65, 0.80), (0.075, 0.69, 0.825)]
        {
            let calendar = Calendar::for_event_rate(rate);
            let follow_ups: Vec<FollowUp> = people
                .iter()
                .enumerate()
                .map(|(i, p)| {
                    calendar.follow_up(p.log_hazard(), &mut Dice::new(Seed::new(4).at(&[i as u64])))
                })
                .collect();
            let outcomes = Outcomes::new(
                follow_ups.iter().map(|f| f.time).collect(),
                follow_ups.iter().map(|f| f.event).collect(),
            )
            .unwrap();
            let c = |risk: fn(&Profile) -> f64| {
                let risk: Vec<f64> = people.iter().map(risk).collect();
                concordance(&outcomes, &risk).unwrap().index()
            };
            let (clinical, oracle) = (c(Profile::clinical_log_hazard), c(Profile::log_hazard));
            let (time, sd) = moments(follow_ups.iter().map(|f| f.time));
            let events = moments(follow_ups.iter().map(|f| f64::from(u8::from(f.event)))).0;
            near("events", events, rate, 0.02);
            near("clinical", clinical, expected_clinical, 0.015);
            near("oracle", oracle, expected_oracle, 0.02);
            near("follow-up", time, 3.3, 0.1);
            near("follow-up sd", sd, 2.2, 0.35);
            assert!(follow_ups.iter().all(|f| f.time > 0.5 && f.time <= MAX_FOLLOW_UP));
        }
    }
}
