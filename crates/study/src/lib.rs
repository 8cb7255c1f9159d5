//! The study protocol end to end: cross-validation, variant choice and model comparison.
