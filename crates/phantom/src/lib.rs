//! Synthetic lateral lumbar radiographs and a cohort whose true hazard is known.
