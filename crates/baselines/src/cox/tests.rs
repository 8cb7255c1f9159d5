//! Tests of all coefficients together and of terms.

use crate::Term;
use serde::{Deserialize, Serialize};
use vertebra_survival::{Test, cox::CoxMaximum};

/// Tests that all coefficients are zero, each a chi-square.
///
/// Degrees of freedom are the number of columns; with ridge the effective number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CoxTests {
    /// Twice the rise of the log partial likelihood. It assumes independent rows, clusters or not.
    pub likelihood_ratio: Test,
    /// From the coefficients and their (robust, when there are clusters) variance, compared with F
    /// where there are few clusters; `None` when there are no more clusters than columns.
    pub wald: Option<Test>,
    /// From the score at zero; `None` where only a ridge tells collinear columns apart.
    pub score: Option<Test>,
    /// The score test with the robust variance at zero, where there is one of more clusters than
    /// columns.
    pub robust_score: Option<Test>,
}

/// Whether all columns of a term have coefficients of 0, the other terms as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TermTest {
    /// The term.
    pub name: String,
    /// Its columns, from 0.
    pub columns: Vec<usize>,
    /// From the coefficients and their (robust, where there is one) variance; `None` where that has
    /// no inverse.
    pub wald: Option<Test>,
}

impl CoxTests {
    pub(super) fn new(maximum: &CoxMaximum, n_columns: usize) -> Self {
        let rise = maximum.log_likelihood - maximum.log_likelihood_null;
        let df = maximum.df;
        Self {
            likelihood_ratio: Test::chi_square(2.0 * rise, df),
            wald: maximum.wald_test(),
            score: maximum
                .score_statistic
                .map(|statistic| Test::chi_square(statistic, n_columns as f64)),
            robust_score: maximum
                .robust_score_statistic
                .map(|statistic| Test::chi_square(statistic, n_columns as f64)),
        }
    }
}

impl TermTest {
    pub(super) fn new(term: &Term, maximum: &CoxMaximum) -> Self {
        let (name, columns) = (term.name.clone(), term.columns.clone());
        let wald = maximum.wald_test_of(&columns);
        Self { name, columns, wald }
    }
}
