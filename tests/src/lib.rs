//! Tests that cross crates: the whole protocol on a small synthetic cohort, and on bad input.
