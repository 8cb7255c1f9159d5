//! Intervals of a gain less a price, both shares of a sample of which one may rest on few subjects.
//!
//! With shares `a` and `b`, `theta = g a - p b`. Each share has Wilson's score interval, with the
//! number of independent subjects that its variance is worth, `a (1 - a) / var a` (Wilson, *JASA*
//! 22:209-212, 1927; Korn & Graubard, *Survey Methodol.* 24:193-201, 1998), and the exact one at 0
//! and 1. They are put together by recovering the variances at the bounds (MOVER; Zou & Donner,
//! *Stat. Med.* 27:1693-1702, 2008), with `r` the correlation of the shares and `(l_a, u_a)` the
//! bounds of `g a`, `(l_b, u_b)` those of `p b`:
//!
//! `lower = theta - sqrt((g a - l_a)^2 + (u_b - p b)^2 - 2 r (g a - l_a) (u_b - p b))`,
//!
//! and the upper bound likewise. Unlike `theta +- z se` it is skewed where few have the event.

use crate::estimate::{
    Estimate, Influence, Interval, Pivot,
    boundary::{at_its_end, upper_of_none},
};

/// A share with what a unit of it is worth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Worth<'a> {
    pub(crate) share: &'a Influence,
    pub(crate) per_unit: f64,
}

/// The gain less the price, of `n` independent subjects.
pub(crate) fn gain_less_price(
    gain: Worth<'_>,
    price: Worth<'_>,
    n: f64,
    (pivot, level): (Pivot, f64),
) -> Estimate {
    let figure = gain.share.times(gain.per_unit).minus(&price.share.times(price.per_unit));
    let errors = gain.share.std_error() * price.share.std_error();
    let r = match errors > 0.0 {
        true => (gain.share.covariance(price.share) / errors).clamp(-1.0, 1.0),
        false => 0.0,
    };
    // How far the bounds of each lie from it.
    let [up, down] = [gain, price].map(|of| {
        let value = of.share.value();
        let (lower, upper) = bounds(of.share, n, (pivot, level));
        (of.per_unit * (value - lower).max(0.0), of.per_unit * (upper - value).max(0.0))
    });
    let reach = |a: f64, b: f64| (a * a + b * b - 2.0 * r * a * b).max(0.0).sqrt();
    let value = figure.value();
    let (lower, upper) = (value - reach(up.0, down.1), value + reach(up.1, down.0));
    Estimate::new(value, figure.std_error(), Interval::new(lower, upper, level))
}

/// Wilson's bounds, or the exact ones at 0 and 1, which rounding may miss.
fn bounds(share: &Influence, n: f64, (pivot, level): (Pivot, f64)) -> (f64, f64) {
    let (p, variance) = (at_its_end(share.value()), share.variance());
    let spread = p * (1.0 - p);
    if spread <= 0.0 || variance <= 1e-12 * spread {
        let open = upper_of_none(n, level);
        return if p > 0.5 { (1.0 - open, 1.0) } else { (0.0, open) };
    }
    let (n, q) = (spread / variance, pivot.two_sided(level));
    let (shift, width) = (q * q / n, q * (spread / n + q * q / (4.0 * n * n)).sqrt());
    let bound = |sign: f64| (p + shift / 2.0 + sign * width) / (1.0 + shift);
    (bound(-1.0), bound(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(events: usize, n: usize) -> Influence {
        let (p, n_all) = (events as f64 / n as f64, n as f64);
        let own = |i: usize| (f64::from(u8::from(i < events)) - p) / n_all;
        Influence::new(p, (0..n).map(own).collect())
    }

    #[test]
    fn one_share_has_wilsons_interval() {
        // R: prop.test(3, 50, correct = FALSE)$conf.int = 0.02061497 0.16217092
        let (few, none) = (share(3, 50), share(0, 50));
        let (lower, upper) = bounds(&few, 50.0, (Pivot::Normal, 0.95));
        assert!((lower - 0.020_614_97).abs() < 1e-7 && (upper - 0.162_170_92).abs() < 1e-7);
        let worth = |share, per_unit| Worth { share, per_unit };
        let of = |a, b| gain_less_price(a, b, 50.0, (Pivot::Normal, 0.95)).interval;
        let alone = of(worth(&few, 2.0), worth(&none, 0.0));
        assert!((alone.upper - 2.0 * upper).abs() < 1e-12);
        let nobody = of(worth(&none, 1.2), worth(&none, 0.2));
        // 0 of 50: R's binom.test has 0.07112174.
        assert!((nobody.upper - 1.2 * 0.071_121_74).abs() < 1e-7, "{nobody:?}");
        assert!((nobody.lower + 0.2 * 0.071_121_74).abs() < 1e-7, "{nobody:?}");
    }
}
