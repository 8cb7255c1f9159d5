//! Tests between groups: the log-rank family, Gray's test, and adjustment for several tests.

mod gray;
mod log_rank;
mod multiple_testing;

pub use gray::{GrayOptions, GrayTest, gray_test};
pub use log_rank::{LogRank, LogRankOptions, LogRankWeight, log_rank};
pub use multiple_testing::{benjamini_hochberg, holm};
