//! Tests between groups: the log-rank family, Gray's test, and adjustment for several tests.
//!
//! | here | R | Python |
//! |---|---|---|
//! | [`log_rank`], [`LogRankOptions`] | `survdiff(rho = ..)` | `multivariate_logrank_test` (2) |
//! | [`log_rank`] of one cause (1) | `survdiff(Surv(time, status == cause) ~ ..)` | none |
//! | [`gray_test`], [`GrayOptions`] | `cmprsk::cuminc(..)$Tests` | none |
//! | [`holm`], [`benjamini_hochberg`] | `p.adjust` | statsmodels `multipletests` |
//!
//! 1. Of [`OneCause::cause_specific`](crate::OneCause::cause_specific).
//! 2. Of lifelines.
//!
//! # Examples
//! ```
//! use vertebra_survival::{group_tests::{holm, log_rank}, Outcomes};
//! let outcomes = Outcomes::new((1..9).map(f64::from).collect(), vec![true; 8])?;
//! let test = log_rank(&outcomes, &[0, 0, 0, 0, 1, 1, 1, 1])?.test;
//! assert!(test.p < 0.01 && test.df == Some(1.0));
//! assert_eq!(holm(&[0.01, 0.04, 0.03])?, [0.03, 0.06, 0.06]);
//! # Ok::<(), vertebra_survival::Error>(())
//! ```

mod dependent;
mod gray;
mod gray_residuals;
mod log_rank;
mod multiple_testing;

pub use gray::{GrayOptions, GrayTest, gray_test};
pub use log_rank::{LogRank, LogRankOptions, LogRankWeight, log_rank};
pub use multiple_testing::{benjamini_hochberg, holm};
