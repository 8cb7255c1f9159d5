//! Standard errors of survival curves whose subjects depend on each other, or whose weights do not
//! count.
//!
//! With `A(t) = sum d / (n (n - d))` over event times, a row of weight `w` at risk on `(e, t_i]`
//! has the influence `w (A(t_i) - A(e))` on `ln S`, less `w / (n - d)` where it has an event; on
//! the cumulative hazard it has `- w sum d / n^2`, plus `w / n`. Sums over clusters give robust
//! variances (R's `survfit(.., cluster)`). Without delayed entry those of single rows are
//! Greenwood's; with it they differ, and Greenwood's are multiplied by the ratio of the two, the
//! design effect.

use serde::{Deserialize, Serialize};

use crate::{
    curves::spread::Spread,
    estimate::{Pivot, Units},
    outcomes::{Outcomes, chains::chains, check},
    risk_sets::time_groups::TimeGroups,
};

/// What a curve knows of its subjects where they are not independent ones that count: its rows by
/// time, events first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Dependence {
    units: Vec<u32>,
    /// Where the events at each time end in these, and all rows.
    ends: Vec<[u32; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weights: Option<Vec<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delayed: Option<Vec<Delayed>>,
    /// One more than the largest unit.
    places: usize,
    /// Whether weights count, so that models' variances have a meaning.
    counts: bool,
    pub(super) pivot: Pivot,
}

/// What delayed entry makes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Delayed {
    /// The time from which it is at risk.
    from: u32,
    /// The rows of one follow-up have one label.
    chain: u32,
}

/// The variances of `ln S` and of the cumulative hazard: at the first time, and at each with events.
pub(super) enum Variances {
    /// Those of models.
    Models,
    /// These in their place.
    Robust(Vec<[f64; 2]>),
    /// Those of models times the ratio of clusters' to single rows'.
    DesignEffects {
        /// Of clusters.
        clusters: Vec<[f64; 2]>,
        /// Of single rows.
        rows: Vec<[f64; 2]>,
        /// The ratio where no row has influence.
        size: f64,
    },
}

impl Variances {
    /// The `k`-th, where the models have these.
    pub(super) fn at(&self, k: usize, models: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Models => models,
            Self::Robust(all) => all[k],
            Self::DesignEffects { clusters, rows, size } => [0, 1].map(|j| {
                let (clusters, rows) = (clusters[k][j], rows[k][j]);
                models[j] * if rows > 0.0 { clusters / rows } else { *size }
            }),
        }
    }

    /// Whether there is one at the `k`-th time, at which `d` have the event.
    pub(super) fn is_at(k: usize, d: f64) -> bool {
        k == 0 || d > 0.0
    }
}

impl Dependence {
    /// `None` for independent subjects whose weights count.
    pub(super) fn of(outcomes: &Outcomes, groups: &TimeGroups, units: Units<'_>) -> Option<Self> {
        let counts = check::counts(outcomes);
        if counts && !units.are_clusters() {
            return None;
        }
        let by_time = || groups.order().iter().map(|&i| i as usize);
        let delayed = outcomes.entry().map(|entry| {
            let chains = chains(outcomes);
            let row = |i: usize| Delayed {
                from: groups.count_until(entry[i]) as u32,
                chain: chains[i] as u32,
            };
            by_time().map(row).collect()
        });
        let end = |k: usize| {
            let (events, censored) = groups.positions(k);
            [events.end as u32, censored.end as u32]
        };
        Some(Self {
            units: by_time().map(|i| units.unit(i) as u32).collect(),
            ends: (0..groups.len()).map(end).collect(),
            weights: outcomes.weights().map(|w| by_time().map(|i| w[i]).collect()),
            delayed,
            places: units.places(outcomes.n_subjects()),
            counts,
            pivot: units.normal(),
        })
    }

    /// The variances of `ln S` and of the cumulative hazard at the times of a curve, of which
    /// `n_risk` are at risk and `n_event` have the event.
    pub(super) fn variances(&self, (n_risk, n_event): (&[f64], &[f64])) -> Variances {
        let clusters = self.along((&self.units, self.places), (n_risk, n_event), |w| w);
        if !self.counts {
            return Variances::Robust(clusters);
        }
        // Each subject as many independent ones as it weighs.
        let rows = match &self.delayed {
            None => of_single_rows((n_risk, n_event)),
            Some(delayed) => {
                let singles: Vec<u32> = delayed.iter().map(|row| row.chain).collect();
                self.along((&singles, self.units.len()), (n_risk, n_event), f64::sqrt)
            }
        };
        // Where no row has influence, as where all at risk have the event, a unit counts once.
        let some_have_none = rows.iter().any(|row| row.contains(&0.0));
        let size = if some_have_none { self.mean_size() } else { 1.0 };
        Variances::DesignEffects { clusters, rows, size }
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// Subjects of a unit, as a subject sees it on average.
    fn mean_size(&self) -> f64 {
        let mut sizes = vec![0.0; self.places];
        let mut seen = vec![false; self.units.len()];
        for (row, &unit) in self.units.iter().enumerate() {
            let chain = self.delayed.as_ref().map_or(row, |delayed| delayed[row].chain as usize);
            if !std::mem::replace(&mut seen[chain], true) {
                sizes[unit as usize] += self.weight(row);
            }
        }
        sizes.iter().map(|size| size * size).sum::<f64>() / sizes.iter().sum::<f64>()
    }

    /// The variances of `ln S` and of the hazard over these labels of the rows, with a function of
    /// the rows' weights.
    fn along(
        &self,
        (labels, places): (&[u32], usize),
        (n_risk, n_event): (&[f64], &[f64]),
        of: impl Fn(f64) -> f64,
    ) -> Vec<[f64; 2]> {
        let mut spread = Spread::<2>::new(places);
        let mut entering = Vec::new();
        match &self.delayed {
            None => spread.enter_all(labels, |row| of(self.weight(row))),
            Some(delayed) => {
                entering = (0..labels.len()).collect();
                entering.sort_by_key(|&row| delayed[row].from);
            }
        }
        let mut entering = entering.into_iter().peekable();
        let from = |row: usize| self.delayed.as_ref().map_or(0, |d| d[row].from as usize);
        let mut variances = Vec::new();
        let mut row = 0;
        for (k, (&n, &d)) in n_risk.iter().zip(n_event).enumerate() {
            while let Some(next) = entering.next_if(|&next| from(next) <= k) {
                spread.enter(labels[next] as usize, of(self.weight(next)));
            }
            let [events, all] = self.ends[k].map(|end| end as usize);
            if d > 0.0 {
                let (hazard, event) = match is_all(d, n) {
                    true => (0.0, 0.0), // the variance of ln S stays, as Greenwood's does
                    false => (d / (n * (n - d)), -1.0 / (n - d)),
                };
                spread.step([hazard, -d / (n * n)]);
                for (row, &label) in labels.iter().enumerate().take(events).skip(row) {
                    let weight = of(self.weight(row));
                    spread.leave_with(label as usize, weight, [weight * event, weight / n]);
                }
            }
            for (row, &label) in labels.iter().enumerate().take(all).skip(events) {
                spread.leave(label as usize, of(self.weight(row)));
            }
            row = all;
            if Variances::is_at(k, d) {
                variances.push([spread.variance([1.0, 0.0]), spread.variance([0.0, 1.0])]);
            }
        }
        variances
    }

    /// The variance of `sum_k area_k dlnS_k`, such as the area under the curve, where the model's
    /// is `model` and the steps of `A` are these.
    pub(super) fn variance(
        &self,
        areas: &[f64],
        (n_risk, n_event): (&[f64], &[f64]),
        model: f64,
    ) -> f64 {
        let mut met = vec![0.0];
        for ((area, n), d) in areas.iter().zip(n_risk).zip(n_event) {
            let step = if is_all(*d, *n) { 0.0 } else { area * d / (n * (n - d)) };
            met.push(met[met.len() - 1] + step);
        }
        let until = |k: usize| met[k.min(areas.len())];
        let (mut sums, mut squares) = (vec![0.0; self.places], 0.0);
        let mut singles = self.delayed.as_ref().map(|_| vec![0.0; self.units.len()]);
        let mut row = 0;
        for (k, &[events, all]) in self.ends.iter().enumerate() {
            let is_own = k < areas.len() && !is_all(n_event[k], n_risk[k]);
            let own = if is_own { areas[k] / (n_risk[k] - n_event[k]) } else { 0.0 };
            for row in row..all as usize {
                let value = until(k + 1) - if row < events as usize { own } else { 0.0 };
                let weight = self.weight(row);
                let delayed = self.delayed.as_ref().map(|delayed| delayed[row]);
                let value = value - delayed.map_or(0.0, |row| until(row.from as usize));
                sums[self.units[row] as usize] += weight * value;
                match (&mut singles, delayed) {
                    (Some(singles), Some(Delayed { chain, .. })) => {
                        singles[chain as usize] += weight.sqrt() * value;
                    }
                    _ => squares += weight * value * value,
                }
            }
            row = all as usize;
        }
        let square = |sums: &[f64]| -> f64 { sums.iter().map(|sum| sum * sum).sum() };
        let (clusters, rows) = (square(&sums), squares + singles.map_or(0.0, |all| square(&all)));
        match self.counts && rows > 0.0 {
            true => model * clusters / rows,
            false => clusters,
        }
    }
}

/// The same over single rows that are all at risk from the start: the sums of their squares are
/// Greenwood's `sum d / (n (n - d))`, and `sum d (n - d) / n^3` for the hazard.
fn of_single_rows((n_risk, n_event): (&[f64], &[f64])) -> Vec<[f64; 2]> {
    let mut sums = [0.0; 2];
    let one = |(k, (&n, &d)): (usize, (&f64, &f64))| {
        if d > 0.0 && !is_all(d, n) {
            sums[0] += d / (n * (n - d));
            sums[1] += d * (n - d) / (n * n * n);
        }
        Variances::is_at(k, d).then_some(sums)
    };
    n_risk.iter().zip(n_event).enumerate().filter_map(one).collect()
}

/// Whether all at risk have an event; weighted sums may differ by rounding.
pub(super) fn is_all(d: f64, n: f64) -> bool {
    d >= n * (1.0 - 1e-12)
}
