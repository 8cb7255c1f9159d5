//! Intervals of a probability such as C or an area under a curve.

/// Scale on which an interval for a probability is symmetric.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[non_exhaustive]
pub enum IndexInterval {
    /// On the logit scale: stays inside (0, 1).
    #[default]
    Logit,
    /// `C +- z se`, as R prints; may leave [0, 1].
    Plain,
}

/// The interval that reaches so far on both sides of `c`, on its own scale or the logit one.
pub(crate) fn index_interval(c: f64, reach: f64, kind: IndexInterval) -> (f64, f64) {
    if reach == 0.0 || kind == IndexInterval::Plain || c <= 0.0 || c >= 1.0 {
        return (c - reach, c + reach);
    }
    let logit = (c / (1.0 - c)).ln();
    let half = reach / (c * (1.0 - c));
    let back = |x: f64| 1.0 / (1.0 + (-x).exp());
    (back(logit - half), back(logit + half))
}
