//! Risks by the day of the film and by the interval before it.

use crate::format::{counted, years};
use crate::results::{RiskRange, StudyResults};
use crate::table::{Cell, Column, Kind, Table};
use vertebra_evaluation::Estimate;

/// The risk at each horizon, fractures dated by film and by interval; the truth beside it where it
/// is known.
pub(crate) fn risks(results: &StudyResults) -> Option<Table> {
    let timing = results.outcome_timing.as_ref()?;
    let knows_truth = timing.risks.iter().any(|risk| risk.truth.is_some());
    let mut columns = vec![
        Column::new("Horizon, years", Kind::Number, "horizon_years", "Years since baseline"),
        Column::new(
            "By day of film",
            Kind::Interval,
            "risk_by_visit",
            "Kaplan–Meier risk, dated by film",
        ),
        Column::new(
            "By interval",
            Kind::Interval,
            "risk_by_interval",
            "Turnbull’s estimate of the risk",
        ),
        Column::new(
            "By interval, smooth",
            Kind::Interval,
            "risk_by_interval_smooth",
            "Royston and Parmar’s spline estimate of the risk",
        ),
    ];
    let truth =
        || Column::new("Truth", Kind::Number, "true_risk", "Kaplan–Meier risk of the true times");
    columns.extend(knows_truth.then(truth));
    let gap = timing.median_gap.map_or_else(String::new, |gap| {
        format!(
            " The median time between the last film without and the first with the fracture is {} \
             years.",
            years(gap)
        )
    });
    let note = format!(
        "{} of {}.{gap} By day of film: Kaplan–Meier, as models are fitted and judged. By interval: \
         Turnbull’s estimate, interval by likelihood ratio; smooth: Royston and Parmar’s spline. \
         {}– where nobody was followed so long.",
        counted(timing.events, "event"),
        counted(timing.n, "subject"),
        if knows_truth { "Truth: Kaplan–Meier of the phantom’s own times. " } else { "" },
    );
    let caption = "Risk of a fracture, dated by film and by interval (95 % interval)";
    let mut table = Table::new("outcome-timing", caption, columns).with_note(note);
    let cell = |risk: Option<RiskRange>| {
        Cell::of(risk, |r| Cell::Estimate(Estimate::new(r.risk, 0.0, r.interval), 3))
    };
    for risk in &timing.risks {
        let mut row = vec![
            Cell::text(years(risk.horizon)),
            cell(risk.visit),
            cell(risk.interval),
            cell(risk.smooth),
        ];
        if knows_truth {
            row.push(Cell::of(risk.truth, |truth| Cell::Number(truth, 3)));
        }
        table.rows.push(row);
    }
    Some(table)
}
