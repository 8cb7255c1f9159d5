//! Fisher's F distribution, which tests of several figures at once take where one figure takes
//! Student's t.

use libm::lgamma;

use super::student::beta_fraction;

/// F with `top` and `bottom` degrees of freedom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fisher {
    top: f64,
    bottom: f64,
}

impl Fisher {
    pub(crate) fn new(top: f64, bottom: f64) -> Self {
        Self { top, bottom }
    }

    /// `P(F >= f)`: the regularised incomplete beta function at `bottom / (bottom + top f)` with
    /// `bottom / 2` and `top / 2`.
    pub(crate) fn upper(self, f: f64) -> f64 {
        let Self { top, bottom } = self;
        if !(top > 0.0 && bottom > 0.0) || f.is_nan() {
            return f64::NAN;
        }
        if f <= 0.0 {
            return 1.0;
        }
        let odds = top * f / bottom;
        if odds.is_infinite() {
            return 0.0;
        }
        let (a, b) = (bottom / 2.0, top / 2.0);
        let (x, rest) = (1.0 / (1.0 + odds), odds / (1.0 + odds));
        let log_beta = lgamma(a) + lgamma(b) - lgamma(a + b);
        let term = (b * rest.ln() - a * odds.ln_1p() - log_beta).exp();
        match x < (a + 1.0) / (a + b + 2.0) {
            true => term / (a * beta_fraction(a, b, x)),
            false => 1.0 - term / (b * beta_fraction(b, a, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::distributions::Student;

    #[test]
    fn it_is_the_square_of_students_t_for_one_figure() {
        for (t, df) in [(0.3, 1.0), (1.9, 4.0), (6.0, 16.0), (2.2, 300.0)] {
            let (got, expected) =
                (Fisher::new(1.0, df).upper(t * t), Student::new(df).two_sided_p(t));
            assert!((got / expected - 1.0).abs() < 1e-11, "{got} {expected}");
        }
    }

    /// R: `pf(f, top, bottom, lower.tail = FALSE)`.
    #[test]
    fn agrees_with_r() {
        for (top, bottom, f, expected) in FROM_R {
            let got = Fisher::new(top, bottom).upper(f);
            assert!((got / expected - 1.0).abs() < 1e-10, "{top} {bottom} {f}: {got} {expected}");
        }
    }

    const FROM_R: [(f64, f64, f64, f64); 4] = [
        (2.0, 3.0, 5.0, 0.110857952634291),
        (3.0, 16.0, 2.2, 0.127753020593644),
        (2.5, 9.0, 0.4, 0.723749705490635),
        (4.0, 29.0, 12.0, 7.11777447355433e-06),
    ];
}
