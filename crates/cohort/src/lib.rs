//! Cohorts of subjects with radiographs: validation, eligibility, morphometric outcome, splits, Table 1.
