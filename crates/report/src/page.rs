//! The page: everything in one HTML file without scripts or links to elsewhere.

use crate::format::{counted, covariate_label, fixed, thousands};
use crate::limits::{INTENDED_USE, limits};
use crate::pictures::Pictures;
use crate::results::{ModelResult, RunRecord, StudyResults};
use crate::{Figure, Table, summary, tripod};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("../data/report.css");
const TITLE: &str = "Vertebral fracture from lateral spine radiographs";

/// Sections in the order of the page: id and heading.
const SECTIONS: [(&str, &str); 11] = [
    ("subjects", "Subjects"),
    ("keypoints-section", "Keypoints"),
    ("variants-section", "Image variants"),
    ("models", "Models compared"),
    ("subgroups", "Subgroups and centres"),
    ("performance", "Performance over time"),
    ("use", "Calibration and use"),
    ("heat-maps", "Heat maps"),
    ("limits", "Limits and intended use"),
    ("reproduction", "Reproduction"),
    ("tripod", "TRIPOD+AI checklist"),
];

/// What the sections are made of.
pub(crate) struct Page<'a> {
    pub(crate) results: &'a StudyResults,
    pub(crate) figures: &'a [Figure],
    pub(crate) tables: &'a [Table],
    pub(crate) pictures: &'a Pictures,
}

impl Page<'_> {
    pub(crate) fn render(&self) -> String {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (TITLE) " – " (self.results.run.name) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    (self.header())
                    main { @for (id, heading) in SECTIONS {
                        section id=(id) { h2 { (heading) } (self.section(id)) }
                    } }
                }
            }
        }
        .into_string()
    }

    fn section(&self, id: &str) -> Markup {
        match id {
            "subjects" => self.subjects(),
            "keypoints-section" => self.keypoints(),
            "variants-section" => self.several(&["variants"], &["variants-table"]),
            "models" => self.models(),
            "subgroups" => self.several(
                &[],
                &["subgroups-test-table", "subgroups-development-table", "left-out-centres"],
            ),
            "performance" => self.several(&["auc"], &["horizons"]),
            "use" => self.calibration_and_use(),
            "heat-maps" => self.heat_maps(),
            "limits" => self.limits(),
            "reproduction" => self.reproduction(),
            _ => self.tripod(),
        }
    }

    fn figure(&self, id: &str) -> Option<Markup> {
        self.figures.iter().find(|f| f.id == id).map(drawing)
    }

    fn table(&self, id: &str) -> Option<Markup> {
        self.tables.iter().find(|t| t.id() == id).map(Table::to_html)
    }

    /// Figures, then tables; a sentence where there is none of them.
    fn several(&self, figures: &[&str], tables: &[&str]) -> Markup {
        let figures = figures.iter().filter_map(|id| self.figure(id));
        let parts: Vec<_> = figures.chain(tables.iter().filter_map(|id| self.table(id))).collect();
        html! {
            @if parts.is_empty() { p.quiet { "Not part of this study." } }
            @for part in parts { (part) }
        }
    }

    fn header(&self) -> Markup {
        let run = &self.results.run;
        let sentences = summary::sentences(self.results);
        html! {
            header id="top" {
                p.kicker {
                    "Vertebra " (run.version) " · " (run.preset) " preset · seed " (run.seed)
                }
                h1 { (TITLE) }
                div.summary id="summary" {
                    @for (i, sentence) in sentences.iter().enumerate() {
                        @if i == 0 { p.lead { (sentence) } } @else { p { (sentence) } }
                    }
                }
                @if run.phantom { p.banner {
                    strong { "Synthetic cohort. " }
                    "Made by the phantom generator; no person’s data are in it."
                } }
                (self.key_numbers())
                nav aria-label="Contents" { ol { @for (id, heading) in SECTIONS {
                    li { a href=(format!("#{id}")) { (heading) } }
                } } }
            }
        }
    }

    fn key_numbers(&self) -> Markup {
        let r = self.results;
        let events = r.split.development.events + r.split.test.events;
        let held_out = r.keypoints.test.as_ref().or(r.keypoints.folds.first());
        let mut numbers = vec![
            (thousands(r.flow.remaining()), "subjects analysed"),
            (thousands(events), "with an incident fracture"),
            (fixed(r.outcome.person_years, 0), "person-years"),
            (fixed(r.outcome.rate_per_100, 1), "fractures per 100 person-years"),
        ];
        if let Some(fold) = held_out {
            numbers.push((fixed(fold.ap, 3), "keypoint AP, held-out films"));
            let error = fold.mean_error_mm.map(|mm| format!("{} mm", fixed(mm, 1)));
            numbers.extend(error.map(|text| (text, "mean keypoint error")));
        }
        html! { dl.numbers { @for (value, name) in numbers {
            div { dt { (name) } dd { (value) } }
        } } }
    }

    fn subjects(&self) -> Markup {
        let outcome = &self.results.outcome;
        html! {
            p {
                "Times and events come from " (outcome.source) "."
                @if let Some(reference) = &outcome.reference {
                    " Vertebral heights were judged against " (reference) "."
                }
            }
            (self.several(&["flow"], &["characteristics", "missing"]))
            div.side {
                @for id in ["sets", "fractures"] { @if let Some(t) = self.table(id) { (t) } }
            }
            @if let Some(t) = self.table("outcome-timing") { (t) }
        }
    }

    fn keypoints(&self) -> Markup {
        let keypoints = &self.results.keypoints;
        let flagged = match keypoints.flagged {
            0 => "No film’s keypoints failed a plausibility check.".to_owned(),
            n => format!("The keypoints of {} failed a plausibility check.", counted(n, "film")),
        };
        html! {
            p { "Network: " (keypoints.network) ". " (flagged) }
            (self.several(&[], &["keypoints", "keypoint-levels"]))
            (self.pictures.gallery(&keypoints.overlays))
        }
    }

    fn models(&self) -> Markup {
        let with_covariates = self.results.models.iter().filter(|m| m.clinical.is_some());
        let mut grid: Vec<(usize, String)> =
            with_covariates.map(|m| (m.clinical.unwrap_or(0), covariates(m))).collect();
        grid.dedup();
        grid.sort();
        grid.dedup();
        html! {
            @if !grid.is_empty() { ul.plain { @for (clinical, covariates) in grid {
                li { strong { "Model " (clinical) } ": " (covariates) }
            } } }
            (self.several(
                &["concordance-test", "concordance-development", "differences"],
                &["concordance-test-table", "concordance-development-table", "differences-table",
                  "paper", "coefficients"],
            ))
        }
    }

    fn calibration_and_use(&self) -> Markup {
        let curves: Vec<&str> = self
            .figures
            .iter()
            .map(|figure| figure.id.as_str())
            .filter(|id| id.starts_with("risk-groups"))
            .collect();
        let figures: Vec<&str> = ["calibration", "decision"].into_iter().chain(curves).collect();
        let tables = ["calibration-table", "outcome-timing-models", "outcome-timing-groups"];
        self.several(&figures, &tables)
    }

    fn heat_maps(&self) -> Markup {
        let Some(saliency) = &self.results.saliency else {
            return html! { p.quiet { "Not part of this study." } };
        };
        html! {
            p {
                "Maps of “" (saliency.model) "” by " (saliency.methods.join(" and "))
                ": what in the radiograph raises or lowers its log hazard."
            }
            (self.pictures.gallery(&saliency.pictures))
            (self.several(&["saliency"], &[]))
        }
    }

    fn limits(&self) -> Markup {
        html! {
            p.use { (INTENDED_USE) }
            ul { @for limit in limits(self.results) { li { (limit) } } }
            @if !self.results.notes.is_empty() {
                h3 { "Notes of this run" }
                ul { @for note in &self.results.notes { li { (note) } } }
            }
        }
    }

    fn reproduction(&self) -> Markup {
        let run = &self.results.run;
        html! {
            p { "The same seed on the same machine gives the same numbers." }
            dl.facts { @for (name, value) in facts(run) { dt { (name) } dd { (value) } } }
            (self.several(&[], &["seconds"]))
            details { summary { "Configuration" } pre { (run.config) } }
            @if !run.inputs.is_empty() {
                p {
                    "The SHA-256 of " (counted(run.inputs.len(), "input file"))
                    " are in inputs.sha256 of the run folder; README.md explains its other files."
                }
            }
        }
    }

    fn tripod(&self) -> Markup {
        let items = tripod::items(self.results);
        let n = items.iter().filter(|item| item.provided.is_some()).count();
        html! {
            p {
                "Of " (items.len()) " items this report fills " (n) ", in whole or in part. The \
                 others need the people who ran the study. D: development, E: evaluation."
            }
            figure.table { div.wide { table.checklist {
                thead { tr {
                    th scope="col" class="text" { "Item" }
                    th scope="col" class="text" { "For" }
                    th scope="col" class="text" { "Requirement" }
                    th scope="col" class="text" { "In this report" }
                } }
                tbody { @for item in &items { tr {
                    td.text { (item.number) }
                    td.text { (item.applies) }
                    td.text { (item.requirement) }
                    @match &item.provided {
                        Some((text, id)) => td.text { a href=(format!("#{id}")) { (text) } },
                        None => td.text.quiet { "not provided" },
                    }
                } } }
            } } }
            p.note {
                "Collins GS, Moons KGM, Dhiman P, et al. TRIPOD+AI statement. BMJ 2024;385:e078378 \
                 (CC BY), requirements shortened."
            }
        }
    }
}

/// A figure as part of the page.
fn drawing(figure: &Figure) -> Markup {
    html! {
        figure.drawing id=(figure.id) {
            (PreEscaped(&figure.svg))
            figcaption { (figure.caption) }
        }
    }
}

/// The covariates of a model as a reader calls them.
fn covariates(model: &ModelResult) -> String {
    model.covariates.iter().map(|name| covariate_label(name)).collect::<Vec<_>>().join("; ")
}

fn facts(run: &RunRecord) -> Vec<(&'static str, String)> {
    vec![
        ("Run", run.name.clone()),
        ("Preset", run.preset.clone()),
        ("Seed", run.seed.to_string()),
        ("Version", run.version.clone()),
        ("Revision", run.revision.clone().unwrap_or_else(|| "not known".to_owned())),
        ("Device", run.device.clone()),
        ("Machine", run.machine.to_string()),
        ("Command", run.command.join(" ")),
    ]
}
