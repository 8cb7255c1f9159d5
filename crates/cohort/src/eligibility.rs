//! Who is analysed: exclusions in a fixed order, each subject excluded once.
//!
//! The reasons are those of the paper's Fig 1, in its order. There the printed counts do not add
//! up (7,301 less 6,130 is not 1,595); here every subject leaves at the first reason that holds, so
//! that they must, and [`EligibilityFlow::new`] checks it.

use crate::{Cohort, DAYS_PER_YEAR, Error, Position, Quality, Subject, View};
use serde::{Deserialize, Serialize};

/// Which subjects may be analysed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EligibilityOptions {
    min_age: Option<f64>,
    min_follow_up: f64,
    position_required: bool,
}

impl Default for EligibilityOptions {
    /// Age 50 or more, half a year of follow-up, an unrecorded position counts as neutral.
    fn default() -> Self {
        Self { min_age: Some(50.0), min_follow_up: 0.5, position_required: false }
    }
}

impl EligibilityOptions {
    /// Lowest age at baseline, years; `None` for no limit.
    #[must_use]
    pub fn with_min_age(mut self, years: Option<f64>) -> Self {
        self.min_age = years;
        self
    }

    /// Shortest follow-up, years.
    #[must_use]
    pub fn with_min_follow_up(mut self, years: f64) -> Self {
        self.min_follow_up = years;
        self
    }

    /// Whether a film counts as neutral only when its position is recorded as such.
    #[must_use]
    pub fn with_position_required(mut self, required: bool) -> Self {
        self.position_required = required;
        self
    }

    fn is_neutral(self, position: Option<Position>) -> bool {
        position.map_or(!self.position_required, |p| p == Position::Neutral)
    }
}

/// One reason for exclusion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExclusionStep {
    /// The reason, as a flow chart prints it.
    pub reason: String,
    /// Subjects who left here: none of them had left before.
    pub excluded: usize,
    /// Subjects who reached this step without the fact being recorded, and stayed.
    pub not_recorded: usize,
    /// Positions in [`Cohort::subjects`] of those who left; empty in a flow that was made from
    /// numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<usize>,
}

impl ExclusionStep {
    /// A step at which nothing was missing.
    #[must_use]
    pub fn new(reason: impl Into<String>, excluded: usize) -> Self {
        Self { reason: reason.into(), excluded, not_recorded: 0, subjects: Vec::new() }
    }

    /// With the number of subjects who stayed because the fact was not recorded.
    #[must_use]
    pub fn with_not_recorded(mut self, subjects: usize) -> Self {
        self.not_recorded = subjects;
        self
    }

    /// One more subject leaves here.
    fn exclude(&mut self, subject: usize) {
        self.excluded += 1;
        self.subjects.push(subject);
    }
}

/// The films of an analysed subject, as positions in [`Subject::visits`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SelectedFilms {
    /// The subject's position in [`Cohort::subjects`].
    pub subject: usize,
    /// The baseline film: the first neutral lateral one.
    pub baseline: usize,
    /// Later readable neutral lateral films, in date order, one per date. Empty only for a subject
    /// whose outcome was given.
    pub follow_ups: Vec<usize>,
}

impl SelectedFilms {
    /// Films of the subject at `subject`, as positions in its visits.
    #[must_use]
    pub fn new(subject: usize, baseline: usize, follow_ups: Vec<usize>) -> Self {
        Self { subject, baseline, follow_ups }
    }
}

/// A flow chart in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EligibilityFlow {
    start: usize,
    steps: Vec<ExclusionStep>,
    analysed: Vec<SelectedFilms>,
}

impl EligibilityFlow {
    /// A flow from its numbers.
    ///
    /// # Errors
    /// [`Error::FlowSum`] when start, exclusions and analysed subjects do not add up.
    pub fn new(
        start: usize,
        steps: Vec<ExclusionStep>,
        analysed: Vec<SelectedFilms>,
    ) -> Result<Self, Error> {
        let excluded = steps.iter().map(|step| step.excluded).sum();
        if start.checked_sub(excluded) == Some(analysed.len()) {
            Ok(Self { start, steps, analysed })
        } else {
            Err(Error::FlowSum { start, excluded, remaining: analysed.len() })
        }
    }

    /// Subjects of the cohort.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// Exclusions in the order in which they were applied.
    #[must_use]
    pub fn steps(&self) -> &[ExclusionStep] {
        &self.steps
    }

    /// Subjects analysed.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.analysed.len()
    }

    /// The analysed subjects and their films, in cohort order.
    #[must_use]
    pub fn analysed(&self) -> &[SelectedFilms] {
        &self.analysed
    }

    /// Positions of the analysed subjects in [`Cohort::subjects`].
    #[must_use]
    pub fn subjects(&self) -> Vec<usize> {
        self.analysed.iter().map(|films| films.subject).collect()
    }

    /// Why a subject, by its position in [`Cohort::subjects`], is not analysed; `None` for one that
    /// is, and in a flow that was made from numbers.
    #[must_use]
    pub fn reason_of(&self, subject: usize) -> Option<&str> {
        let step = self.steps.iter().find(|step| step.subjects.contains(&subject))?;
        Some(&step.reason)
    }

    /// One more step: the analysed subjects that `leave` picks go, for `reason`.
    #[must_use]
    pub fn excluding(
        mut self,
        reason: impl Into<String>,
        mut leave: impl FnMut(&SelectedFilms) -> bool,
    ) -> Self {
        let mut step = ExclusionStep::new(reason, 0);
        self.analysed.retain(|films| {
            let leaves = leave(films);
            if leaves {
                step.exclude(films.subject);
            }
            !leaves
        });
        self.steps.push(step);
        self
    }
}

/// What one rule says about one subject.
#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Stays,
    Leaves,
    /// The fact is missing: stays, and is counted.
    Unknown,
}

impl Verdict {
    fn leaves_if(condition: bool) -> Self {
        if condition { Self::Leaves } else { Self::Stays }
    }

    fn of_flag(flag: Option<bool>) -> Self {
        flag.map_or(Self::Unknown, Self::leaves_if)
    }
}

/// Applies the exclusions to a cohort.
///
/// A subject whose `time` and `event` are given needs a baseline film only; for the others the
/// outcome has to be read from a follow-up film, so two neutral lateral films on different days are
/// needed.
///
/// # Examples
/// ```
/// use vertebra_cohort::{Cohort, EligibilityOptions, Sex, Subject, eligibility};
/// let young = Subject::new("1", Sex::Female, 44.0);
/// let cohort = Cohort::new(vec![young, Subject::new("2", Sex::Male, 61.0)])?;
/// let flow = eligibility(&cohort, &EligibilityOptions::default());
/// assert_eq!((flow.start(), flow.remaining()), (2, 0));
/// assert_eq!(flow.steps()[0].excluded, 1); // too young
/// assert_eq!(flow.steps()[2].excluded, 1); // no second visit
/// # Ok::<(), vertebra_cohort::Error>(())
/// ```
#[must_use]
pub fn eligibility(cohort: &Cohort, options: &EligibilityOptions) -> EligibilityFlow {
    let mut steps: Vec<_> =
        reasons(options).into_iter().map(|r| ExclusionStep::new(r, 0)).collect();
    let mut analysed = Vec::new();
    for (index, subject) in cohort.subjects().iter().enumerate() {
        let films = Films::of(subject, options);
        let verdicts = verdicts(subject, &films, options);
        match verdicts.iter().position(|v| *v == Verdict::Leaves) {
            Some(first) => {
                steps[first].exclude(index);
                count_unknown(&mut steps[..first], &verdicts);
            }
            None => {
                count_unknown(&mut steps, &verdicts);
                analysed.extend(films.selected(index, options));
            }
        }
    }
    EligibilityFlow { start: cohort.subjects().len(), steps, analysed }
}

fn count_unknown(steps: &mut [ExclusionStep], verdicts: &[Verdict]) {
    for (step, verdict) in steps.iter_mut().zip(verdicts) {
        step.not_recorded += usize::from(*verdict == Verdict::Unknown);
    }
}

const N_RULES: usize = 7;

/// The reasons, in the order of [`verdicts`].
fn reasons(options: &EligibilityOptions) -> [String; N_RULES] {
    let follow_up = options.min_follow_up;
    let months = follow_up * 12.0;
    [
        options
            .min_age
            .map_or("No age limit".to_owned(), |age| format!("Younger than {age} years")),
        "Fragility fracture at baseline".to_owned(),
        "One visit only".to_owned(),
        "No neutral lateral radiographs".to_owned(),
        format!("Follow-up shorter than {months} months"),
        "Anti-osteoporotic drug".to_owned(),
        "Poor image quality".to_owned(),
    ]
}

fn verdicts(subject: &Subject, films: &Films, options: &EligibilityOptions) -> [Verdict; N_RULES] {
    let days_needed = if subject.given_outcome().is_some() { 1 } else { 2 };
    let follow_up = subject.time.or(films.follow_up_years);
    [
        Verdict::leaves_if(options.min_age.is_some_and(|age| subject.age < age)),
        Verdict::of_flag(subject.fragility_fracture_at_baseline),
        Verdict::leaves_if(films.n_days < days_needed),
        Verdict::leaves_if(films.neutral_lateral.len() < days_needed),
        Verdict::leaves_if(follow_up.is_none_or(|years| years < options.min_follow_up)),
        Verdict::of_flag(subject.anti_osteoporotic_drug),
        films.quality_verdict(subject, options),
    ]
}

/// The films of one subject that count.
struct Films<'a> {
    subject: &'a Subject,
    /// Days with any film; films without a date are those of one day.
    n_days: usize,
    /// The best neutral lateral film of each day, in date order.
    neutral_lateral: Vec<usize>,
    /// Years from the first neutral lateral film to the last.
    follow_up_years: Option<f64>,
}

impl<'a> Films<'a> {
    fn of(subject: &'a Subject, options: &EligibilityOptions) -> Self {
        let visits = &subject.visits;
        let mut days: Vec<_> = visits.iter().map(|visit| visit.date).collect();
        days.dedup(); // visits are in date order
        let usable =
            |i: &usize| visits[*i].view == View::Lateral && options.is_neutral(visits[*i].position);
        let poor = |i: &usize| visits[*i].quality == Some(Quality::Poor);
        let best_of_day = |day| {
            (0..visits.len()).filter(|i| visits[*i].date == day).filter(usable).min_by_key(poor)
        };
        let neutral_lateral: Vec<_> = days.iter().copied().filter_map(best_of_day).collect();
        let follow_up_years = match (neutral_lateral.first(), neutral_lateral.last()) {
            (Some(&a), Some(&b)) if a != b => visits[b].years_since(&visits[a]),
            _ => None,
        };
        Self { subject, n_days: days.len(), neutral_lateral, follow_up_years }
    }

    fn quality(&self, visit: usize) -> Option<Quality> {
        self.subject.visits[visit].quality
    }

    /// Readable films late enough after baseline.
    fn follow_ups(&self, options: &EligibilityOptions) -> Vec<usize> {
        let Some((&baseline, later)) = self.neutral_lateral.split_first() else {
            return Vec::new();
        };
        let visits = &self.subject.visits;
        let shortest = (options.min_follow_up * DAYS_PER_YEAR).ceil() as i64;
        let counts = |i: &usize| {
            let days = visits[*i].days_since(&visits[baseline]);
            days.is_some_and(|days| days >= shortest) && self.quality(*i) != Some(Quality::Poor)
        };
        later.iter().copied().filter(counts).collect()
    }

    /// Poor when the baseline film is, or when no follow-up film can be read.
    fn quality_verdict(&self, subject: &Subject, options: &EligibilityOptions) -> Verdict {
        let Some(&baseline) = self.neutral_lateral.first() else { return Verdict::Leaves };
        let follow_ups = self.follow_ups(options);
        let unreadable = subject.given_outcome().is_none() && follow_ups.is_empty();
        if self.quality(baseline) == Some(Quality::Poor) || unreadable {
            return Verdict::Leaves;
        }
        let recorded =
            std::iter::once(&baseline).chain(&follow_ups).all(|&i| self.quality(i).is_some());
        if recorded { Verdict::Stays } else { Verdict::Unknown }
    }

    fn selected(&self, subject: usize, options: &EligibilityOptions) -> Option<SelectedFilms> {
        let baseline = *self.neutral_lateral.first()?;
        Some(SelectedFilms { subject, baseline, follow_ups: self.follow_ups(options) })
    }
}

#[cfg(test)]
mod tests;
