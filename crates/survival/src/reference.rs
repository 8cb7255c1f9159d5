//! What an estimate divided by its standard error is compared with.

use statrs::function::beta::{beta, beta_reg, inv_beta_reg};

use crate::normal;

/// The distribution behind the intervals and P values of a concordance.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[non_exhaustive]
pub enum Reference {
    /// Student's t with one degree of freedom less than there are events that count (clusters with
    /// such an event, where there are clusters): a standard error that rests on few events is itself
    /// uncertain. See `docs/VALIDATION.md` of the project for how well both cover.
    #[default]
    Student,
    /// The normal distribution, as R does; too narrow with few events.
    Normal,
}

/// A distribution symmetric around 0, ready for use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pivot {
    Normal,
    /// Student's t with so many degrees of freedom.
    Student(f64),
}

impl Pivot {
    /// `q` with `P(|X| <= q) = level`.
    pub(crate) fn two_sided(self, level: f64) -> f64 {
        match self {
            Self::Normal => normal::two_sided(level),
            Self::Student(df) => student_quantile(level, df),
        }
    }

    /// `P(|X| >= |x|)`.
    pub(crate) fn two_sided_p(self, x: f64) -> f64 {
        match self {
            Self::Normal => normal::two_sided_p(x),
            Self::Student(df) => beta_reg(df / 2.0, 0.5, df / (df + x * x)),
        }
    }
}

/// The inverse of the tail starts from statrs and is polished by Newton's method.
fn student_quantile(level: f64, df: f64) -> f64 {
    let share = inv_beta_reg(df / 2.0, 0.5, 1.0 - level);
    let start = (df * (1.0 - share) / share).sqrt();
    let step = |q: f64| {
        let density =
            (1.0 + q * q / df).powf(-(df + 1.0) / 2.0) / (df.sqrt() * beta(0.5, df / 2.0));
        q + (Pivot::Student(df).two_sided_p(q) - (1.0 - level)) / (2.0 * density)
    };
    step(step(step(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden: R `qt(0.975, df)`, `2 * pt(-x, df)`.
    #[test]
    fn agrees_with_r() {
        for (df, expected) in [
            (1.0, 12.706204736174705),
            (16.0, 2.1199052992212546),
            (119.0, 1.9800998764569202),
            (1e6, 1.9599663568141066),
        ] {
            let got = Pivot::Student(df).two_sided(0.95);
            assert!((got / expected - 1.0).abs() < 1e-10, "{df}: {got} {expected}");
        }
        let p = Pivot::Student(16.0).two_sided_p(-6.0);
        assert!((p / 1.8522132870905803e-5 - 1.0).abs() < 1e-10, "{p:e}");
    }
}
