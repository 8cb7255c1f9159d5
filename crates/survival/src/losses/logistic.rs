//! The functions that losses of hazards of intervals are made of, right for any logit.

/// A function's value, and its derivative.
pub(super) struct Slope {
    pub(super) value: f64,
    pub(super) slope: f64,
}

/// `ln(1 + exp x)`: the cumulative hazard of an interval whose hazard has this logit.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `1 / (1 + exp(-x))`, its derivative.
pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The logit of an interval with this cumulative hazard: `ln(exp h - 1)`.
pub(super) fn softplus_inverse(h: f64) -> f64 {
    h + (-(-h).exp_m1()).ln()
}

/// The logarithm of [`softplus`], also where that is too small for an f64.
pub(super) fn ln_softplus(x: f64) -> Slope {
    match x < -20.0 {
        // ln(ln(1 + y)) = ln y - y / 2 + ..
        true => Slope { value: x - 0.5 * x.exp(), slope: 1.0 - 0.5 * x.exp() },
        false => Slope { value: softplus(x).ln(), slope: logistic(x) / softplus(x) },
    }
}

/// Minus the second derivative of [`ln_softplus`], which is concave.
pub(super) fn curvature_of_ln_softplus(x: f64) -> f64 {
    let (p, hazard) = (logistic(x), softplus(x));
    match x < -20.0 {
        true => 0.5 * x.exp(),
        false => (p / hazard).powi(2) - p * (1.0 - p) / hazard,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_fit_each_other() {
        for x in [-700.0, -25.0, -20.0, -3.0, 0.0, 0.7, 30.0, 500.0] {
            assert!((softplus_inverse(softplus(x)) - x).abs() < 1e-9 * x.abs().max(1.0), "{x}");
            let (plain, of_log) = (softplus(x).ln(), ln_softplus(x));
            assert!((of_log.value - plain).abs() < 1e-9 * plain.abs().max(1.0), "{x}");
            let moved = |by: f64| ln_softplus(x + by).value;
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((of_log.slope - slope).abs() < 1e-6, "{x}: {slope}");
            let slopes = |by: f64| ln_softplus(x + by).slope;
            let curvature = (slopes(-1e-5) - slopes(1e-5)) / 2e-5;
            let got = curvature_of_ln_softplus(x);
            assert!((got - curvature).abs() < 1e-6 && got >= 0.0, "{x}: {curvature}, got {got}");
        }
        assert_eq!(ln_softplus(-5000.0).value, -5000.0);
    }
}
