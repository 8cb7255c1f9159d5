//! What cohort to make.

use crate::Error;
use serde::{Deserialize, Serialize};

/// Settings of a synthetic cohort.
///
/// # Examples
/// ```
/// use vertebra_phantom::PhantomConfig;
/// let config = PhantomConfig::quick().with_subjects(60).with_seed(7);
/// assert_eq!((config.subjects(), config.seed()), (60, 7));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PhantomConfig {
    subjects: usize,
    excluded: usize,
    event_rate: f64,
    film_size: [usize; 2],
    seed: u64,
    outcome_columns: bool,
    frax_share: f64,
    visits_every: f64,
    years_older: f64,
    other_detector: bool,
}

/// Analysed and excluded subjects of the paper's flow chart.
const PAPER_SUBJECTS: usize = 1595;
/// Excluded subjects per analysed one in the presets.
const EXCLUDED_SHARE: f64 = 150.0 / 420.0;
/// Events per subject in the paper: 120 of 1,595.
const PAPER_EVENT_RATE: f64 = 0.0752;

impl Default for PhantomConfig {
    /// [`PhantomConfig::quick`].
    fn default() -> Self {
        Self::quick()
    }
}

impl PhantomConfig {
    /// 420 analysed and 150 excluded subjects, about 38 % of the analysed with an event, so that
    /// models can be told apart; films of 512 x 416 px.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            subjects: 420,
            excluded: 150,
            event_rate: 0.385,
            film_size: [512, 416],
            seed: 2022,
            outcome_columns: false,
            frax_share: 1.0,
            visits_every: 0.0,
            years_older: 0.0,
            other_detector: false,
        }
    }

    /// The example of docs/TUTORIAL.md: 160 analysed and 57 excluded subjects, small enough for a
    /// study of half a minute, otherwise as [`quick`](Self::quick).
    #[must_use]
    pub fn example() -> Self {
        Self::quick().with_subjects(160).with_seed(160)
    }

    /// The paper's 1,595 analysed subjects and its event rate; films of 640 x 512 px.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            event_rate: PAPER_EVENT_RATE,
            film_size: [640, 512],
            ..Self::quick().with_subjects(PAPER_SUBJECTS)
        }
    }

    /// Number of subjects to be analysed; the excluded ones follow in proportion.
    #[must_use]
    pub fn with_subjects(mut self, subjects: usize) -> Self {
        self.subjects = subjects;
        self.excluded = (EXCLUDED_SHARE * subjects as f64).round() as usize;
        self
    }

    /// Number of subjects that a reason of the flow chart excludes.
    #[must_use]
    pub fn with_excluded(mut self, excluded: usize) -> Self {
        self.excluded = excluded;
        self
    }

    /// Expected fraction of analysed subjects with an event; the paper's is 0.075.
    #[must_use]
    pub fn with_event_rate(mut self, rate: f64) -> Self {
        self.event_rate = rate;
        self
    }

    /// `[height, width]` of the films, px. The field is about 385 mm high whatever the size;
    /// clinical films have about 2600 x 2100.
    #[must_use]
    pub fn with_film_size(mut self, size: [usize; 2]) -> Self {
        self.film_size = size;
        self
    }

    /// The seed of every draw.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether `cohort.csv` gives time and event; without them they have to be read from the films.
    #[must_use]
    pub fn with_outcome_columns(mut self, given: bool) -> Self {
        self.outcome_columns = given;
        self
    }

    /// Fraction of subjects whose FRAX columns are filled with a synthetic surrogate; 1 by default
    /// (the paper had bone densitometry for 179 of 1,595). See the README the cohort folder
    /// carries: these numbers are not FRAX.
    #[must_use]
    pub fn with_synthetic_frax(mut self, share: f64) -> Self {
        self.frax_share = share;
        self
    }

    /// Films every so many years, give or take a tenth, and one at the end of follow-up, instead of
    /// one on the day of the fracture or of the end: a fracture is seen on the first film after it,
    /// as where films are taken by plan. 0, the default, for the latter.
    #[must_use]
    pub fn with_visits_every(mut self, years: f64) -> Self {
        self.visits_every = years;
        self
    }

    /// Subjects who are so many years older than those of the paper, with the risk that goes with
    /// it: another hospital's people. The baseline hazard stays that at which the paper's people
    /// show [`event_rate`](Self::event_rate), so that more of these have an event.
    #[must_use]
    pub fn with_years_older(mut self, years: f64) -> Self {
        self.years_older = years;
        self
    }

    /// Films of another detector and its processing: more scatter and blur, fewer quanta, strong
    /// local contrast and another gradation.
    #[must_use]
    pub fn with_other_detector(mut self, other: bool) -> Self {
        self.other_detector = other;
        self
    }

    /// Subjects to be analysed.
    #[must_use]
    pub fn subjects(&self) -> usize {
        self.subjects
    }

    /// Subjects to be excluded.
    #[must_use]
    pub fn excluded(&self) -> usize {
        self.excluded
    }

    /// Expected fraction of events.
    #[must_use]
    pub fn event_rate(&self) -> f64 {
        self.event_rate
    }

    /// `[height, width]`, px.
    #[must_use]
    pub fn film_size(&self) -> [usize; 2] {
        self.film_size
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether the table gives time and event.
    #[must_use]
    pub fn outcome_columns(&self) -> bool {
        self.outcome_columns
    }

    /// Fraction of subjects with synthetic values in the FRAX columns.
    #[must_use]
    pub fn synthetic_frax(&self) -> f64 {
        self.frax_share
    }

    /// Years between films; 0 where each subject has one follow-up film, when follow-up ends.
    #[must_use]
    pub fn visits_every(&self) -> f64 {
        self.visits_every
    }

    /// Years by which subjects are older than the paper's.
    #[must_use]
    pub fn years_older(&self) -> f64 {
        self.years_older
    }

    /// Whether films are those of another detector.
    #[must_use]
    pub fn other_detector(&self) -> bool {
        self.other_detector
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.subjects == 0 {
            return Err(Error::setting("subjects", "at least 1", 0));
        }
        let [height, width] = self.film_size;
        if height < 64 || width < 64 || height > 8192 || width > 8192 {
            let got = format!("{height} x {width}");
            return Err(Error::setting("film_size", "64 to 8192 px on each side", got));
        }
        if !(self.event_rate > 0.0 && self.event_rate < 0.9) {
            let expected = "more than 0 and less than 0.9";
            return Err(Error::setting("event_rate", expected, self.event_rate));
        }
        let every = self.visits_every;
        if !(every == 0.0 || (0.25..=10.0).contains(&every)) {
            return Err(Error::setting("visits_every", "0, or 0.25 to 10 years", every));
        }
        if !(-10.0..=25.0).contains(&self.years_older) {
            return Err(Error::setting("years_older", "-10 to 25 years", self.years_older));
        }
        if !(0.0..=1.0).contains(&self.frax_share) {
            return Err(Error::setting("synthetic_frax", "0 to 1", self.frax_share));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_impossible_settings_by_name() {
        for (config, name) in [
            (PhantomConfig::quick().with_subjects(0), "subjects"),
            (PhantomConfig::quick().with_film_size([512, 20]), "film_size"),
            (PhantomConfig::quick().with_event_rate(f64::NAN), "event_rate"),
            (PhantomConfig::quick().with_synthetic_frax(1.5), "synthetic_frax"),
            (PhantomConfig::quick().with_visits_every(0.01), "visits_every"),
            (PhantomConfig::quick().with_years_older(40.0), "years_older"),
        ] {
            let error = config.check().unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
    }
}
