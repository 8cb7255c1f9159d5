//! The figures of a validation.

use super::{headline, main_model};
use crate::figures::calibration::{self, Calibrated};
use crate::figures::flow;
use crate::format::years;
use crate::palette::{label, style};
use crate::results::{Method, ValidatedModel, ValidationResults};
use vertebra_charts::{AucChart, AucLine, Chart, DecisionChart, Figure, ForestChart, ForestRow};
use vertebra_evaluation::NetBenefit;

/// Every figure that these results have, in the order of the page.
pub(crate) fn all(results: &ValidationResults) -> Vec<Figure> {
    let mut figures = vec![flow::flow(&results.flow, results.size.events, &[])];
    figures.extend(concordance(results));
    figures.extend(auc(results));
    figures.extend(calibration(results));
    figures.extend(decision(results));
    figures.extend(subgroups(results));
    figures
}

/// C here, and below it in the study that made the model.
fn concordance(results: &ValidationResults) -> Option<Figure> {
    let mut chart = ForestChart::new("Concordance here and in the models’ own study")
        .with_axis("Harrell’s C")
        .with_headings("C (95 % interval)", "")
        .with_neutral(0.5)
        .with_limit(1.0);
    for model in &results.models {
        let Some(c) = headline(results, model).map(|headline| headline.estimate) else { continue };
        let bounds = [c.interval.lower, c.interval.upper];
        chart =
            chart.with_row(ForestRow::new(short(&model.title), c.value, bounds).with_bold(true));
        let developed = results.development.as_ref();
        let then = developed.and_then(|d| d.models.iter().find(|m| m.name == model.name));
        if let Some(then) = then.and_then(|developed| developed.c) {
            let bounds = [then.interval.lower, then.interval.upper];
            chart = chart.with_row(ForestRow::new("its own study, test set", then.value, bounds));
        }
    }
    if chart.rows.is_empty() {
        return None;
    }
    let caption = "Harrell’s C of every model on these subjects (bold), and on the test set of the \
                   study that made it. Harrell’s C is the share of pairs of subjects, of whom one \
                   is known to fracture first, that the model orders so; the dashed line is \
                   chance. Lines: 95 % intervals over subjects.";
    Some(chart.figure("concordance", caption))
}

/// A title that fits beside an axis.
fn short(title: &str) -> String {
    title.split(" (").next().unwrap_or(title).to_owned()
}

/// The models that curves are drawn of: of each kind the one with the most covariates.
fn leading(results: &ValidationResults) -> Vec<&ValidatedModel> {
    let methods = [
        Method::CoxPh,
        Method::DeepSurv,
        Method::DeepSurvImage,
        Method::ImageOnly,
        Method::Frax,
        Method::FraxSurrogate,
        Method::Oracle,
    ];
    let most = |method| {
        let of = results.models.iter().filter(move |m| m.method == method);
        of.max_by_key(|m| m.covariates.len())
    };
    methods.into_iter().filter_map(most).collect()
}

fn auc(results: &ValidationResults) -> Option<Figure> {
    let mut chart =
        AucChart::new("AUC over time").with_time_axis("Years from the baseline radiograph");
    for model in leading(results) {
        let Some(score) = results.evaluation.score(&model.title) else { continue };
        let mut line = AucLine::new(label(model.method))
            .with_full_name(&model.title)
            .with_style(style(model.method));
        for at in &score.figures.auc {
            let Some(auc) = at.auc.value().map(|auc| auc.estimate) else { continue };
            let bounds = [auc.interval.lower, auc.interval.upper];
            line = line.with_point(at.horizon, auc.value, bounds);
        }
        if !line.points.is_empty() {
            chart = chart.with_line(line);
        }
    }
    let caption = "Cumulative/dynamic AUC at the models’ horizons: the probability that a subject \
                   with a fracture by then has the higher score than one without (inverse \
                   probability of censoring weights, 95 % intervals); the dashed line is chance. Of \
                   each kind, the model with the most covariates is shown.";
    (!chart.lines.is_empty()).then(|| chart.figure("auc", caption))
}

fn calibration(results: &ValidationResults) -> Option<Figure> {
    let panels = leading(results).into_iter().filter_map(|model| panel(results, model));
    calibration::drawn(&panels.collect::<Vec<_>>(), results.main_horizon, "")
}

fn panel<'a>(results: &'a ValidationResults, model: &'a ValidatedModel) -> Option<Calibrated<'a>> {
    let prediction = results.prediction(&model.title)?;
    Some(Calibrated {
        method: model.method,
        groups: prediction.groups.value().map(Vec::as_slice),
        observed_expected: prediction.observed_expected.value(),
        slope: prediction.slope.value(),
        curve: model.curve.value(),
    })
}

fn decision(results: &ValidationResults) -> Option<Figure> {
    let mut chart: Option<DecisionChart> = None;
    for model in leading(results) {
        let Some(prediction) = results.prediction(&model.title) else { continue };
        let found = prediction.net_benefit.iter().filter_map(|at| at.value());
        let points: Vec<&NetBenefit> = found.collect();
        if points.is_empty() {
            continue;
        }
        let of = |part: fn(&NetBenefit) -> f64| points.iter().map(|b| part(b)).collect::<Vec<_>>();
        let begun = chart.unwrap_or_else(|| {
            DecisionChart::new("Decision curves", &of(|b| b.threshold), &of(|b| b.treat_all))
        });
        let (name, look) = (label(model.method), style(model.method));
        chart = Some(begun.with_styled_line(name, look, &of(|b| b.model)));
    }
    let caption = format!(
        "Decision curves at {} years: net benefit of acting on predicted risks at or above a \
         threshold, in true positives per subject, beside acting on everybody and on nobody. \
         Intervals are in the table.",
        years(results.main_horizon)
    );
    Some(chart?.figure("decision", caption))
}

/// C of the main model in each subgroup.
fn subgroups(results: &ValidationResults) -> Option<Figure> {
    let model = main_model(results)?;
    let mut chart = ForestChart::new("Concordance by subgroup")
        .with_axis("Harrell’s C")
        .with_headings("C (95 % interval)", "")
        .with_neutral(0.5)
        .with_limit(1.0);
    for subgroup in &results.subgroups {
        let figures = subgroup.models.iter().find(|m| m.title == model.title);
        let Some(c) = figures.and_then(|m| m.c.value()).map(|c| c.estimate) else { continue };
        let row = ForestRow::new(
            format!("{}: {}", subgroup.grouping, subgroup.group),
            c.value,
            [c.interval.lower, c.interval.upper],
        );
        let size = format!("{} subjects, {} events", subgroup.size.n, subgroup.size.events);
        chart = chart.with_row(row.with_second(size));
    }
    let caption = format!(
        "Harrell’s C of “{}” among subjects of one kind, with 95 % intervals; the dashed line is \
         chance. That two intervals overlap does not say that the groups are alike: see the \
         differences in the table.",
        model.title
    );
    (!chart.rows.is_empty()).then(|| chart.figure("subgroups", caption))
}
