//! The page of a validation.

use super::{headline, main_model, way, who_took_part};
use crate::document::{Document, Parts};
use crate::format::{counted, estimate, fixed, thousands, years};
use crate::limits::INTENDED_USE;
use crate::page::facts;
use crate::results::{ValidatedModel, ValidationResults};
use crate::{Figure, Table};
use maud::{Markup, html};

const TITLE: &str = "Validation on another cohort: vertebral fracture from radiographs";
const QUESTION: &str = "How well do finished models tell who of another cohort will have a vertebral \
                        fracture, and are their risks right there?";
const NOT_SHOWN: &str = "What this does not show: whether acting on these risks helps anybody, and how \
                         the models do at a third place. Figures of a recalibrated model are \
                         estimates for people of the same kind. For research; not a medical device.";

/// Figures and tables that the page has on a screen alone.
const ON_SCREEN: &[&str] =
    &["differences-table", "net-benefit", "subgroups-table", "subgroup-differences"];

pub(crate) fn render(results: &ValidationResults, figures: &[Figure], tables: &[Table]) -> String {
    let parts = &Parts::new(figures, tables, ON_SCREEN);
    // In the order of the page, as figures and tables are numbered on the way.
    let sections = vec![
        ("subjects", "Subjects and case mix", subjects(results, parts)),
        (
            "discrimination",
            "Discrimination",
            parts.several(&["concordance", "auc"], &["concordance-table", "differences-table"]),
        ),
        (
            "calibration-section",
            "Calibration",
            parts.several(&["calibration"], &["calibration-table"]),
        ),
        ("use", "Use", parts.several(&["decision"], &["net-benefit"])),
        (
            "subgroups-section",
            "Subgroups",
            parts.several(&["subgroups"], &["subgroups-table", "subgroup-differences"]),
        ),
        ("recalibration-section", "Recalibration", recalibration(results, parts)),
        ("limits", "Limits and intended use", limits(results)),
        ("reproduction", "Reproduction", reproduction(results, parts)),
    ];
    let run = &results.run;
    let numbers = vec![
        (thousands(results.size.n), "subjects analysed"),
        (thousands(results.size.events), "with an incident fracture"),
        (fixed(results.outcome.person_years, 0), "person-years"),
        (fixed(results.outcome.rate_per_100, 1), "fractures per 100 person-years"),
    ];
    let document = Document {
        title: TITLE,
        run: &run.name,
        kicker: format!("Vertebra {} · validation · seed {}", run.version, run.seed),
        question: QUESTION.to_owned(),
        data: data(results),
        lead: lead(results),
        not_shown: NOT_SHOWN,
        synthetic: run.phantom,
        numbers,
        sections,
        on_screen: &["reproduction"],
    };
    document.render()
}

fn data(results: &ValidationResults) -> String {
    let developed = results.development.as_ref().map_or(String::new(), |then| {
        let (n, events) =
            (thousands(then.development.n), counted(then.development.events, "fracture"));
        format!(" The models were made on {n} subjects with {events}.")
    });
    format!(
        "{} of {} in the cohort, {} with an incident fracture, {}.{developed}",
        counted(results.size.n, "subject"),
        thousands(results.flow.start()),
        thousands(results.size.events),
        who_took_part(results.took_part),
    )
}

/// The answer, and what recalibration makes of it.
fn lead(results: &ValidationResults) -> Vec<String> {
    let mut sentences = Vec::new();
    let Some(model) = main_model(results) else { return sentences };
    if let Some(c) = headline(results, model) {
        let then = developed(results, model).map_or(String::new(), |c| {
            format!(", against {} on the test set of its own study", estimate(&c, 3))
        });
        sentences.push(format!(
            "On {}{} with {}, “{}” reached a Harrell’s C of {} (95 % interval){then}.",
            counted(model.answered.n, "subject"),
            if results.took_part.is_some_and(|n| n > 0) { "" } else { " of another cohort" },
            counted(model.answered.events, "incident fracture"),
            model.title,
            estimate(&c.estimate, 3),
        ));
    }
    if let Some(oe) = results.prediction(&model.title).and_then(|p| p.observed_expected.value()) {
        let word = if oe.ratio > 1.0 { "more" } else { "fewer" };
        sentences.push(format!(
            "By {} years {} % had a fracture where it predicts {} %: {word} than predicted, O/E {} \
             ({} to {}).",
            years(results.main_horizon),
            fixed(100.0 * oe.observed, 1),
            fixed(100.0 * oe.expected, 1),
            fixed(oe.ratio, 2),
            fixed(oe.interval.lower, 2),
            fixed(oe.interval.upper, 2),
        ));
    }
    sentences.extend(mended(results, model));
    sentences
}

fn mended(results: &ValidationResults, model: &ValidatedModel) -> Option<String> {
    let here = results.recalibrated.iter().find(|r| r.name == model.name && r.how == "line")?;
    let after = here.crossed.as_ref()?;
    let (before, oe) = (model.curve.value()?, after.observed_expected.value()?);
    let ici = after.curve.value()?.ici;
    Some(format!(
        "Recalibrated ({}) on four fifths of these subjects and judged on the rest, its O/E is {} \
         and the mean distance between predicted and observed risk {}, against {} as it is.",
        way(&here.how),
        fixed(oe.ratio, 2),
        fixed(ici, 3),
        fixed(before.ici, 3),
    ))
}

fn developed(
    results: &ValidationResults,
    model: &ValidatedModel,
) -> Option<vertebra_evaluation::Estimate> {
    let development = results.development.as_ref()?;
    development.models.iter().find(|m| m.name == model.name)?.c
}

fn subjects(results: &ValidationResults, parts: &Parts<'_>) -> Markup {
    let points = match results.annotated_points {
        true => "Films were aligned by annotated points where they have some.",
        false => "Films were aligned by the points that the model folder’s detector found.",
    };
    html! {
        p {
            "Times and events come from " (results.outcome.source) ". " (points)
            @if results.development.is_none() {
                " The model folder does not describe the cohort that its models were made on."
            }
        }
        (parts.several(&["flow"], &["characteristics", "missing", "refused"]))
    }
}

fn recalibration(results: &ValidationResults, parts: &Parts<'_>) -> Markup {
    let mut folders: Vec<&str> = results.recalibrated.iter().map(|r| r.folder.as_str()).collect();
    folders.dedup();
    html! {
        @if !folders.is_empty() { p {
            "The recalibrated models are model folders of this run: " (folders.join(", ")) "."
        } }
        (parts.several(&[], &["recalibration"]))
    }
}

fn limits(results: &ValidationResults) -> Markup {
    let events = counted(results.size.events, "event");
    html! {
        p.use { (INTENDED_USE) }
        ul {
            @if results.run.phantom { li {
                "The cohort is synthetic: it shows that the method works as a whole, and says \
                 nothing about patients."
            } }
            @if results.size.events < 100 { li {
                "A validation with fewer than 100 events, here " (events) ", says little about \
                 calibration (Collins et al., Stat Med 2016;35:214–226)."
            } }
            li {
                "Subjects whom a model refuses are in no figure of that model; those whom models \
                 answer may differ from all who come."
            }
        }
        @if !results.notes.is_empty() {
            h3 { "Notes of this run" }
            ul { @for note in &results.notes { li { (note) } } }
        }
    }
}

fn reproduction(results: &ValidationResults, parts: &Parts<'_>) -> Markup {
    html! {
        dl.facts { @for (name, value) in facts(&results.run) { dt { (name) } dd { (value) } } }
        (parts.several(&[], &["seconds"]))
        p { "Settings and digests of inputs are in files of the run folder; README.md lists them." }
    }
}
