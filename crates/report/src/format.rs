//! Numbers and names as text, the same everywhere in the report.

pub(crate) use vertebra_charts::number::{fixed, interval, p_value, short as years, thousands};
use vertebra_evaluation::{Estimate, Interval};

/// `0.712 (0.652 to 0.773)`.
pub(crate) fn estimate(estimate: &Estimate, digits: usize) -> String {
    let Interval { lower, upper, .. } = estimate.interval;
    vertebra_charts::number::estimate(estimate.value, [lower, upper], digits)
}

/// `P = 0.012`, or `P < 0.001`.
pub(crate) fn p_equals(p: f64) -> String {
    if p < 0.001 { "P < 0.001".to_owned() } else { format!("P = {}", p_value(p)) }
}

/// An estimate of a share whose interval was made on an unbounded scale, cut at 0 and 1.
pub(crate) fn within_unit(estimate: &Estimate) -> Estimate {
    let Interval { lower, upper, level, .. } = estimate.interval;
    let interval = Interval::new(lower.clamp(0.0, 1.0), upper.clamp(0.0, 1.0), level);
    Estimate::new(estimate.value, estimate.std_error, interval)
}

/// `1 subject`, `2 subjects`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// A column as a reader calls it: `BMI, kg/m²`.
pub(crate) fn covariate_label(name: &str) -> String {
    let covariate: Result<vertebra_cohort::Covariate, _> = name.parse();
    covariate.map_or(name.to_owned(), |covariate| covariate.label())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_as_text() {
        assert_eq!(p_equals(0.0004), "P < 0.001");
        assert_eq!(p_equals(0.0124), "P = 0.012");
        let wide = Estimate::new(0.9, 0.1, Interval::new(0.7, 1.1, 0.95));
        assert_eq!(estimate(&within_unit(&wide), 2), "0.90 (0.70 to 1.00)");
        assert_eq!(counted(1, "subject"), "1 subject");
        assert_eq!(counted(0, "subject"), "0 subjects");
        assert_eq!(covariate_label("bmi"), "BMI, kg/m²");
        assert_eq!(covariate_label("smoking_status=never"), "Smoking status: never");
    }
}
