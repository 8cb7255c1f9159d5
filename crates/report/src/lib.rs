//! Tables, figures and one self-contained HTML report from the results of a study.
