//! What is evaluated: outcomes of subjects, with their scores, predictions and labels.

use crate::{Error, Grouping};
use std::collections::BTreeSet;
use vertebra_survival::{CompetingOutcomes, OneCause, Outcomes};

/// The subjects of an evaluation: their outcomes, and everything that is known or predicted of
/// them.
///
/// Entry times and case weights belong to the outcomes. A score or prediction may be missing for
/// some subjects ([`with_partial_score`](Self::with_partial_score)): its figures are those of the
/// others, and a comparison is one of the subjects that have both.
///
/// # Examples
/// ```
/// use vertebra_evaluation::{Evaluation, EvaluationOptions, Sample};
/// use vertebra_survival::Outcomes;
/// let outcomes = Outcomes::new(vec![1.0, 2.0, 3.0, 4.0], vec![true, true, false, true])?;
/// let sample = Sample::new(outcomes).with_score("age", vec![71.0, 64.0, 58.0, 66.0]);
/// let evaluation = Evaluation::of(&sample, &EvaluationOptions::default())?;
/// assert_eq!(evaluation.scores[0].figures.harrell.value().unwrap().estimate.value, 0.8);
/// # Ok::<(), vertebra_evaluation::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub(crate) observed: Observed,
    pub(crate) strata: Option<Vec<usize>>,
    pub(crate) clusters: Option<Vec<usize>>,
    /// The subject of each row, where one may have several.
    pub(crate) subjects: Option<Vec<usize>>,
    pub(crate) groupings: Vec<Grouping>,
    pub(crate) scores: Vec<Score>,
    pub(crate) predictions: Vec<Prediction>,
    pub(crate) courses: Vec<Course>,
}

/// The outcomes, with or without competing causes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Observed {
    One(Outcomes),
    Competing(CompetingOutcomes, usize),
}

/// A risk score, higher = earlier expected event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Score {
    pub(crate) name: String,
    pub(crate) values: Vec<Option<f64>>,
    /// At or above which a subject is flagged, where that is fixed beforehand.
    pub(crate) threshold: Option<f64>,
    /// Whether its differences are log hazard ratios, so that it has a calibration slope.
    pub(crate) is_log_hazard: bool,
}

/// Predicted probabilities of an event by a horizon.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prediction {
    pub(crate) name: String,
    pub(crate) horizon: f64,
    pub(crate) values: Vec<Option<f64>>,
}

/// One model's predictions at several horizons, whose Brier score is integrated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Course {
    pub(crate) predictions: Vec<Prediction>,
}

impl Observed {
    /// The follow-up with an event of any cause as the event.
    pub(crate) fn any(&self) -> &Outcomes {
        match self {
            Self::One(outcomes) => outcomes,
            Self::Competing(outcomes, _) => outcomes.any_event(),
        }
    }

    /// The cause that is predicted, where others compete with it.
    pub(crate) fn cause(&self) -> Option<OneCause<'_>> {
        match self {
            Self::One(_) => None,
            Self::Competing(outcomes, cause) => outcomes.cause(*cause).ok(),
        }
    }

    pub(crate) fn subset(&self, subjects: &[usize]) -> Self {
        match self {
            Self::One(outcomes) => Self::One(outcomes.subset(subjects)),
            Self::Competing(outcomes, cause) => Self::Competing(outcomes.subset(subjects), *cause),
        }
    }
}

impl Sample {
    /// Subjects with one kind of event.
    #[must_use]
    pub fn new(outcomes: Outcomes) -> Self {
        Self::of(Observed::One(outcomes))
    }

    /// Subjects of whom `cause` is predicted, where events of other causes compete with it.
    ///
    /// # Errors
    /// [`Error::Survival`] for cause 0, and where nobody had an event of the cause.
    pub fn competing(outcomes: CompetingOutcomes, cause: usize) -> Result<Self, Error> {
        outcomes.cause(cause)?;
        Ok(Self::of(Observed::Competing(outcomes, cause)))
    }

    fn of(observed: Observed) -> Self {
        Self {
            observed,
            strata: None,
            clusters: None,
            subjects: None,
            groupings: Vec::new(),
            scores: Vec::new(),
            predictions: Vec::new(),
            courses: Vec::new(),
        }
    }

    /// Compares only subjects of one stratum, in C and in tests of groups; one label per subject.
    #[must_use]
    pub fn with_strata(mut self, strata: Vec<usize>) -> Self {
        self.strata = Some(strata);
        self
    }

    /// Takes the members of a cluster as dependent in every standard error, interval and test, and
    /// draws them together in the bootstrap; one label per subject.
    #[must_use]
    pub fn with_clusters(mut self, clusters: Vec<usize>) -> Self {
        self.clusters = Some(clusters);
        self
    }

    /// Groups whose curves are compared, such as the arms of a trial.
    #[must_use]
    pub fn with_grouping(mut self, grouping: Grouping) -> Self {
        self.groupings.push(grouping);
        self
    }

    /// A risk score: higher = earlier expected event.
    #[must_use]
    pub fn with_score(self, name: impl Into<String>, values: Vec<f64>) -> Self {
        self.with_partial_score(name, values.into_iter().map(Some).collect())
    }

    /// A risk score that some subjects lack.
    #[must_use]
    pub fn with_partial_score(mut self, name: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        self.scores.push(Score {
            name: name.into(),
            values,
            threshold: None,
            is_log_hazard: false,
        });
        self
    }

    /// The threshold of the last score added, chosen on other subjects: those at or above it are
    /// flagged. The score then has an accuracy at each horizon.
    #[must_use]
    pub fn with_threshold(mut self, threshold: f64) -> Self {
        if let Some(score) = self.scores.last_mut() {
            score.threshold = Some(threshold);
        }
        self
    }

    /// Says that the last score added is a log hazard: it then has a calibration slope.
    #[must_use]
    pub fn as_log_hazard(mut self) -> Self {
        if let Some(score) = self.scores.last_mut() {
            score.is_log_hazard = true;
        }
        self
    }

    /// Predicted probabilities of an event by `horizon`, in the unit of the follow-up times.
    #[must_use]
    pub fn with_probability(self, name: impl Into<String>, horizon: f64, values: Vec<f64>) -> Self {
        self.with_partial_probability(name, horizon, values.into_iter().map(Some).collect())
    }

    /// Predicted probabilities that some subjects lack.
    #[must_use]
    pub fn with_partial_probability(
        mut self,
        name: impl Into<String>,
        horizon: f64,
        values: Vec<Option<f64>>,
    ) -> Self {
        self.predictions.push(Prediction { name: name.into(), horizon, values });
        self
    }

    /// One model's predicted probabilities at several horizons, as `(name, horizon, values)` by
    /// increasing horizon, whose Brier score is integrated.
    #[must_use]
    pub fn with_course(mut self, course: Vec<(String, f64, Vec<f64>)>) -> Self {
        let one = |(name, horizon, values): (String, f64, Vec<f64>)| Prediction {
            name,
            horizon,
            values: values.into_iter().map(Some).collect(),
        };
        self.courses.push(Course { predictions: course.into_iter().map(one).collect() });
        self
    }

    /// Number of rows: of subjects, unless some have several.
    #[must_use]
    pub fn n(&self) -> usize {
        self.observed.any().n_subjects()
    }

    /// At most eight round times, up to where a tenth of the subjects is still followed: those at
    /// which a chart shows the numbers at risk.
    #[must_use]
    pub fn at_risk_times(&self) -> Vec<f64> {
        let mut sorted = self.observed.any().time().to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let end = sorted.get(sorted.len() * 9 / 10).copied().unwrap_or(0.0);
        if end <= 0.0 {
            return vec![0.0];
        }
        let unit = 10f64.powf((end / 10.0).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * unit);
        let step = steps.into_iter().find(|step| end / step < 8.0).unwrap_or(end / 5.0);
        (0..).map(|k| f64::from(k) * step).take_while(|t| *t <= end).collect()
    }

    /// The sample of the subjects at `subjects`, such as a subgroup, with everything known of them.
    ///
    /// # Panics
    /// If an index is not below the number of subjects, as slice indexing does.
    #[must_use]
    pub fn subset(&self, subjects: &[usize]) -> Self {
        let labels = |all: &Option<Vec<usize>>| all.as_ref().map(|all| pick(all, subjects));
        let prediction = |p: &Prediction| Prediction {
            name: p.name.clone(),
            horizon: p.horizon,
            values: pick(&p.values, subjects),
        };
        let score = |s: &Score| Score {
            name: s.name.clone(),
            values: pick(&s.values, subjects),
            threshold: s.threshold,
            is_log_hazard: s.is_log_hazard,
        };
        let course =
            |c: &Course| Course { predictions: c.predictions.iter().map(prediction).collect() };
        Self {
            observed: self.observed.subset(subjects),
            strata: labels(&self.strata),
            clusters: labels(&self.clusters),
            subjects: labels(&self.subjects),
            groupings: self.groupings.iter().map(|g| g.subset(subjects)).collect(),
            scores: self.scores.iter().map(score).collect(),
            predictions: self.predictions.iter().map(prediction).collect(),
            courses: self.courses.iter().map(course).collect(),
        }
    }

    /// That every column has a value in its domain for each subject.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let n = self.n();
        for (name, labels) in
            [("strata", &self.strata), ("clusters", &self.clusters), ("subjects", &self.subjects)]
        {
            if let Some(labels) = labels {
                length(name, labels.len(), n)?;
            }
        }
        for grouping in &self.groupings {
            length(&grouping.name, grouping.labels.len(), n)?;
        }
        let mut names = BTreeSet::new();
        for score in &self.scores {
            if !names.insert(&score.name) {
                let (name, got) = ("scores".to_owned(), format!("{:?} twice", score.name));
                return Err(Error::InvalidValue { name, expected: "different names", got });
            }
            column(&score.name, &score.values, n, "a finite number", f64::is_finite)?;
        }
        self.predictions.iter().try_for_each(|p| p.check(n))?;
        self.courses.iter().try_for_each(|course| course.check(n))
    }
}

impl Prediction {
    fn check(&self, n: usize) -> Result<(), Error> {
        let (name, horizon) = (&self.name, self.horizon);
        if !(horizon.is_finite() && horizon > 0.0) {
            let (name, got) = (format!("the horizon of {name}"), horizon.to_string());
            return Err(Error::InvalidValue { name, expected: "a time above 0", got });
        }
        let expected = "a probability";
        column(name, &self.values, n, expected, |p| (0.0..=1.0).contains(&p))
    }
}

impl Course {
    fn check(&self, n: usize) -> Result<(), Error> {
        let horizons: Vec<f64> = self.predictions.iter().map(|p| p.horizon).collect();
        if horizons.len() < 2 || horizons.windows(2).any(|pair| pair[0] >= pair[1]) {
            let names = self.predictions.iter().map(|p| p.name.as_str());
            return Err(Error::InvalidValue {
                name: names.collect::<Vec<_>>().join(", "),
                expected: "at least two horizons that increase",
                got: format!("{horizons:?}"),
            });
        }
        self.predictions.iter().try_for_each(|p| p.check(n))
    }
}

fn pick<T: Clone>(all: &[T], subjects: &[usize]) -> Vec<T> {
    subjects.iter().map(|&i| all[i].clone()).collect()
}

fn length(name: &str, got: usize, expected: usize) -> Result<(), Error> {
    match got == expected {
        true => Ok(()),
        false => Err(Error::LengthMismatch { name: name.to_owned(), expected, got }),
    }
}

fn column(
    name: &str,
    values: &[Option<f64>],
    n: usize,
    expected: &'static str,
    allowed: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    length(name, values.len(), n)?;
    let outside = |(_, value): &(usize, &Option<f64>)| value.is_some_and(|v| !allowed(v));
    match values.iter().enumerate().find(outside) {
        Some((index, &Some(value))) => {
            Err(Error::OutOfDomain { name: name.to_owned(), index, value, expected })
        }
        _ => Ok(()),
    }
}
