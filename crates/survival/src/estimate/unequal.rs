//! Few cases in clusters of unequal size.
//!
//! A mean over cases rests on the clusters that have one. A cluster with the share `h` of the cases
//! draws the mean towards itself, and its influence, taken at that mean, comes out too small by the
//! factor `1 - h`, which the jackknife over clusters gives back (MacKinnon & White, *J. Econometrics*
//! 29:305-325, 1985; Bell & McCaffrey, *Surv. Methodol.* 28:169-181, 2002). Single subjects do so
//! too, by their own share `h_1`, and Student's t makes up for that; so an influence is multiplied
//! by `(1 - h_1) / (1 - h)`, which is 1 for a cluster of one case or of its copies. Clusters are
//! worth `1 / sum h^2` of equal size (Carter, Schnepel & Steigerwald, *Rev. Econ. Stat.*
//! 99:698-709, 2017), and Student's t has one degree of freedom less.

use crate::{
    estimate::{Influence, Pivot, ReferenceDistribution, Units},
    outcomes::{Outcomes, copies::Distinct},
};

/// The clusters of the cases that a figure rests on.
pub(crate) struct CasesInClusters {
    /// By unit; empty where subjects are independent.
    factors: Vec<f64>,
    pub(crate) pivot: Pivot,
}

impl CasesInClusters {
    /// Of these cases; copies are rows of a cluster with the same outcome and `columns`.
    pub(crate) fn new(
        (outcomes, units): (&Outcomes, Units<'_>),
        cases: &[usize],
        columns: &[&[f64]],
        reference: ReferenceDistribution,
    ) -> Self {
        let pivot = units.resting_on(cases.iter().copied(), reference);
        let (Some(labels), Pivot::Student(_)) = (units.labels(), pivot) else {
            return Self { factors: Vec::new(), pivot };
        };
        let column = |column: &&[f64]| cases.iter().map(|&i| column[i]).collect();
        let columns: Vec<Vec<f64>> = columns.iter().map(column).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let copies = Distinct::of(&outcomes.subset(cases), &columns).copies;
        let mut of_cluster = vec![Cases::default(); units.places(labels.len())];
        for (&i, copies) in cases.iter().zip(copies) {
            let cases = &mut of_cluster[labels[i]];
            cases.weight += outcomes.weight(i);
            cases.distinct += f64::from(copies).recip();
        }
        let total: f64 = of_cluster.iter().map(|cases| cases.weight).sum();
        let squares: f64 = of_cluster.iter().map(|cases| cases.weight * cases.weight).sum();
        let df = if squares > 0.0 { total * total / squares - 1.0 } else { 1.0 };
        let factors = of_cluster.iter().map(|cases| cases.factor(total)).collect();
        let pivot = match reference {
            ReferenceDistribution::Normal => pivot,
            ReferenceDistribution::Student => Pivot::Student(df.max(1.0)),
        };
        Self { factors, pivot }
    }

    /// Influence values, which are sums by unit, as they are without the pull of large clusters.
    pub(crate) fn unpulled(&self, figure: Influence) -> Influence {
        if self.factors.is_empty() {
            return figure;
        }
        let values = figure.values().iter().zip(&self.factors).map(|(v, f)| v * f).collect();
        Influence::new(figure.value(), values)
    }
}

/// The cases of one cluster.
#[derive(Debug, Clone, Copy, Default)]
struct Cases {
    weight: f64,
    /// Copies are one.
    distinct: f64,
}

impl Cases {
    fn factor(self, total: f64) -> f64 {
        let share = self.weight / total;
        // A cluster that has all cases is the mean, and has no influence.
        match self.distinct > 0.0 && share < 1.0 {
            true => (1.0 - share / self.distinct) / (1.0 - share),
            false => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_several_different_cases_of_a_cluster_pull() {
        let outcomes = Outcomes::new(vec![1.0, 1.0, 2.0, 3.0, 4.0, 5.0], vec![true; 6]).unwrap();
        let outcomes = outcomes.with_clusters(vec![0, 0, 1, 2, 2, 3]).unwrap();
        let units = Units::of(&outcomes, "it").unwrap();
        let of = |cases: &[usize]| {
            CasesInClusters::new((&outcomes, units), cases, &[], ReferenceDistribution::Student)
        };
        // Two copies in the first cluster, two cases in the third, none in the last.
        let found = of(&[0, 1, 2, 3, 4]);
        assert_eq!(found.factors, [1.0, 1.0, (1.0 - 0.2) / (1.0 - 0.4), 1.0]);
        let Pivot::Student(df) = found.pivot else { panic!("{:?}", found.pivot) };
        assert!((df - (25.0 / 9.0 - 1.0)).abs() < 1e-12);
        assert_eq!(of(&[3, 4]).factors, [1.0; 4]);
        let figure = Influence::new(0.5, vec![1.0; 4]);
        assert_eq!(found.unpulled(figure).values()[2], found.factors[2]);
    }
}
