//! Groups of subjects: those of a column, or the thirds of a risk score.

use crate::curves::GroupedBy;

/// Groups of subjects whose curves are compared.
///
/// # Examples
/// ```
/// use vertebra_evaluation::Grouping;
/// let thirds = Grouping::thirds("age", &[52.0, 71.0, 64.0]);
/// assert_eq!(thirds.members(2), [1]); // the oldest third
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    pub(crate) of_risk: bool,
    pub(crate) name: String,
    pub(crate) labels: Vec<usize>,
    pub(crate) names: Vec<String>,
}

impl Grouping {
    /// The groups of column `name`: one label per subject, an index into the groups' `names`.
    #[must_use]
    pub fn new(name: impl Into<String>, labels: Vec<usize>, mut names: Vec<String>) -> Self {
        let most = labels.iter().max().map_or(0, |last| last + 1);
        (names.len()..most).for_each(|label| names.push(label.to_string()));
        Self { of_risk: false, name: name.into(), labels, names }
    }

    /// The thirds of a risk score, `low`, `middle` and `high`; equal risks stay together.
    #[must_use]
    pub fn thirds(name: impl Into<String>, risk: &[f64]) -> Self {
        let mut sorted = risk.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let cut = |k: usize| sorted.get((sorted.len() * k).div_ceil(3).saturating_sub(1));
        let cuts: Vec<f64> = [1, 2].into_iter().filter_map(cut).copied().collect();
        let above = |r: &f64| cuts.iter().filter(|&cut| r > cut).count();
        Self::of_risk(name, risk.iter().map(above).collect())
    }

    /// Three groups of a risk score, cut at two thresholds that were chosen beforehand; a risk
    /// equal to a threshold is above it.
    #[must_use]
    pub fn cut_at(name: impl Into<String>, risk: &[f64], cuts: [f64; 2]) -> Self {
        let at_or_above = |r: &f64| cuts.iter().filter(|&cut| r >= cut).count();
        Self::of_risk(name, risk.iter().map(at_or_above).collect())
    }

    fn of_risk(name: impl Into<String>, labels: Vec<usize>) -> Self {
        let names = ["low", "middle", "high"].map(str::to_owned).to_vec();
        Self { of_risk: true, name: name.into(), labels, names }
    }

    /// What the subjects are told apart by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the groups are called, by label.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The subjects of one group.
    #[must_use]
    pub fn members(&self, label: usize) -> Vec<usize> {
        (0..self.labels.len()).filter(|&i| self.labels[i] == label).collect()
    }

    /// What the groups are.
    #[must_use]
    pub fn by(&self) -> GroupedBy {
        match self.of_risk {
            true => GroupedBy::Risk(self.name.clone()),
            false => GroupedBy::Group(self.name.clone()),
        }
    }

    pub(crate) fn subset(&self, subjects: &[usize]) -> Self {
        let labels = subjects.iter().map(|&i| self.labels[i]).collect();
        Self { labels, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirds_keep_equal_risks_together() {
        let thirds = |risk: &[f64]| Grouping::thirds("x", risk).labels;
        assert_eq!(thirds(&[5.0, 1.0, 4.0, 2.0, 3.0, 6.0]), [2, 0, 1, 0, 1, 2]);
        assert_eq!(thirds(&[1.0, 0.0, 1.0, 1.0]), [0, 0, 0, 0]);
        assert_eq!(thirds(&[2.0, 1.0]), [1, 0]);
        assert_eq!(thirds(&[]), [0; 0]);
    }

    #[test]
    fn every_label_has_a_name() {
        let grouping = Grouping::new("arm", vec![0, 2], vec!["control".to_owned()]);
        assert_eq!(grouping.names, ["control", "1", "2"]);
    }
}
