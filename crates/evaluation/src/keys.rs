//! The names under which figures stand in JSON: those that programs rely on, one for each
//! statistic.

use crate::estimate::{Estimate, Interval, Test};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A module that writes an [`Estimate`] as `{name, se, lower, upper, level}`, to be flattened.
macro_rules! estimate {
    ($module:ident, $value:literal) => {
        pub(crate) mod $module {
            use super::*;

            #[derive(Serialize, Deserialize)]
            struct Wire {
                #[serde(rename = $value)]
                value: f64,
                se: f64,
                lower: f64,
                upper: f64,
                level: f64,
            }

            pub(crate) fn serialize<S: Serializer>(
                estimate: &Estimate,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                let Interval { lower, upper, level, .. } = estimate.interval;
                let (value, se) = (estimate.value, estimate.std_error);
                Wire { value, se, lower, upper, level }.serialize(serializer)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Estimate, D::Error> {
                let Wire { value, se, lower, upper, level } = Wire::deserialize(deserializer)?;
                Ok(Estimate::new(value, se, Interval::new(lower, upper, level)))
            }
        }
    };
}

estimate!(c, "c");
estimate!(auc, "auc");
estimate!(value, "value");
estimate!(slope, "slope");
estimate!(difference, "difference");

/// A module that writes a [`Test`] as `{chi_square, name, p}`.
macro_rules! test {
    ($module:ident, $df:literal) => {
        pub(crate) mod $module {
            use super::*;

            #[derive(Serialize, Deserialize)]
            struct Wire {
                chi_square: f64,
                #[serde(rename = $df)]
                df: usize,
                p: f64,
            }

            pub(crate) fn serialize<S: Serializer>(
                test: &Test,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                let Test { statistic: chi_square, df, p } = *test;
                Wire { chi_square, df, p }.serialize(serializer)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Test, D::Error> {
                let Wire { chi_square: statistic, df, p } = Wire::deserialize(deserializer)?;
                Ok(Test { statistic, df, p })
            }
        }
    };
}

test!(df, "df");
test!(degrees_of_freedom, "degrees_of_freedom");

/// A sum of weights: without weights it is a count, and is written as one.
pub(crate) mod count {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(sum: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        match is_whole(*sum) {
            true => serializer.serialize_i64(*sum as i64),
            false => serializer.serialize_f64(*sum),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        f64::deserialize(deserializer)
    }

    pub(crate) fn is_whole(sum: f64) -> bool {
        sum.fract() == 0.0 && sum.abs() < 2f64.powi(53)
    }
}

/// Named values as an object with a key for each, in their order.
pub(crate) mod by_name {
    use crate::discrimination::Score;
    use serde::de::{MapAccess, Visitor};
    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        scores: &[Score],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(scores.iter().map(|score| (&score.name, &score.figures)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Score>, D::Error> {
        struct Scores;
        impl<'de> Visitor<'de> for Scores {
            type Value = Vec<Score>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object with the figures of each score")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Score>, A::Error> {
                let mut scores = Vec::new();
                while let Some((name, figures)) = map.next_entry()? {
                    scores.push(Score { name, figures });
                }
                Ok(scores)
            }
        }
        deserializer.deserialize_map(Scores)
    }
}
