//! Criterion benches that cross crates; see `benches/`.
