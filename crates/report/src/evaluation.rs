//! The page of an evaluation of any scores and predicted probabilities on any table of outcomes.

use crate::document::{Document, Parts};
use crate::format::{counted, estimate, fixed, thousands, years};
use crate::table::{Cell, Column, Table};
use crate::tables::judged;
use maud::{Markup, html};
use std::collections::BTreeMap;
use vertebra_charts::palette::Style;
use vertebra_charts::{AucChart, AucLine, Chart, DecisionChart, Figure};
use vertebra_evaluation::discrimination::Score;
use vertebra_evaluation::{Evaluation, NetBenefit, Prediction};

const TITLE: &str = "Evaluation of predicted risks";
const QUESTION: &str = "How well do the scores tell who has the event earlier, and are the predicted \
                        probabilities right?";
const NOT_SHOWN: &str = "What this does not show: where the scores come from, whether any of these \
                         subjects took part in making them, and whether acting on them helps \
                         anybody. For research; not a medical device.";

/// The figures that follow from the evaluation alone.
pub(crate) fn figures(evaluation: &Evaluation) -> Vec<Figure> {
    auc(evaluation).into_iter().chain(decision(evaluation)).collect()
}

fn style(i: usize, n: usize) -> Style {
    Style::risk_group(i, n)
}

fn auc(evaluation: &Evaluation) -> Option<Figure> {
    let axis = format!("Time, {}", evaluation.time_unit);
    let mut chart = AucChart::new("AUC over time").with_time_axis(axis);
    let n = evaluation.scores.len();
    for (i, score) in evaluation.scores.iter().enumerate() {
        let line = AucLine::new(&score.name).with_style(style(i, n));
        let line = score.figures.auc.iter().fold(line, |line, at| match at.auc.value() {
            Some(auc) => {
                let bounds = auc.estimate.interval;
                line.with_point(at.horizon, auc.estimate.value, [bounds.lower, bounds.upper])
            }
            None => line,
        });
        if !line.points.is_empty() {
            chart = chart.with_line(line);
        }
    }
    let caption = "Cumulative/dynamic AUC: the probability that a subject with the event by then has \
                   the higher score than one without (inverse probability of censoring weights, \
                   95 % intervals); the dashed line is chance.";
    (!chart.lines.is_empty()).then(|| chart.figure("auc", caption))
}

/// One figure per horizon.
fn decision(evaluation: &Evaluation) -> Vec<Figure> {
    let mut by_horizon: BTreeMap<String, Vec<&Prediction>> = BTreeMap::new();
    for prediction in &evaluation.predictions {
        by_horizon.entry(years(prediction.horizon)).or_default().push(prediction);
    }
    let drawn = |(k, (horizon, predictions)): (usize, (&String, &Vec<&Prediction>))| {
        let chart = curves(predictions)?;
        let caption = format!(
            "Decision curves at {horizon} {}: net benefit of acting on predicted risks at or above a \
             threshold, in true positives per subject, beside acting on everybody and on nobody.",
            evaluation.time_unit
        );
        Some(chart.figure(format!("decision-{k}"), caption))
    };
    (1..).zip(&by_horizon).filter_map(drawn).collect()
}

fn curves(predictions: &[&Prediction]) -> Option<DecisionChart> {
    let mut chart: Option<DecisionChart> = None;
    for (i, prediction) in predictions.iter().enumerate() {
        let points: Vec<&NetBenefit> =
            prediction.net_benefit.iter().filter_map(|at| at.value()).collect();
        let of = |part: fn(&NetBenefit) -> f64| points.iter().map(|b| part(b)).collect::<Vec<_>>();
        if points.len() < 2 {
            continue;
        }
        let begun = chart.unwrap_or_else(|| {
            DecisionChart::new("Decision curves", &of(|b| b.threshold), &of(|b| b.treat_all))
        });
        let look = style(i, predictions.len());
        chart = Some(begun.with_styled_line(&prediction.name, look, &of(|b| b.model)));
    }
    chart
}

/// The tables that have rows, in the order of the page.
pub(crate) fn tables(evaluation: &Evaluation) -> Vec<Table> {
    let tables = [
        concordance(evaluation),
        horizons(evaluation),
        judged::differences(evaluation),
        judged::calibration(evaluation, |_| None),
    ];
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

fn concordance(evaluation: &Evaluation) -> Table {
    let columns = [
        Column::text("Score", "score", "Name of the score"),
        Column::interval("Harrell’s C", "harrell_c", "Harrell’s C"),
        Column::interval("Uno’s C", "uno_c", "Uno’s C"),
    ];
    let note = "Harrell’s C: share of pairs of subjects, of whom one is known to have the event \
                first, that the score orders so. Uno’s C weighs pairs so that censoring does not \
                matter. 95 % intervals.";
    let mut table = Table::new("concordance-table", "Concordance", columns).with_note(note);
    let row = |score: &Score| {
        let figures = &score.figures;
        vec![
            Cell::text(&score.name),
            Cell::figure(&figures.headline, |c| Cell::Estimate(c.estimate, 3)),
            Cell::figure(&figures.uno.concordance, |uno| Cell::Estimate(uno.estimate, 3)),
        ]
    };
    table.rows = evaluation.scores.iter().map(row).collect();
    table
}

fn horizons(evaluation: &Evaluation) -> Table {
    let columns = [
        Column::group("Time", "horizon", "In the unit of the times"),
        Column::text("Score", "score", "Name of the score"),
        Column::interval("AUC", "auc", "Cumulative/dynamic AUC"),
    ];
    let mut table = Table::new("horizons", "AUC over time", columns);
    let mut times: Vec<f64> = evaluation
        .scores
        .iter()
        .flat_map(|score| &score.figures.auc)
        .map(|at| at.horizon)
        .collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    for time in times {
        for score in &evaluation.scores {
            let here = score.figures.auc.iter().filter(|at| at.horizon == time);
            table.rows.extend(here.map(|at| {
                let auc = Cell::figure(&at.auc, |auc| Cell::Estimate(auc.estimate, 3));
                vec![Cell::named(format!("At {}", years(time)), time), Cell::text(&score.name), auc]
            }));
        }
    }
    table
}

pub(crate) fn page(
    evaluation: &Evaluation,
    name: &str,
    figures: &[Figure],
    tables: &[Table],
) -> String {
    let parts = &Parts::new(figures, tables, &[]);
    let decision = parts.figures_of("decision");
    let sections = vec![
        ("subjects", "Subjects", subjects(evaluation, parts)),
        (
            "discrimination",
            "Discrimination",
            parts.several(&["auc"], &["concordance-table", "horizons", "differences-table"]),
        ),
        (
            "calibration-section",
            "Calibration",
            parts.several(&["calibration"], &["calibration-table"]),
        ),
        ("use", "Use", parts.several(&decision, &[])),
    ];
    let document = Document {
        title: TITLE,
        run: name,
        kicker: format!("Vertebra {} · {name}", env!("CARGO_PKG_VERSION")),
        question: QUESTION.to_owned(),
        data: format!(
            "{} with {}.",
            counted(evaluation.n, "subject"),
            counted(evaluation.events, "event")
        ),
        lead: evaluation.scores.first().and_then(lead).into_iter().collect(),
        not_shown: NOT_SHOWN,
        synthetic: false,
        numbers: vec![
            (thousands(evaluation.n), "subjects"),
            (thousands(evaluation.events), "with the event"),
            (fixed(100.0 * evaluation.events as f64 / evaluation.n as f64, 1), "% with the event"),
        ],
        sections,
        on_screen: &[],
    };
    document.render()
}

fn lead(score: &Score) -> Option<String> {
    let c = score.figures.headline.value()?.estimate;
    Some(format!("“{}” has a Harrell’s C of {} (95 % interval).", score.name, estimate(&c, 3)))
}

fn subjects(evaluation: &Evaluation, parts: &Parts<'_>) -> Markup {
    html! {
        @for warning in &evaluation.warnings { p { (warning) } }
        (parts.several(&["survival"], &[]))
    }
}
