//! The columns that are made of one column of a table, with what was learnt for them.

use super::{Kind, raw::RawColumn, raw::RawTable, spline};
use crate::Error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use vertebra_survival::numeric::mean_and_sd;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Basis {
    Linear {
        column: String,
    },
    /// An indicator for each of the levels, the reference not among them.
    Factor {
        column: String,
        reference: String,
        levels: Vec<String>,
    },
    Log {
        column: String,
    },
    Standardised {
        column: String,
        mean: f64,
        sd: f64,
    },
    Restricted {
        column: String,
        knots: Vec<f64>,
    },
    BSpline {
        column: String,
        inner: Vec<f64>,
        outer: [f64; 2],
    },
}

impl Basis {
    pub(super) fn learn(kind: &Kind, name: &str, table: &RawTable) -> Result<Self, Error> {
        let column = name.to_owned();
        Ok(match kind {
            Kind::AsItIs => match table.column(name)? {
                RawColumn::Numbers(_) => Self::Linear { column },
                RawColumn::Labels(_) => factor(name, None, table)?,
            },
            Kind::Factor { reference } => factor(name, reference.as_deref(), table)?,
            Kind::Log => {
                positive(name, table.numbers(name)?)?;
                Self::Log { column }
            }
            Kind::Standardised => {
                let (mean, sd) = mean_and_sd(table.numbers(name)?);
                if !(sd > 0.0 && sd.is_finite()) {
                    return Err(Error::Constant { column });
                }
                Self::Standardised { column, mean, sd }
            }
            Kind::Restricted { knots } => {
                let knots = spline::harrell_knots(name, table.numbers(name)?, *knots)?;
                Self::Restricted { column, knots }
            }
            Kind::BSpline { df } => {
                let (inner, outer) = spline::b_spline_knots(name, table.numbers(name)?, *df)?;
                Self::BSpline { column, inner, outer }
            }
        })
    }

    pub(super) fn column(&self) -> &str {
        match self {
            Self::Linear { column }
            | Self::Factor { column, .. }
            | Self::Log { column }
            | Self::Standardised { column, .. }
            | Self::Restricted { column, .. }
            | Self::BSpline { column, .. } => column,
        }
    }

    /// What its term is called.
    pub(super) fn term(&self) -> String {
        match self {
            Self::Log { column } => format!("log({column})"),
            other => other.column().to_owned(),
        }
    }

    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Self::Linear { column } | Self::Standardised { column, .. } => vec![column.clone()],
            Self::Log { .. } => vec![self.term()],
            Self::Factor { column, levels, .. } => {
                levels.iter().map(|level| format!("{column}={level}")).collect()
            }
            // Harrell's primes.
            Self::Restricted { column, knots } => {
                (0..knots.len() - 1).map(|k| format!("{column}{}", "'".repeat(k))).collect()
            }
            Self::BSpline { column, inner, .. } => {
                (1..=inner.len() + 3).map(|k| format!("{column} b{k}")).collect()
            }
        }
    }

    /// Its columns.
    pub(super) fn columns(&self, table: &RawTable) -> Result<Vec<Vec<f64>>, Error> {
        if let Self::Factor { column, reference, levels } = self {
            return indicators(column, reference, levels, table);
        }
        let values = table.numbers(self.column())?;
        let each = |f: &dyn Fn(f64) -> f64| vec![values.iter().map(|&x| f(x)).collect()];
        Ok(match self {
            Self::Log { column } => {
                positive(column, values)?;
                each(&f64::ln)
            }
            Self::Standardised { mean, sd, .. } => each(&|x| (x - mean) / sd),
            Self::Restricted { knots, .. } => {
                transposed(knots.len() - 1, values, |x| spline::restricted(knots, x))
            }
            Self::BSpline { inner, outer, .. } => {
                transposed(inner.len() + 3, values, |x| spline::b_spline(inner, *outer, x))
            }
            Self::Linear { .. } | Self::Factor { .. } => each(&|x| x),
        })
    }
}

fn transposed(width: usize, values: &[f64], row: impl Fn(f64) -> Vec<f64>) -> Vec<Vec<f64>> {
    let mut columns = vec![Vec::with_capacity(values.len()); width];
    for &x in values {
        columns.iter_mut().zip(row(x)).for_each(|(column, value)| column.push(value));
    }
    columns
}

fn positive(name: &str, values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|&v| v <= 0.0) {
        None => Ok(()),
        Some(index) => {
            let (name, expected) = (name.to_owned(), "above 0, to take its logarithm");
            Err(Error::OutOfDomain { name, index, value: values[index], expected })
        }
    }
}

fn factor(name: &str, reference: Option<&str>, table: &RawTable) -> Result<Basis, Error> {
    let present = table.levels(name)?;
    let mut levels: Vec<String> =
        present.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
    if let RawColumn::Numbers(_) = table.column(name)? {
        let number = |level: &String| level.parse::<f64>().unwrap_or(f64::NAN);
        levels.sort_by(|a, b| number(a).total_cmp(&number(b)));
    }
    if levels.len() < 2 {
        return Err(Error::Constant { column: name.to_owned() });
    }
    let reference = reference.map_or_else(|| levels[0].clone(), str::to_owned);
    if !levels.contains(&reference) {
        let (column, expected) = (name.to_owned(), levels.join(", "));
        return Err(Error::UnknownLevel { column, row: None, level: reference, expected });
    }
    levels.retain(|level| *level != reference);
    Ok(Basis::Factor { column: name.to_owned(), reference, levels })
}

fn indicators(
    column: &str,
    reference: &str,
    levels: &[String],
    table: &RawTable,
) -> Result<Vec<Vec<f64>>, Error> {
    let present = table.levels(column)?;
    let mut columns = vec![vec![0.0; present.len()]; levels.len()];
    for (row, level) in present.into_iter().enumerate() {
        match levels.iter().position(|known| *known == level) {
            Some(k) => columns[k][row] = 1.0,
            None if level == reference => {}
            None => {
                let expected = format!("{reference}, {}", levels.join(", "));
                let (column, row) = (column.to_owned(), Some(row));
                return Err(Error::UnknownLevel { column, row, level, expected });
            }
        }
    }
    Ok(columns)
}
