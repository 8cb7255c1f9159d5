//! How the mean of several networks goes with what one of them says of subjects it never saw.
//!
//! What networks say of a new subject is something that they share, of variance `V` over subjects,
//! and something of each alone. Their mean over `M` networks has less of the latter: its variance
//! is `V + (S - V) / M` where a single network has `S`, and outcomes that have slope `b` on what
//! single networks say have slope `b S / (V + (S - V) / M)` on the mean: regression dilution.
//!
//! No training subject is new to all networks, so that this variance cannot be seen, but its
//! covariance can. Let `m` be what a network says of the subjects it held out, and `h` the mean of
//! all networks, the others of which have learnt those outcomes. What they remember of an outcome
//! beyond what covariates tell is nothing that `m` knows of, so that in expectation
//! `cov(m, h) = (S + (M - 1) V) / M`, the variance of above: the mean has slope
//! `g = cov(m, h) / var(m)` on `m`, and outcomes have slope `b / g` on the mean. Networks that say too
//! little of everybody they did not see remember what covariates tell, too, which makes `g` too large
//! and corrects too little; so do rows that stand among training and held-out subjects alike. `g` is
//! taken as known.
//!
//! `b / g` is right to the first order: where the mean varies so much around its line that hazards
//! differ by more than that line tells, outcomes have less than slope `b / g`. Hence `g` is not
//! taken as smaller than leaves [`MOST_VARIANCE`].
//!
//! Source: regression calibration, Carroll, Ruppert, Stefanski & Crainiceanu, *Measurement Error in
//! Nonlinear Models*, 2nd ed., 2006, chapter 4; here it is what the networks held out that stands
//! for the measurement with error.

/// The greatest variance of log hazards around the line, recalibrated.
const MOST_VARIANCE: f64 = 0.5;

/// The mean of an ensemble for new subjects, by what single networks said of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Averaging {
    /// Slope of the mean on what single networks say, from `1 / M` to 1.
    slope: f64,
    /// Variance of what single networks say.
    variance: f64,
    /// Mean of what single networks say, `[width]`.
    centre: Vec<f64>,
}

/// What changes from single networks, whose values are multiplied by `factor`, to their mean.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OfMean {
    factor: f64,
    /// Slope of the mean on what single networks say.
    pub(crate) slope: f64,
    /// Standard deviation of the recalibrated mean around its line.
    pub(crate) sd: f64,
    centre: Vec<f64>,
}

impl OfMean {
    /// Where the recalibrated mean lies on average for what single networks say, `[n, width]`: on
    /// the line through what they say on average, which their mean says too.
    pub(crate) fn line(&self, single: &[f64]) -> Vec<f64> {
        let centres = self.centre.iter().cycle();
        let on_line = |(m, c): (&f64, &f64)| self.factor * (m - c + c / self.slope);
        single.iter().zip(centres).map(on_line).collect()
    }
}

impl Averaging {
    /// Of `networks` that held out subjects, within each group of subjects that have one origin.
    ///
    /// # Shapes
    /// - `held_out`, `mean`: `[n, width]`, what single networks say, and the mean of all
    /// - `weight`: `[n, width]`, how much each of them counts, none negative
    /// - `group`: `[n]`
    pub(crate) fn new(
        (held_out, mean): (&[f64], &[f64]),
        weight: &[f64],
        group: &[usize],
        networks: usize,
    ) -> Self {
        let width = held_out.len() / group.len().max(1);
        let n_groups = group.iter().max().map_or(0, |last| last + 1);
        let cells = || group.iter().flat_map(|group| (0..width).map(move |k| group * width + k));
        let values = || weight.iter().zip(held_out.iter().zip(mean));
        let mut cell_sums = vec![Sums::default(); n_groups * width];
        for (cell, (w, (single, mean))) in cells().zip(values()) {
            cell_sums[cell].add(*w, *single, *mean);
        }
        let (mut total, mut variance, mut covariance) = (0.0, 0.0, 0.0);
        for (cell, (w, (single, mean))) in cells().zip(values()) {
            let (single, mean) = cell_sums[cell].centred(*single, *mean);
            total += w;
            variance += w * single * single;
            covariance += w * single * mean;
        }
        let centre = (0..width).map(|k| {
            let column = || cell_sums.iter().skip(k).step_by(width);
            let weight: f64 = column().map(|sums| sums.weight).sum();
            let sum: f64 = column().map(|sums| sums.single).sum();
            if weight > 0.0 { sum / weight } else { 0.0 }
        });
        let centre = centre.collect();
        if variance <= 0.0 {
            return Self { slope: 1.0, variance: 0.0, centre };
        }
        let slope = (covariance / variance).clamp(1.0 / networks as f64, 1.0);
        Self { slope, variance: variance / total, centre }
    }

    /// For single networks whose log hazards are multiplied by `factor`.
    pub(crate) fn at(self, factor: f64) -> OfMean {
        // The mean, recalibrated, varies by `single / g`, of which its line explains `single`.
        let single = factor * factor * self.variance;
        let slope = self.slope.max(single / (single + MOST_VARIANCE));
        let sd = (single * (1.0 / slope - 1.0)).sqrt();
        OfMean { factor, slope, sd, centre: self.centre }
    }
}

/// Weighted sums over the subjects of a group.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    weight: f64,
    single: f64,
    mean: f64,
}

impl Sums {
    fn add(&mut self, weight: f64, single: f64, mean: f64) {
        self.weight += weight;
        self.single += weight * single;
        self.mean += weight * mean;
    }

    /// Less the means; where nobody counts there are none, and it does not matter.
    fn centred(self, single: f64, mean: f64) -> (f64, f64) {
        let weight = self.weight.max(f64::MIN_POSITIVE);
        (single - self.single / weight, mean - self.mean / weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Networks that say what is right with an error of their own each, and have learnt by heart
    /// half of the chance in the outcomes they saw.
    #[test]
    fn the_spread_of_the_mean_is_found_though_others_remember() {
        let (n, networks) = (20_000, 5);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut normal = move || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        let (own, shared) = (0.8, 1.0);
        let (mut single, mut seen, mut new) = (Vec::new(), Vec::new(), Vec::new());
        for i in 0..n {
            let (right, chance) = (shared * normal(), normal());
            let said: Vec<f64> = (0..networks).map(|_| right + own * normal()).collect();
            let held_out = i % networks;
            let remembered = |k: usize| if k == held_out { 0.0 } else { 0.5 * chance };
            single.push(said[held_out]);
            seen.push(
                (0..networks).map(|k| said[k] + remembered(k)).sum::<f64>() / networks as f64,
            );
            new.push(said.iter().sum::<f64>() / networks as f64);
        }
        let group: Vec<usize> = (0..n).map(|i| i % networks).collect();
        let found = Averaging::new((&single, &seen), &vec![1.0; n], &group, networks);
        let of_mean = shared.powi(2) + own.powi(2) / networks as f64;
        let expected = of_mean / (shared.powi(2) + own.powi(2));
        assert!((found.slope - expected).abs() < 0.01, "{found:?}, expected {expected}");
        // What all of them would say of new subjects, which is not known.
        let line = |i: usize| found.slope * single[i];
        let rest = (0..n).map(|i| (new[i] - line(i)).powi(2)).sum::<f64>() / n as f64;
        let factor = 0.5;
        let of_mean = found.clone().at(factor);
        assert_eq!(of_mean.slope, found.slope);
        let sd = factor / found.slope * rest.sqrt();
        assert!((of_mean.sd / sd - 1.0).abs() < 0.05, "{of_mean:?}, {sd}");
        // Of hazards that differ that much, no more than the least is believed.
        let OfMean { slope, sd, .. } = found.at(20.0);
        assert!(slope > 0.99 && (sd * sd - MOST_VARIANCE).abs() < 1e-9, "{slope}, {sd}");
    }

    #[test]
    fn one_network_is_its_own_mean_and_what_does_not_vary_is_left() {
        let said = [0.3, -0.2, 1.4, 0.9];
        let one = Averaging::new((&said, &said), &[1.0; 4], &[0, 0, 1, 1], 1);
        let one = one.at(2.0);
        assert_eq!((one.slope, one.sd), (1.0, 0.0));
        assert!(one.line(&said).iter().zip(said).all(|(line, h)| (line - 2.0 * h).abs() < 1e-12));
        let constant = Averaging::new((&[2.0; 4], &said), &[1.0; 4], &[0, 0, 1, 1], 5);
        assert_eq!(constant.slope, 1.0);
        // A line through each group and column by itself: origins do not count.
        let columns = Averaging::new(
            (&[0.0, 5.0, 2.0, 9.0, 7.0, 1.0, 8.0, 2.0], &[0.0; 8].map(|x: f64| x)),
            &[1.0; 8],
            &[0, 0, 1, 1],
            5,
        );
        assert_eq!(columns.slope, 0.2, "not below what M networks can bring");
        // What is said on average stays what it is, at the factor of the mean.
        let of_mean = columns.at(0.1);
        let line = of_mean.line(&[4.25, 4.25]);
        assert!((line[0] - 0.1 / of_mean.slope * 4.25).abs() < 1e-12 && line[0] == line[1]);
    }

    #[test]
    fn what_counts_twice_is_there_twice_and_what_counts_nothing_is_not() {
        let (single, mean) = ([0.3, -0.2, 1.4, 0.9, 7.0], [0.2, 0.1, 0.9, 0.4, -9.0]);
        let weighted =
            Averaging::new((&single, &mean), &[2.0, 1.0, 1.0, 3.0, 0.0], &[0, 0, 1, 1, 1], 5);
        let rows = [0, 0, 1, 2, 3, 3, 3];
        let (single, mean) = (rows.map(|i| single[i]), rows.map(|i| mean[i]));
        let copied = Averaging::new((&single, &mean), &[1.0; 7], &[0, 0, 0, 1, 1, 1, 1], 5);
        assert!((weighted.slope - copied.slope).abs() < 1e-12, "{weighted:?} {copied:?}");
        assert!((weighted.variance - copied.variance).abs() < 1e-12);
        assert!((weighted.centre[0] - copied.centre[0]).abs() < 1e-12);
    }
}
