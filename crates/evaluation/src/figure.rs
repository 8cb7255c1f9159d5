//! A figure, or the reason why it does not exist.
//!
//! A statistic that does not exist for a sample is neither NaN nor left out: it is
//! [`Figure::Undefined`] with a [`Reason`] that a program can match and a sentence that a person
//! can read. In JSON the keys of an undefined figure are null, beside `"reason"` and `"why"`.

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Why a figure does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The options do not ask for it.
    NotRequested,
    /// There are no subjects to compute it from.
    NoSubjects,
    /// There are no events.
    NoEvents,
    /// No pair of subjects is comparable.
    NoComparablePair,
    /// The method is not defined for these outcomes, such as Uno's C under competing risks.
    NotDefined,
    /// The statistic does not exist for these values, such as the slope of a constant.
    Undefined,
    /// The values are outside the domain of the method.
    InvalidInput,
}

/// That a figure does not exist, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{why}")]
#[non_exhaustive]
pub struct Undefined {
    /// For programs.
    pub reason: Reason,
    /// For people.
    pub why: String,
}

impl Undefined {
    /// A reason and its sentence.
    #[must_use]
    pub fn new(reason: Reason, why: impl Into<String>) -> Self {
        Self { reason, why: why.into() }
    }

    /// The same, saying of what, such as a group.
    pub(crate) fn of(self, what: &str) -> Self {
        Self { why: format!("{what}: {}", self.why), ..self }
    }
}

impl From<vertebra_survival::Error> for Undefined {
    fn from(error: vertebra_survival::Error) -> Self {
        use vertebra_survival::Error as E;
        let reason = match &error {
            E::Empty { .. } => Reason::NoSubjects,
            E::NoEvents { .. } => Reason::NoEvents,
            E::NoComparablePair { .. } => Reason::NoComparablePair,
            E::Unsupported { .. } => Reason::NotDefined,
            E::Undefined { .. } | E::UndefinedReplicates { .. } => Reason::Undefined,
            _ => Reason::InvalidInput,
        };
        Self { reason, why: error.to_string() }
    }
}

/// A figure of an evaluation, or why it does not exist.
///
/// # Examples
/// ```
/// use vertebra_evaluation::{Figure, Reason, Undefined};
/// let defined: Figure<f64> = Figure::Defined(0.7);
/// let why = Undefined::new(Reason::NoEvents, "no event among 3 subjects");
/// let undefined: Figure<f64> = why.into();
/// assert_eq!(defined.value(), Some(&0.7));
/// assert_eq!(undefined.why(), Some("no event among 3 subjects"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::exhaustive_enums)] // closed by nature: a figure exists, or it does not
pub enum Figure<T> {
    /// It exists.
    Defined(T),
    /// It does not.
    Undefined(Undefined),
}

impl<T> Figure<T> {
    /// The figure, if it exists.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Defined(value) => Some(value),
            Self::Undefined(_) => None,
        }
    }

    /// The figure itself, if it exists.
    #[must_use]
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Defined(value) => Some(value),
            Self::Undefined(_) => None,
        }
    }

    /// The sentence that says why it does not exist.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Defined(_) => None,
            Self::Undefined(undefined) => Some(&undefined.why),
        }
    }

    /// As a result, to go on with `?`.
    ///
    /// # Errors
    /// The [`Undefined`] of a figure that does not exist.
    pub fn as_result(&self) -> Result<&T, &Undefined> {
        match self {
            Self::Defined(value) => Ok(value),
            Self::Undefined(undefined) => Err(undefined),
        }
    }

    /// The same; where it does not exist, the reason says of what, such as a group.
    pub(crate) fn named(self, what: &str) -> Self {
        match self {
            Self::Undefined(undefined) => Self::Undefined(undefined.of(what)),
            defined => defined,
        }
    }

    /// The figure made of it by `f`, if it exists.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Figure<U> {
        match self {
            Self::Defined(value) => Figure::Defined(f(value)),
            Self::Undefined(undefined) => Figure::Undefined(undefined),
        }
    }
}

impl<T, E: Into<Undefined>> From<Result<T, E>> for Figure<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self::Defined(value),
            Err(error) => Self::Undefined(error.into()),
        }
    }
}

impl<T> From<Undefined> for Figure<T> {
    fn from(undefined: Undefined) -> Self {
        Self::Undefined(undefined)
    }
}

impl<T: fmt::Display> fmt::Display for Figure<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defined(value) => value.fmt(f),
            Self::Undefined(undefined) => undefined.fmt(f),
        }
    }
}

/// The keys of a figure in JSON, which are null where it does not exist.
pub trait Keys {
    /// Their names.
    const KEYS: &'static [&'static str];
}

impl<T: Serialize + Keys> Serialize for Figure<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let undefined = match self {
            Self::Defined(value) => return value.serialize(serializer),
            Self::Undefined(undefined) => undefined,
        };
        let mut map = serializer.serialize_map(Some(T::KEYS.len() + 2))?;
        for key in T::KEYS {
            map.serialize_entry(key, &None::<f64>)?;
        }
        map.serialize_entry("reason", &undefined.reason)?;
        map.serialize_entry("why", &undefined.why)?;
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Figure<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire<T> {
            Undefined(Undefined),
            Defined(T),
        }
        Ok(match Wire::deserialize(deserializer)? {
            Wire::Undefined(undefined) => Self::Undefined(undefined),
            Wire::Defined(value) => Self::Defined(value),
        })
    }
}
