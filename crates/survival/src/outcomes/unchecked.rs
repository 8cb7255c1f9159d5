//! Outcomes as they are read back, before their checks.

use crate::{
    error::Error,
    outcomes::{CensoringCurve, CompetingOutcomes, Outcomes},
};

/// The fields of [`Outcomes`].
#[derive(serde::Deserialize)]
pub(super) struct UncheckedOutcomes {
    entry: Option<Vec<f64>>,
    time: Vec<f64>,
    event: Vec<bool>,
    weight: Option<Vec<f64>>,
    #[serde(default)]
    clusters: Option<Vec<usize>>,
    #[serde(default)]
    censoring: Option<CensoringCurve>,
}

/// The fields of [`CensoringCurve`].
#[derive(serde::Deserialize)]
pub(super) struct UncheckedCensoringCurve {
    times: Vec<f64>,
    uncensored: Vec<f64>,
}

/// The fields of [`CompetingOutcomes`].
#[derive(serde::Deserialize)]
pub(super) struct UncheckedCompetingOutcomes {
    any: Outcomes,
    cause: Vec<usize>,
}

impl TryFrom<UncheckedOutcomes> for Outcomes {
    type Error = Error;

    fn try_from(unchecked: UncheckedOutcomes) -> Result<Self, Error> {
        let mut outcomes = Self::new(unchecked.time, unchecked.event)?;
        if let Some(entry) = unchecked.entry {
            outcomes = outcomes.with_entry(entry)?;
        }
        if let Some(weight) = unchecked.weight {
            outcomes = outcomes.with_weights(weight)?;
        }
        if let Some(clusters) = unchecked.clusters {
            outcomes = outcomes.with_clusters(clusters)?;
        }
        Ok(match unchecked.censoring {
            Some(curve) => outcomes.with_censoring(curve),
            None => outcomes,
        })
    }
}

impl TryFrom<UncheckedCensoringCurve> for CensoringCurve {
    type Error = Error;

    fn try_from(unchecked: UncheckedCensoringCurve) -> Result<Self, Error> {
        Self::new(unchecked.times, unchecked.uncensored)
    }
}

impl TryFrom<UncheckedCompetingOutcomes> for CompetingOutcomes {
    type Error = Error;

    fn try_from(unchecked: UncheckedCompetingOutcomes) -> Result<Self, Error> {
        Self::of(unchecked.any, unchecked.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let outcomes = CompetingOutcomes::new(vec![1.0, 2.0, 3.0], vec![2, 0, 1]).unwrap();
        let outcomes = outcomes.with_entry(vec![0.5, 0.0, 2.5]).unwrap();
        let outcomes = outcomes.with_weights(vec![1.0, 2.0, 0.5]).unwrap();
        let outcomes = outcomes.with_clusters(vec![4, 4, 1]).unwrap();
        let outcomes =
            outcomes.with_censoring(CensoringCurve::new(vec![1.0, 2.0], vec![0.9, 0.3]).unwrap());
        let text = serde_json::to_string(&outcomes).unwrap();
        assert_eq!(serde_json::from_str::<CompetingOutcomes>(&text).unwrap(), outcomes);
    }

    #[test]
    fn what_the_checks_reject_is_not_read() {
        let read = |text: &str| serde_json::from_str::<Outcomes>(text).unwrap_err().to_string();
        let early = read(r#"{"time": [1, 2], "event": [true, false], "entry": [0, 2]}"#);
        assert!(early.contains("entry[1] must be at least 0 and below the time, got 2"), "{early}");
        let weightless = read(r#"{"time": [1], "event": [true], "weight": [0]}"#);
        assert!(weightless.contains("weight[0] must be finite and above 0"), "{weightless}");
        let rising = read(
            r#"{"time": [1], "event": [true],
                "censoring": {"times": [1, 2], "uncensored": [0.5, 0.6]}}"#,
        );
        assert!(rising.contains("uncensored[1] must be in [0, 1] and not rising"), "{rising}");

        let censored = r#"{"any": {"time": [1, 2], "event": [true, false]}, "cause": [1, 1]}"#;
        let message = serde_json::from_str::<CompetingOutcomes>(censored).unwrap_err().to_string();
        assert!(message.contains("cause[1] must be 0 for a censored subject"), "{message}");
    }
}
