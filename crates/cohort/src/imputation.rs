//! Named imputation of what is missing.

use crate::Error;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What stands in for a missing value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Imputation {
    /// The mean of the recorded values.
    Mean,
    /// Their median.
    Median,
    /// The most frequent of them; the lowest of those equally frequent.
    Mode,
    /// This value, e.g. 0 for a condition that is recorded only when present.
    Constant(f64),
}

/// An imputation whose value was learnt, on the development set only.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Imputer {
    method: Imputation,
    value: f64,
}

impl Imputer {
    /// Learns the value from the recorded ones; `name` is for the error.
    ///
    /// # Errors
    /// [`Error::NothingRecorded`] when all values are missing and the method needs one.
    pub fn fit(name: &str, values: &[Option<f64>], method: Imputation) -> Result<Self, Error> {
        let mut recorded: Vec<f64> = values.iter().flatten().copied().collect();
        recorded.sort_by(f64::total_cmp);
        let value = match method {
            Imputation::Constant(value) => value,
            _ if recorded.is_empty() => {
                return Err(Error::NothingRecorded { name: name.to_owned() });
            }
            Imputation::Mean => recorded.iter().sum::<f64>() / recorded.len() as f64,
            Imputation::Median => median(&recorded),
            Imputation::Mode => mode(&recorded),
        };
        Ok(Self { method, value })
    }

    /// The stand-in.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The values with the stand-in where one is missing.
    #[must_use]
    pub fn apply(&self, values: &[Option<f64>]) -> Vec<f64> {
        values.iter().map(|value| value.unwrap_or(self.value)).collect()
    }
}

impl fmt::Display for Imputer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.method {
            Imputation::Mean => "mean",
            Imputation::Median => "median",
            Imputation::Mode => "mode",
            Imputation::Constant(_) => "constant",
        };
        write!(f, "{name} {}", (self.value * 1e4).round() / 1e4)
    }
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    }
}

fn mode(sorted: &[f64]) -> f64 {
    let mut best = sorted.chunk_by(|a, b| a == b);
    let first = best.next().unwrap_or_default();
    let longest = best.fold(first, |a, b| if b.len() > a.len() { b } else { a });
    longest.first().copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imputes_by_the_named_rule() {
        let values = [Some(1.0), None, Some(0.0), Some(0.0), Some(7.0)];
        let by = |method| Imputer::fit("x", &values, method).unwrap();
        assert_eq!(by(Imputation::Median).value(), 0.5);
        assert_eq!(by(Imputation::Mode).apply(&values), [1.0, 0.0, 0.0, 0.0, 7.0]);
        assert_eq!(by(Imputation::Mean).to_string(), "mean 2");
        assert_eq!(by(Imputation::Constant(3.0)).value(), 3.0);
        assert!(Imputer::fit("x", &[None], Imputation::Median).is_err());
    }
}
