//! Events at equal times: which part of the risk set each of them sees.

/// How events at equal times share their risk set. There are no others: this enum stays as it is.
///
/// Log hazards by themselves, as networks put them out, have no exact likelihood here
/// ([`Error::Unsupported`](crate::Error::Unsupported)): it is fitted on covariates.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Ties {
    /// Every event sees the whole risk set; the cumulative hazard steps of Breslow's estimator.
    Breslow,
    /// The r-th of d events no longer sees r/d of the events' share; closer to the exact one.
    #[default]
    Efron,
    /// The probability that of the sets of d subjects at risk it is this one that has the events:
    /// the likelihood of times that are discrete, and of matched sets. The work grows with d.
    Exact,
}

/// What tied events change, as means over the `d` of them. With `g_r = r / d` and `f` the share of
/// the risk set's sum that is the events', the r-th event sees the part `1 - g_r f` of that sum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TiedEvents {
    /// Mean of `ln(1 - g f)`.
    pub(crate) log_left: f64,
    /// Mean of `1 / (1 - g f)`: what the hazard of the others grows by.
    pub(crate) others: f64,
    /// Mean of `1 / (1 - g f)^2`.
    pub(crate) others_squared: f64,
    /// Mean of `(1 - g) / (1 - g f)`: what the events' own hazard grows by.
    pub(crate) own: f64,
    /// Mean of `(1 - g) / (1 - g f)^2`.
    pub(crate) own_squared: f64,
}

impl TiedEvents {
    /// An event alone, or any number of them by Breslow.
    pub(crate) const ALONE: Self =
        Self { log_left: 0.0, others: 1.0, others_squared: 1.0, own: 1.0, own_squared: 1.0 };

    /// Whether `events` at one time see different parts of their risk set.
    #[inline]
    pub(crate) fn matter(events: usize, ties: Ties) -> bool {
        events > 1 && ties == Ties::Efron
    }

    /// Efron's sums for this many events that are the share `fraction` of their risk set.
    #[inline]
    pub(crate) fn efron(events: usize, fraction: f64) -> Self {
        let d = events as f64;
        let fraction = fraction.min(1.0);
        let mut sums =
            Self { log_left: 0.0, others: 0.0, others_squared: 0.0, own: 0.0, own_squared: 0.0 };
        for r in 0..events {
            let gone = r as f64 / d;
            let left = 1.0 - gone * fraction;
            let inverse = 1.0 / left;
            sums.log_left += left.ln();
            sums.others += inverse;
            sums.others_squared += inverse * inverse;
            sums.own += (1.0 - gone) * inverse;
            sums.own_squared += (1.0 - gone) * inverse * inverse;
        }
        Self {
            log_left: sums.log_left / d,
            others: sums.others / d,
            others_squared: sums.others_squared / d,
            own: sums.own / d,
            own_squared: sums.own_squared / d,
        }
    }
}
