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
    curves::spread::{Spread, Walk},
    estimate::{Pivot, Units},
    outcomes::{Outcomes, chains::chains, check},
    risk_sets::time_groups::TimeGroups,
};

/// What a curve knows of its subjects where they are not independent ones that count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Dependence {
    rows: Vec<Row>,
    /// Units in all.
    n: usize,
    /// Whether weights count, so that models' variances have a meaning.
    counts: bool,
    pub(super) pivot: Pivot,
}

/// The rows of the curve that a subject is at risk at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Row {
    unit: usize,
    /// The rows of one follow-up have one label.
    chain: usize,
    weight: f64,
    from: usize,
    to: usize,
    event: bool,
}

/// Factors of the variances of `ln S` and of the cumulative hazard at each time.
pub(super) enum Variances {
    /// Those of models.
    Models,
    /// These in their place.
    Robust(Vec<[f64; 2]>),
    /// Those of models times these.
    DesignEffects(Vec<[f64; 2]>),
}

impl Variances {
    /// At the `k`-th time, where the models have these.
    pub(super) fn at(&self, k: usize, models: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Models => models,
            Self::Robust(all) => all[k],
            Self::DesignEffects(all) => [0, 1].map(|j| models[j] * all[k][j]),
        }
    }
}

impl Dependence {
    /// `None` for independent subjects whose weights count.
    pub(super) fn of(outcomes: &Outcomes, groups: &TimeGroups, units: Units<'_>) -> Option<Self> {
        let counts = check::counts(outcomes);
        if counts && !units.are_clusters() {
            return None;
        }
        let chains = chains(outcomes);
        let mut until = vec![0; outcomes.n_subjects()];
        for (g, group) in groups.iter().enumerate() {
            group.all.iter().for_each(|&i| until[i as usize] = g + 1);
        }
        let row = |i: usize| Row {
            unit: units.unit(i),
            chain: chains[i],
            weight: outcomes.weight(i),
            from: outcomes.entry().map_or(0, |entry| groups.count_until(entry[i])),
            to: until[i],
            event: outcomes.event()[i],
        };
        let rows: Vec<Row> = (0..outcomes.n_subjects()).map(row).collect();
        let n = rows.iter().map(|row| row.unit + 1).max().unwrap_or(0);
        Some(Self { rows, n, counts, pivot: units.normal() })
    }

    /// The variances of `ln S` and of the cumulative hazard at the times of a curve, of which
    /// `n_risk` are at risk and `n_event` have the event.
    pub(super) fn variances(
        &self,
        outcomes: &Outcomes,
        groups: &TimeGroups,
        (n_risk, n_event): (&[f64], &[f64]),
    ) -> Variances {
        let labels: Vec<usize> = self.rows.iter().map(|row| row.unit).collect();
        let walk = |labels: &[usize], weight: &dyn Fn(usize) -> f64| {
            along(Walk::new(outcomes, labels), groups, (n_risk, n_event), weight)
        };
        let clusters = walk(&labels, &|i| outcomes.weight(i));
        if !self.counts {
            return Variances::Robust(clusters);
        }
        // Each subject as many independent ones as it weighs.
        let rows = match outcomes.entry() {
            None => of_single_rows((n_risk, n_event)),
            Some(_) => {
                let singles: Vec<usize> = self.rows.iter().map(|row| row.chain).collect();
                walk(&singles, &|i| outcomes.weight(i).sqrt())
            }
        };
        // Where no row has influence, as where all at risk have the event, a unit counts once.
        let size = self.mean_size();
        let ratio = |(c, r): (&[f64; 2], &[f64; 2])| {
            [0, 1].map(|j| if r[j] > 0.0 { c[j] / r[j] } else { size })
        };
        Variances::DesignEffects(clusters.iter().zip(&rows).map(ratio).collect())
    }

    /// Subjects of a unit, as a subject sees it on average.
    fn mean_size(&self) -> f64 {
        let mut sizes = vec![0.0; self.n];
        let mut seen = vec![false; self.rows.len()];
        let mut is_first = |chain: usize| !std::mem::replace(&mut seen[chain], true);
        let firsts = self.rows.iter().filter(|row| is_first(row.chain));
        firsts.for_each(|row| sizes[row.unit] += row.weight);
        sizes.iter().map(|size| size * size).sum::<f64>() / sizes.iter().sum::<f64>()
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
        let value = |row: &Row| {
            let (from, to) = (row.from.min(areas.len()), row.to.min(areas.len()));
            let own = row.to.checked_sub(1).filter(|k| row.event && *k < areas.len());
            let left = |k: &usize| !is_all(n_event[*k], n_risk[*k]);
            let own = own.filter(left).map_or(0.0, |k| areas[k] / (n_risk[k] - n_event[k]));
            met[to] - met[from] - own
        };
        let (mut sums, mut singles) = (vec![0.0; self.n], vec![0.0; self.rows.len()]);
        for row in &self.rows {
            let value = value(row);
            sums[row.unit] += row.weight * value;
            singles[row.chain] += row.weight.sqrt() * value;
        }
        let squares = |sums: &[f64]| -> f64 { sums.iter().map(|sum| sum * sum).sum() };
        let (clusters, rows) = (squares(&sums), squares(&singles));
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
    let one = |(&n, &d): (&f64, &f64)| {
        if d > 0.0 && !is_all(d, n) {
            sums[0] += d / (n * (n - d));
            sums[1] += d * (n - d) / (n * n * n);
        }
        sums
    };
    n_risk.iter().zip(n_event).map(one).collect()
}

/// The variances of `ln S` and of the hazard along the times.
fn along(
    mut walk: Walk<'_>,
    groups: &TimeGroups,
    (n_risk, n_event): (&[f64], &[f64]),
    weight: &dyn Fn(usize) -> f64,
) -> Vec<[f64; 2]> {
    let labels = walk.labels;
    let mut spread = Spread::<2>::new(walk.n());
    walk.at_start().for_each(|i| spread.enter(labels[i], weight(i)));
    let one = |(((group, &time), &n), &d)| {
        walk.enter_before(time, |i| spread.enter(labels[i], weight(i)));
        let (hazard, event) = match is_all(d, n) {
            true => (0.0, 0.0), // the variance of ln S stays, as Greenwood's does
            false => (d / (n * (n - d)), -1.0 / (n - d)),
        };
        spread.step([hazard, -d / (n * n)]);
        let group: crate::risk_sets::time_groups::TimeGroup<'_> = group;
        for i in group.events.iter().map(|&i| i as usize) {
            spread.event(labels[i], [weight(i) * event, weight(i) / n]);
        }
        group.all.iter().for_each(|&i| spread.leave(labels[i as usize], weight(i as usize)));
        [spread.variance([1.0, 0.0]), spread.variance([0.0, 1.0])]
    };
    groups.iter().zip(groups.times()).zip(n_risk).zip(n_event).map(one).collect()
}

/// Whether all at risk have an event; weighted sums may differ by rounding.
pub(super) fn is_all(d: f64, n: f64) -> bool {
    d >= n * (1.0 - 1e-12)
}
