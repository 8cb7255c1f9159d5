//! The page of a study.

use crate::document::{Document, Parts};
use crate::format::{counted, covariate_label, fixed, thousands, years};
use crate::limits::{INTENDED_USE, NOT_SHOWN, limits};
use crate::pictures::Pictures;
use crate::results::{ModelResult, RunRecord, StudyResults};
use crate::{Figure, Table, checklist, summary, viewer};
use maud::{Markup, html};

const TITLE: &str = "Vertebral fracture from lateral spine radiographs";

/// Sections that the page has on a screen alone.
const SECTIONS_ON_SCREEN: &[&str] = &["subgroups", "reproduction", "checklists"];
/// The same of figures and tables.
const ON_SCREEN: &[&str] = &[
    "keypoint-levels",
    "fractures",
    "concordance-development",
    "concordance-development-table",
    "differences-table",
    "paper",
    "coefficients",
    "outcome-timing-groups",
    "outcome-timing-models",
    "horizons",
    "risk-groups-2",
    "training",
    "saliency",
    "map-checks",
    "variants-table",
];

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
        Self { results, parts: Parts::new(figures, tables, ON_SCREEN), pictures }
    }

    pub(crate) fn render(&self) -> String {
        let run = &self.results.run;
        let (parts, horizons) = (&self.parts, &["auc"]);
        let by_group = ["subgroups-test-table", "subgroups-development-table", "left-out-centres"];
        // In the order of the page, as figures and tables are numbered on the way.
        let mut sections = Vec::new();
        sections.extend(self.study().map(|body| ("study", "The study", body)));
        sections.extend([
            ("subjects", "Subjects", self.subjects()),
            ("keypoints-section", "Keypoints", self.keypoints()),
            ("variants-section", "Image variants", self.variants()),
            ("methods", "Methods", self.methods()),
            ("models", "Models compared", self.models()),
            ("subgroups", "Subgroups and centres", parts.several(&[], &by_group)),
            ("performance", "Performance over time", parts.several(horizons, &["horizons"])),
            ("use", "Calibration and use", self.calibration_and_use()),
            ("heat-maps", "Heat maps", self.heat_maps()),
            ("limits", "Limits and intended use", self.limits()),
            ("reproduction", "Reproduction", self.reproduction()),
            ("checklists", "Checklists", self.checklists()),
        ]);
        let document = Document {
            title: self.results.details.title.as_deref().unwrap_or(TITLE),
            run: &run.name,
            kicker: format!("Vertebra {} · {} preset · seed {}", run.version, run.preset, run.seed),
            question: summary::QUESTION.to_owned(),
            data: summary::data(self.results),
            lead: summary::sentences(self.results),
            not_shown: NOT_SHOWN,
            synthetic: run.phantom,
            numbers: self.key_numbers(),
            sections,
            on_screen: SECTIONS_ON_SCREEN,
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
                "Maps of “" (saliency.model) "” by " (saliency.methods.join(", "))
                ": what in the radiograph raises or lowers its log hazard."
            }
            (viewer::viewer(saliency, &self.parts, self.pictures))
            (self.parts.several(&["saliency"], &["map-checks"]))
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

    fn checklists(&self) -> Markup {
        let tripod = checklist::tripod(self.results);
        let n = tripod.iter().filter(|item| !item.provided.is_empty()).count();
        html! {
            h3 { "TRIPOD+AI" }
            p {
                "Of " (tripod.len()) " items this report fills " (n) ", in whole or in part. D: \
                 development alone, E: evaluation alone."
            }
            (checklist::listed("Item", &tripod))
            p.note {
                "Collins GS, Moons KGM, Dhiman P, et al. TRIPOD+AI statement. BMJ 2024;385:e078378 \
                 (CC BY), requirements shortened."
            }
            h3 { "CLAIM 2024" }
            (checklist::listed("Part", &checklist::claim(self.results)))
            p.note {
                "Tejani AS, Klontzas ME, Gatti AA, et al. Checklist for Artificial Intelligence in \
                 Medical Imaging (CLAIM): 2024 update. Radiol Artif Intell 2024;6:e240300, in short \
                 and in other words."
            }
            h3 { "PROBAST+AI" }
            p { "What a reader needs to judge quality and risk of bias, by domain. The judgement is \
                 the reader’s." }
            (checklist::listed("Domain", &checklist::probast(self.results)))
            p.note {
                "Domains of: Moons KGM, Damen JAA, Kaul T, et al. PROBAST+AI. BMJ 2025;388:e082505; \
                 its signalling questions are in that article."
            }
        }
    }

    /// What those who ran the study say of it.
    fn study(&self) -> Option<Markup> {
        let texts = self.results.details.texts().into_iter();
        let given: Vec<_> = texts.filter_map(|(_, label, text)| Some((label, text?))).collect();
        (!given.is_empty()).then(|| {
            html! {
                dl.facts { @for (label, text) in given { dt { (label) } dd { (text) } } }
            }
        })
    }

    fn variants(&self) -> Markup {
        let chosen = self.results.variants.iter().find(|variant| variant.chosen);
        html! {
            @if let Some(chosen) = chosen { p {
                "Networks on each variant alone were fitted in every fold of the development set. \
                 The variant with the highest AUC at " (years(chosen.horizon)) " years on the \
                 validation folds goes into the models, one without masks unless the settings allow \
                 it: here " (chosen.variant.label()) ". The test set took no part. The AUC of the \
                 chosen one is optimistic, for it is the highest of several."
            } }
            (self.parts.several(&["variants"], &["variants-table"]))
        }
    }

    fn methods(&self) -> Markup {
        let seconds: f64 = self.results.run.seconds.iter().map(|(_, seconds)| seconds).sum();
        html! {
            dl.facts {
                @for (name, text) in &self.results.methods { dt { (name) } dd { (text) } }
                dt { "Computed" }
                dd {
                    "in " (fixed(seconds / 60.0, 1)) " minutes of wall-clock time on "
                    (self.results.run.machine.to_string()) ", " (self.results.run.device)
                    "; energy was not measured"
                }
            }
            @if let Some(figure) = self.parts.figure("training") { (figure) }
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
