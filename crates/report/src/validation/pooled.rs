//! The report of validations on several cohorts: forest plots, one table and the page.

use super::who_took_part;
use crate::document::{Document, Parts};
use crate::format::{counted, fixed, thousands, years};
use crate::limits::INTENDED_USE;
use crate::page::facts;
use crate::results::{Measure, OverCohorts, PooledFigure, PooledResults, SetSize};
use crate::table::{Cell, Column};
use crate::{Figure, Table};
use maud::{Markup, html};
use vertebra_charts::{Chart, ForestChart, ForestRow};
use vertebra_evaluation::Estimate;

const TITLE: &str = "Validation on several cohorts: vertebral fracture from radiographs";
const QUESTION: &str = "How well do finished models do in several other cohorts, and what is to be \
                        expected in one more?";
const NOT_SHOWN: &str = "What this does not show: whether acting on these risks helps anybody. A mean \
                         over few cohorts is uncertain, and so is how much cohorts differ. For \
                         research; not a medical device.";
const MEASURES: [(Measure, &str); 3] = [
    (Measure::Concordance, "pooled-c"),
    (Measure::ObservedExpected, "pooled-oe"),
    (Measure::Slope, "pooled-slope"),
];

/// A forest plot for each figure of the first model.
pub(crate) fn figures(results: &PooledResults) -> Vec<Figure> {
    let Some(first) = results.figures.first() else { return Vec::new() };
    let of_first = |measure: Measure| {
        results.figures.iter().find(|f| f.model == first.model && f.measure == measure)
    };
    MEASURES.into_iter().filter_map(|(m, id)| forest(results, of_first(m)?, id)).collect()
}

fn forest(results: &PooledResults, figure: &PooledFigure, id: &str) -> Option<Figure> {
    let measure = figure.measure.label();
    let (neutral, limit) = match figure.measure {
        Measure::Concordance => (0.5, 1.0),
        _ => (1.0, f64::INFINITY),
    };
    let mut chart = ForestChart::new(format!("{measure} by cohort"))
        .with_axis(measure)
        .with_headings(format!("{measure} (95 % interval)"), "")
        .with_neutral(neutral)
        .with_limit(limit);
    if figure.measure == Measure::ObservedExpected {
        chart = chart.of_ratios();
    }
    for (cohort, estimate) in results.cohorts.iter().zip(&figure.by_cohort) {
        let Some(e) = estimate else { continue };
        let row = ForestRow::new(&cohort.name, e.value, [e.interval.lower, e.interval.upper]);
        let size = format!("{} subjects, {} events", cohort.size.n, cohort.size.events);
        chart = chart.with_row(row.with_second(size));
    }
    if let Some(over) = figure.pooled.value() {
        let bounds = [over.interval.lower, over.interval.upper];
        chart = chart.with_row(ForestRow::new("Mean", over.mean, bounds).with_bold(true));
        if let Some(other) = over.prediction {
            let row = ForestRow::new("Another cohort", over.mean, [other.lower, other.upper]);
            chart = chart.with_row(row.with_second("95 % prediction interval"));
        }
    }
    let reference = if figure.measure == Measure::Concordance { "chance" } else { "right" };
    let caption = format!(
        "{measure} of “{}” in each cohort with its 95 % interval, their mean by random effects (bold) \
         and where another cohort is expected. The dashed line is {reference}.",
        figure.model
    );
    (!chart.rows.is_empty()).then(|| chart.figure(id, caption))
}

/// Every figure of every model.
pub(crate) fn tables(results: &PooledResults) -> Vec<Table> {
    let columns = [
        Column::group("Figure", "figure", "Which figure"),
        Column::text("Model", "model", "Name of the model"),
        Column::number("Cohorts", "cohorts", "Cohorts in which it exists"),
        Column::interval("Mean", "mean", "Mean over cohorts by random effects"),
        Column::bounds("Another cohort", "prediction", "Where another cohort is expected"),
        Column::number("τ", "tau", "SD of the cohorts’ true values on the scale of pooling"),
        Column::number("P", "p_heterogeneity", "P value of no difference between cohorts"),
    ];
    let note = format!(
        "C pooled as a logit, O/E as a logarithm; O/E and slope at {} years. Random effects by \
         restricted maximum likelihood, interval of the mean by Hartung and Knapp, prediction \
         interval by Student’s t. Slope: of calibration, 1 is ideal. τ: SD of the cohorts’ true values on the scale of pooling. P: \
         Cochran’s test, which sees little with few cohorts. 95 % intervals.",
        years(results.main_horizon)
    );
    let mut table = Table::new("pooled", "The models over all cohorts", columns).with_note(note);
    for (measure, _) in MEASURES {
        let figures = results.figures.iter().filter(|figure| figure.measure == measure);
        table.rows.extend(figures.map(row));
    }
    vec![table].into_iter().filter(|table| !table.rows.is_empty()).collect()
}

fn row(figure: &PooledFigure) -> Vec<Cell> {
    let over = figure.pooled.value();
    let mean = |over: &OverCohorts| Cell::Estimate(Estimate::new(over.mean, 0.0, over.interval), 3);
    vec![
        Cell::text(figure.measure.label()),
        Cell::text(&figure.model),
        Cell::Int(figure.by_cohort.iter().flatten().count()),
        Cell::of(over, mean),
        Cell::of(over.and_then(|over| over.prediction), |p| Cell::Bounds(p.lower, p.upper, 3)),
        Cell::of(over, |over| Cell::Number(over.tau, 3)),
        Cell::of(over, |over| Cell::P(over.p_heterogeneity)),
    ]
}

pub(crate) fn page(results: &PooledResults, figures: &[Figure], tables: &[Table]) -> String {
    let parts = &Parts::new(figures, tables, &[]);
    let sections = sections(results, parts);
    let run = &results.run;
    let total = |of: fn(&SetSize) -> usize| {
        results.cohorts.iter().map(|cohort| of(&cohort.size)).sum::<usize>()
    };
    let (n, events) = (total(|size| size.n), total(|size| size.events));
    let document = Document {
        title: TITLE,
        run: &run.name,
        kicker: format!("Vertebra {} · validation · seed {}", run.version, run.seed),
        question: QUESTION.to_owned(),
        data: format!(
            "{} of {} cohorts with {}, {}.",
            counted(n, "subject"),
            results.cohorts.len(),
            counted(events, "incident fracture"),
            who_took_part(results.took_part())
        ),
        lead: results.figures.iter().find_map(lead).into_iter().collect(),
        not_shown: NOT_SHOWN,
        synthetic: run.phantom,
        numbers: vec![
            (thousands(results.cohorts.len()), "cohorts"),
            (thousands(n), "subjects analysed"),
            (thousands(events), "with an incident fracture"),
        ],
        sections,
        on_screen: &["reproduction"],
    };
    document.render()
}

fn lead(figure: &PooledFigure) -> Option<String> {
    let over = figure.pooled.value()?;
    let other = over.prediction.map_or(String::new(), |p| {
        let (lower, upper) = (fixed(p.lower, 3), fixed(p.upper, 3));
        format!(" In another cohort it is expected between {lower} and {upper}.")
    });
    Some(format!(
        "{} of “{}” is {} ({} to {}, 95 % interval) in the mean of the cohorts.{other}",
        figure.measure.label(),
        figure.model,
        fixed(over.mean, 3),
        fixed(over.interval.lower, 3),
        fixed(over.interval.upper, 3),
    ))
}

fn cohorts(results: &PooledResults) -> Markup {
    html! { ul { @for cohort in &results.cohorts { li {
        strong { (cohort.name) } ": " (counted(cohort.size.n, "subject")) ", "
        (counted(cohort.size.events, "incident fracture")) "; its own report is "
        a href=(format!("{}/report.html", cohort.name)) { (cohort.name) "/report.html" }
    } } } }
}

fn sections(
    results: &PooledResults,
    parts: &Parts<'_>,
) -> Vec<(&'static str, &'static str, Markup)> {
    let ids = MEASURES.map(|(_, id)| id);
    vec![
        ("cohorts", "Cohorts", cohorts(results)),
        ("over-all", "Over all cohorts", parts.several(&ids, &["pooled"])),
        (
            "limits",
            "Limits and intended use",
            html! {
                p.use { (INTENDED_USE) }
                ul { li { "A cohort’s own report says whom the models refused there and what was missing." } }
            },
        ),
        (
            "reproduction",
            "Reproduction",
            html! {
                dl.facts { @for (name, value) in facts(&results.run) { dt { (name) } dd { (value) } } }
            },
        ),
    ]
}
