//! Kaplan-Meier curves by risk group, with the numbers at risk.

use crate::format::{fixed, p_equals, thousands};
use crate::results::RiskGroups;
use vertebra_charts::{Chart, Figure, SurvivalChart, SurvivalLine};
use vertebra_evaluation::DrawnGroup;

/// One model's risk groups on the test set.
pub(crate) fn curves((index, groups): (usize, &RiskGroups)) -> Figure {
    let p = groups.log_rank.value();
    let p = p.map(|test| format!("; log-rank test, {}", p_equals(test.test.p)));
    let cuts: Vec<String> = groups.cuts.iter().map(|cut| fixed(*cut, 2)).collect();
    let at = if cuts.is_empty() { String::new() } else { format!(", {}", cuts.join(" and ")) };
    let caption = format!(
        "Freedom from vertebral fracture on the test set by risk group of “{}”: log hazards cut at \
         the thirds of the development set’s out-of-fold scores{at} (Kaplan–Meier, 95 % log–log \
         bands{}).",
        groups.model,
        p.unwrap_or_default()
    );
    let chart = SurvivalChart::new(format!("Kaplan-Meier curves by risk group, {}", groups.model))
        .with_time_axis("Years from the baseline radiograph")
        .with_survival_axis("Free of vertebral fracture, %")
        .with_at_risk_times(&groups.at_risk_times);
    let chart = groups.groups.iter().map(line).fold(chart, SurvivalChart::with_line);
    chart.figure(format!("risk-groups-{}", index + 1), caption)
}

fn line(group: &DrawnGroup) -> SurvivalLine {
    let name = capitalised(&group.label);
    let bounds = |bounds: &[Option<f64>]| -> Vec<f64> {
        bounds.iter().map(|bound| bound.unwrap_or(f64::NAN)).collect()
    };
    SurvivalLine::new(format!("{name} risk"), &group.curve.times, &group.curve.survival)
        .with_short_name(name)
        .with_note(format!("{} fractures", thousands(group.events)))
        .with_band(&bounds(&group.curve.lower), &bounds(&group.curve.upper))
        .with_at_risk(group.n, &group.curve.at_risk)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
