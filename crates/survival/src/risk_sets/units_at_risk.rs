//! How many units, clusters or single subjects, are at risk.

use crate::{
    estimate::Units,
    outcomes::{Outcomes, labels::most},
};

/// A count of units that have a member at risk: the members' weight where each is its own.
#[derive(Debug, Clone)]
pub(crate) struct UnitsAtRisk {
    /// Members of each cluster that are at risk; empty without clusters.
    members: Vec<u32>,
    n: f64,
}

impl UnitsAtRisk {
    /// Nobody at risk.
    pub(crate) fn none(units: Units<'_>) -> Self {
        let clusters = units.labels().map_or(0, most);
        Self { members: vec![0; clusters], n: 0.0 }
    }

    pub(crate) fn n(&self) -> f64 {
        self.n
    }

    pub(crate) fn enter(&mut self, outcomes: &Outcomes, subject: usize) {
        match outcomes.clusters() {
            None => self.n += outcomes.weight(subject),
            Some(labels) => {
                let members = &mut self.members[labels[subject]];
                self.n += f64::from(u8::from(*members == 0));
                *members += 1;
            }
        }
    }

    pub(crate) fn leave(&mut self, outcomes: &Outcomes, subject: usize) {
        match outcomes.clusters() {
            None => self.n -= outcomes.weight(subject),
            Some(labels) => {
                let members = &mut self.members[labels[subject]];
                *members -= 1;
                self.n -= f64::from(u8::from(*members == 0));
            }
        }
    }
}
