//! Tests that cross crates: the whole protocol on a small synthetic cohort, and on bad input.

#[cfg(doctest)]
#[doc = include_str!("../../docs/FIRST_EVALUATION.md")]
struct FirstEvaluation;
