//! Numbers as text, the same everywhere.

use vertebra_study::Estimate;

/// A number with `digits` decimals and a true minus sign.
pub(crate) fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    match text.strip_prefix('-') {
        Some(text) if zero => text.to_owned(),
        Some(text) => format!("\u{2212}{text}"),
        None => text,
    }
}

/// `0.712 (0.652 to 0.773)`.
pub(crate) fn estimate(estimate: &Estimate, digits: usize) -> String {
    format!(
        "{} {}",
        fixed(estimate.value, digits),
        interval(estimate.lower, estimate.upper, digits)
    )
}

/// `(0.652 to 0.773)`.
pub(crate) fn interval(lower: f64, upper: f64, digits: usize) -> String {
    format!("({} to {})", fixed(lower, digits), fixed(upper, digits))
}

/// `0.012`, or `<0.001`.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { fixed(p, 3) }
}

/// `P = 0.012`, or `P < 0.001`.
pub(crate) fn p_equals(p: f64) -> String {
    if p < 0.001 { "P < 0.001".to_owned() } else { format!("P = {}", fixed(p, 3)) }
}

/// A whole number with thin spaces between thousands.
pub(crate) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// `1 subject`, `2 subjects`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// A column as a reader calls it: `BMI, kg/m²`.
pub(crate) fn covariate_label(name: &str) -> String {
    name.parse().map_or(name.replace('_', " "), vertebra_cohort::Covariate::label)
}

/// A number of years without needless decimals: `3`, `0.5`.
pub(crate) fn years(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_text() {
        assert_eq!(fixed(-0.0001, 3), "0.000");
        assert_eq!(fixed(-0.12, 2), "\u{2212}0.12");
        assert_eq!(thousands(1416), "1416");
        assert_eq!(thousands(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(p_equals(0.0004), "P < 0.001");
        assert_eq!(years(3.0), "3");
        assert_eq!(counted(1, "subject"), "1 subject");
    }
}
