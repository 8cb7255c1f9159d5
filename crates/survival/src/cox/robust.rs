//! Robust (sandwich) variance from the score residuals, summed by cluster.
//!
//! A subject's score residual is `w event (x - M) - share * integral (x - mean) dH` over its time
//! at risk; a tied event is in the risk set of the r-th of `d` of them with the part `1 - r/d`.
//!
//! Source: Lin & Wei, *JASA* 84:1074-1078, 1989; with Efron ties as in Therneau & Grambsch,
//! *Modeling Survival Data*, 2000, section 3.2.

use super::derivatives::{EventTime, Problem, StratumRows};
use crate::numeric::linear::{Matrix, add};
use std::collections::BTreeMap;

/// Sums of outer products of the weighted score residuals.
pub(crate) struct Meat {
    /// Over clusters, of their members' sums.
    pub(crate) clusters: Matrix,
    /// Over follow-ups that count as often as they weigh, as if all were independent.
    pub(crate) rows: Matrix,
}

/// The middles of the sandwiches at the coefficients `b`; `chains` are the rows' follow-ups.
pub(crate) fn meat(problem: &Problem, b: &[f64], clusters: &[usize], chains: &[usize]) -> Meat {
    let p = b.len();
    let mut sums: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let mut singles = vec![vec![0.0; p]; chains.len()];
    let mut meat = Meat { clusters: Matrix::zeros(p), rows: Matrix::zeros(p) };
    for rows in &problem.strata {
        let log_hazard = rows.log_hazard(b);
        let (shares, mut times) = rows.event_times(&log_hazard, problem.ties);
        times.reverse();
        let met = Met::new(&times, p);
        for (i, share) in shares.into_iter().enumerate() {
            let subject = rows.stratum.subjects.as_ref().map_or(i, |subjects| subjects[i]);
            let sum = sums.entry(clusters[subject]).or_insert_with(|| vec![0.0; p]);
            let residual = residual(rows, &times, &met, (i, share));
            add(sum, 1.0, &residual);
            let weight = rows.stratum.outcomes.weight(i);
            add(&mut singles[chains[subject]], weight.sqrt().recip(), &residual);
        }
    }
    sums.values().for_each(|sum| meat.clusters.add_outer(1.0, sum));
    singles.iter().for_each(|sum| meat.rows.add_outer(1.0, sum));
    meat.clusters.mirror();
    meat.rows.mirror();
    meat
}

/// What those at risk have met before each event time, and after the last: the hazard, and the
/// hazard's steps times the mean covariates of their risk sets.
struct Met {
    hazard: Vec<f64>,
    mean: Vec<Vec<f64>>,
}

impl Met {
    fn new(times: &[EventTime], p: usize) -> Self {
        let (mut hazard, mut mean) = (vec![0.0], vec![vec![0.0; p]]);
        let (mut h, mut m) = (0.0, vec![0.0; p]);
        for time in times {
            let step = time.step * time.tied.others;
            h += step;
            // others * events + others_squared * away
            add(&mut m, step, &time.towards(time.tied.others_squared / time.tied.others));
            hazard.push(h);
            mean.push(m.clone());
        }
        Self { hazard, mean }
    }
}

/// The weighted score residual of subject `i` of a stratum.
fn residual(
    rows: &StratumRows,
    times: &[EventTime],
    met: &Met,
    (i, share): (usize, f64),
) -> Vec<f64> {
    let (outcomes, groups) = (&rows.stratum.outcomes, &rows.stratum.groups);
    let x = rows.covariates.row(i);
    let until = |t: f64| {
        let passed = groups.count_until(t);
        times.partition_point(|time| time.group < passed)
    };
    let start = outcomes.entry().map_or(0, |entry| until(entry[i]));
    let event = outcomes.event()[i];
    let end = until(outcomes.time()[i]) - usize::from(event);
    let mut hazard = met.hazard[end] - met.hazard[start];
    let mut mean = met.mean[end].clone();
    add(&mut mean, -1.0, &met.mean[start]);
    let mut residual = vec![0.0; x.len()];
    if event {
        let own = &times[end];
        let step = own.step * own.tied.own;
        hazard += step;
        add(&mut mean, step, &own.towards(own.tied.own_squared / own.tied.own));
        add(&mut residual, -outcomes.weight(i), &own.mean());
        add(&mut residual, outcomes.weight(i), x);
    }
    add(&mut residual, -share * hazard, x);
    add(&mut residual, share, &mean);
    residual
}
