//! Scales of the pointwise intervals of a survival probability.

/// Scale on which the interval of a survival probability is symmetric.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[non_exhaustive]
pub enum CurveScale {
    /// `ln(-ln S)`: never leaves [0, 1], good in small samples.
    #[default]
    LogLog,
    /// `ln S`, cut at 1; R's default.
    Log,
    /// `S`, cut at 0 and 1.
    Plain,
    /// `ln(S / (1 - S))`.
    Logit,
    /// `asin(sqrt S)`, cut at 0 and 1.
    ArcSine,
}

impl CurveScale {
    /// Bounds around `survival`, whose logarithm has the standard error `se`. At 1 nothing has
    /// happened and the bounds are 1, which callers replace by exact ones; at 0 the variance is
    /// undefined and the upper bound stays at `last_upper`.
    pub(crate) fn around(self, survival: f64, se: f64, z: f64, last_upper: f64) -> (f64, f64) {
        if survival >= 1.0 {
            return (1.0, 1.0);
        }
        if survival <= 0.0 {
            return (0.0, last_upper);
        }
        let reach = z * se;
        match self {
            Self::LogLog => {
                let middle = (-survival.ln()).ln();
                let half = reach / survival.ln();
                ((-(middle - half).exp()).exp(), (-(middle + half).exp()).exp())
            }
            Self::Log => (survival * (-reach).exp(), (survival * reach.exp()).min(1.0)),
            Self::Plain => {
                ((survival - survival * reach).max(0.0), (survival + survival * reach).min(1.0))
            }
            Self::Logit => {
                let middle = (survival / (1.0 - survival)).ln();
                let half = reach / (1.0 - survival);
                let back = |x: f64| 1.0 / (1.0 + (-x).exp());
                (back(middle - half), back(middle + half))
            }
            Self::ArcSine => {
                let middle = survival.sqrt().asin();
                let half = 0.5 * reach * (survival / (1.0 - survival)).sqrt();
                let back = |x: f64| x.clamp(0.0, std::f64::consts::FRAC_PI_2).sin().powi(2);
                (back(middle - half), back(middle + half))
            }
        }
    }
}
