//! The page of a study.

use crate::document::{Document, Parts};
use crate::format::{counted, covariate_label, fixed, thousands};
use crate::limits::{INTENDED_USE, NOT_SHOWN, limits};
use crate::pictures::Pictures;
use crate::results::{ModelResult, RunRecord, StudyResults};
use crate::{Figure, Table, summary, tripod};
use maud::{Markup, html};

const TITLE: &str = "Vertebral fracture from lateral spine radiographs";

/// What the sections are made of.
pub(crate) struct Page<'a> {
    results: &'a StudyResults,
    parts: Parts<'a>,
    pictures: &'a Pictures,
}

impl<'a> Page<'a> {
    pub(crate) fn new(
        results: &'a StudyResults,
        figures: &'a [Figure],
        tables: &'a [Table],
        pictures: &'a Pictures,
    ) -> Self {
        Self { results, parts: Parts::new(figures, tables), pictures }
    }

    pub(crate) fn render(&self) -> String {
        let run = &self.results.run;
        let (parts, variants, horizons) = (&self.parts, &["variants"], &["auc"]);
        let by_group = ["subgroups-test-table", "subgroups-development-table", "left-out-centres"];
        // In the order of the page, as figures and tables are numbered on the way.
        let sections = vec![
            ("subjects", "Subjects", self.subjects()),
            ("keypoints-section", "Keypoints", self.keypoints()),
            ("variants-section", "Image variants", parts.several(variants, &["variants-table"])),
            ("models", "Models compared", self.models()),
            ("subgroups", "Subgroups and centres", parts.several(&[], &by_group)),
            ("performance", "Performance over time", parts.several(horizons, &["horizons"])),
            ("use", "Calibration and use", self.calibration_and_use()),
            ("heat-maps", "Heat maps", self.heat_maps()),
            ("limits", "Limits and intended use", self.limits()),
            ("reproduction", "Reproduction", self.reproduction()),
            ("tripod", "TRIPOD+AI checklist", self.tripod()),
        ];
        let document = Document {
            title: TITLE,
            run: &run.name,
            kicker: format!("Vertebra {} · {} preset · seed {}", run.version, run.preset, run.seed),
            lead: summary::sentences(self.results),
            not_shown: NOT_SHOWN,
            synthetic: run.phantom,
            numbers: self.key_numbers(),
            sections,
        };
        document.render()
    }

    fn key_numbers(&self) -> Vec<(String, &'static str)> {
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
        numbers
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
            (self.parts.several(&["flow"], &["characteristics", "missing"]))
            div.side {
                @for id in ["sets", "fractures"] { @if let Some(t) = self.parts.table(id) { (t) } }
            }
            @if let Some(t) = self.parts.table("outcome-timing") { (t) }
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
            (self.parts.several(&[], &["keypoints", "keypoint-levels"]))
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
            (self.parts.several(
                &["concordance-test", "concordance-development", "differences"],
                &["concordance-test-table", "concordance-development-table", "differences-table",
                  "paper", "coefficients"],
            ))
        }
    }

    fn calibration_and_use(&self) -> Markup {
        let curves = self.parts.figures_of("risk-groups");
        let figures: Vec<&str> = ["calibration", "decision"].into_iter().chain(curves).collect();
        let tables = ["calibration-table", "outcome-timing-models", "outcome-timing-groups"];
        self.parts.several(&figures, &tables)
    }

    fn heat_maps(&self) -> Markup {
        let Some(saliency) = &self.results.saliency else {
            return html! { p.quiet { "Not part of this run." } };
        };
        html! {
            p {
                "Maps of “" (saliency.model) "” by " (saliency.methods.join(" and "))
                ": what in the radiograph raises or lowers its log hazard."
            }
            (self.pictures.gallery(&saliency.pictures))
            (self.parts.several(&["saliency"], &[]))
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
            (self.parts.several(&[], &["seconds"]))
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

/// The covariates of a model as a reader calls them.
fn covariates(model: &ModelResult) -> String {
    model.covariates.iter().map(|name| covariate_label(name)).collect::<Vec<_>>().join("; ")
}

pub(crate) fn facts(run: &RunRecord) -> Vec<(&'static str, String)> {
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
