//! Numbers as text, the same in every chart and table.

/// A number with `digits` decimals and a true minus sign; zero has no sign.
///
/// ```
/// assert_eq!(vertebra_charts::number::fixed(-0.125, 2), "\u{2212}0.12");
/// ```
#[must_use]
pub fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    match text.strip_prefix('-') {
        Some(text) if zero => text.to_owned(),
        Some(text) => format!("\u{2212}{text}"),
        None => text,
    }
}

/// `(0.652 to 0.773)`.
#[must_use]
pub fn interval(lower: f64, upper: f64, digits: usize) -> String {
    format!("({} to {})", fixed(lower, digits), fixed(upper, digits))
}

/// `0.712 (0.652 to 0.773)`.
#[must_use]
pub fn estimate(value: f64, [lower, upper]: [f64; 2], digits: usize) -> String {
    format!("{} {}", fixed(value, digits), interval(lower, upper, digits))
}

/// `0.012`, or `<0.001`; with so many decimals that it shows on which side of 0.05 it lies.
#[must_use]
pub fn p_value(p: f64) -> String {
    if p < 0.001 {
        return "<0.001".to_owned();
    }
    let near = |digits: &usize| fixed(p, *digits).trim_end_matches('0') == "0.05";
    let digits = (3..6).find(|digits| !near(digits)).unwrap_or(6);
    fixed(p, if p == 0.05 { 3 } else { digits })
}

/// A whole number with thin spaces between thousands, from five digits on.
#[must_use]
pub fn thousands(n: usize) -> String {
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

/// A number without needless decimals, at most two: `3`, `0.5`.
#[must_use]
pub fn short(value: f64) -> String {
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
        assert_eq!(estimate(0.7, [0.65, 0.75], 2), "0.70 (0.65 to 0.75)");
        assert_eq!([p_value(0.012), p_value(0.0004)], ["0.012", "<0.001"]);
        let near = [0.0496, 0.04999, 0.05, 0.0502, 0.0506].map(p_value);
        assert_eq!(near, ["0.0496", "0.04999", "0.050", "0.0502", "0.051"]);
        assert_eq!(thousands(1416), "1416");
        assert_eq!(thousands(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!([short(3.0), short(0.5), short(0.25)], ["3", "0.5", "0.25"]);
    }
}
