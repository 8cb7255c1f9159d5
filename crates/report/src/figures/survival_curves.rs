//! Kaplan-Meier curves by risk group, with the numbers at risk.

use crate::Figure;
use crate::charts::{SurvivalChart, SurvivalLine};
use crate::format::{p_equals, thousands};
use vertebra_study::{RiskGroup, RiskGroups};

/// File names of the first figures of this kind.
const IDS: [&str; 6] = [
    "risk-groups-1",
    "risk-groups-2",
    "risk-groups-3",
    "risk-groups-4",
    "risk-groups-5",
    "risk-groups-6",
];

/// One model's risk groups on the test set.
pub(crate) fn curves((index, groups): (usize, &RiskGroups)) -> Figure {
    let p = groups.log_rank_p.map(|p| format!("; log-rank test, {}", p_equals(p)));
    let caption = format!(
        "Freedom from vertebral fracture on the test set by risk group of “{}”, cut at the \
         development set’s quantiles (Kaplan–Meier, 95 % log–log bands{}).",
        groups.model,
        p.unwrap_or_default()
    );
    let chart = SurvivalChart {
        title: format!("Kaplan-Meier curves by risk group, {}", groups.model),
        time_axis: "Years from the baseline radiograph".to_owned(),
        survival_axis: "Free of vertebral fracture, %".to_owned(),
        lines: groups.groups.iter().map(line).collect(),
        at_risk_times: groups.at_risk_times.clone(),
    };
    chart.figure(IDS[index.min(IDS.len() - 1)], caption)
}

fn line(group: &RiskGroup) -> SurvivalLine {
    let short_name = capitalised(&group.label);
    SurvivalLine {
        name: format!("{short_name} risk"),
        short_name,
        note: format!("{} fractures", thousands(group.size.events)),
        n: group.size.n,
        times: group.times.clone(),
        survival: group.survival.clone(),
        lower: group.lower.clone(),
        upper: group.upper.clone(),
        at_risk: group.at_risk.clone(),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
