//! The whole protocol on one cohort.
fn main() {}
