//! The report of a study of invented numbers: complete, self-contained, and true to its results.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use serde_json::json;
use vertebra_evaluation::{Estimate, Figure, Interval, Reason, Undefined};
use vertebra_report::results::{
    EvaluationSet, FileColumn, OutcomeTiming, RiskRange, RunFile, SCHEMA_VERSION, StudyResults,
    Subgroup, TimedGroup, TimedModel, TimedRisk,
};
use vertebra_report::{Error, Report, write_report};

fn report(results: &StudyResults) -> Report {
    Report::new(results, |_| Some(common::png())).unwrap()
}

/// Names of the elements that are open at the end of `markup`; panics where tags do not nest.
fn check_nesting(markup: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = markup;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').unwrap();
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closes what is not open");
        } else {
            open.push(tag.split_whitespace().next().unwrap());
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

#[test]
fn every_figure_is_well_formed_and_says_what_it_shows() {
    let report = report(&common::results());
    let ids: Vec<_> = report.figures().iter().map(|figure| figure.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "flow",
            "variants",
            "concordance-development",
            "concordance-test",
            "differences",
            "auc",
            "calibration",
            "decision",
            "risk-groups-1",
            "risk-of-subject-1",
            "risk-of-subject-2",
            "saliency"
        ]
    );
    for figure in report.figures() {
        check_nesting(&figure.svg);
        assert!(figure.svg.contains("<desc>") && !figure.caption.is_empty());
        assert!(!figure.svg.contains("NaN") && !figure.svg.contains("inf"), "{}", figure.id);
    }
}

#[test]
fn nothing_is_drawn_outside_of_a_figure() {
    for figure in report(&common::results()).figures() {
        let view = figure.svg.split("viewBox=\"0 0 ").nth(1).unwrap();
        let size: Vec<f64> =
            view.split('"').next().unwrap().split(' ').map(|v| v.parse().unwrap()).collect();
        for (name, limit) in
            [(" x=\"", size[0]), (" y=\"", size[1]), ("cx=\"", size[0]), ("y2=\"", size[1])]
        {
            for text in figure.svg.split(name).skip(1) {
                let value: f64 = text.split('"').next().unwrap().parse().unwrap();
                assert!((0.0..=limit).contains(&value), "{}: {name}{value}", figure.id);
            }
        }
    }
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let html = report(&common::results()).html().to_owned();
    assert!(!html.contains("@import") && !html.contains("url("));
    assert_eq!(html.matches("<script").count(), html.matches("<script>").count(), "none is loaded");
    let html = html.replace("http://www.w3.org/2000/svg", "");
    assert!(!html.contains("http"), "a link to elsewhere");
    for source in html.split("src=\"").skip(1) {
        assert!(source.starts_with("data:image/png;base64,"));
    }
}

#[test]
fn links_lead_to_sections_of_the_page() {
    let html = report(&common::results()).html().to_owned();
    for link in html.split("href=\"#").skip(1) {
        let id = link.split('"').next().unwrap();
        assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
    }
    let ids: Vec<_> = html.split(" id=\"").skip(1).map(|t| t.split('"').next().unwrap()).collect();
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "an id stands twice");
}

#[test]
fn figures_and_tables_are_numbered_in_the_order_of_the_page() {
    let report = report(&common::results());
    let html = report.html();
    for kind in ["<strong>Figure ", "<figcaption>Table "] {
        let parts = html.split(kind).skip(1).map(|rest| rest.split(". ").next().unwrap());
        let numbers: Vec<usize> = parts.map(|number| number.parse().unwrap()).collect();
        assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
        assert!(numbers.len() >= 10, "{kind}: {numbers:?}");
    }
}

#[test]
fn every_figure_and_table_can_be_saved_from_the_page() {
    let report = report(&common::results());
    let html = report.html();
    assert_eq!(html.matches("data-save=\"svg\"").count(), report.figures().len());
    let saved = html.split("href=\"data:text/csv;base64,").skip(1);
    let names: Vec<&str> =
        saved.map(|s| s.split("download=\"").nth(1).unwrap().split('"').next().unwrap()).collect();
    assert!(names.contains(&"characteristics.csv") && names.len() > 10, "{names:?}");
}

#[test]
fn levels_are_listed_only_where_films_tell_them_and_no_interval_leaves_its_scale() {
    let mut results = common::results();
    results.outcome.fractures.iter_mut().for_each(|(_, n)| *n = 0);
    let tables = report(&results);
    assert!(tables.tables().iter().all(|table| table.id() != "fractures"));
    results.split.method = "column split of cohort.csv".to_owned();
    let html = report(&results).html().to_owned();
    let sentence = "Subjects were assigned to the sets by the column split of cohort.csv.";
    assert!(html.contains(sentence));
    let wide = vertebra_evaluation::OverFolds::of(vec![0.99, 0.6, 0.95], 0.95);
    for model in &mut results.models {
        model.discrimination.iter_mut().for_each(|d| d.over_folds = wide.clone());
    }
    let page = report(&results);
    let table = page.tables().iter().find(|t| t.id() == "concordance-test-table").unwrap();
    assert!(wide.mean.value().unwrap().estimate.interval.upper > 1.0);
    assert!(table.to_markdown().contains("to 1.000)"), "{}", table.to_markdown());
}

#[test]
fn the_summary_states_the_comparison_first() {
    let html = report(&common::results()).html().to_owned();
    let lead = html.split("<p class=\"lead\">").nth(1).unwrap().split("</p>").next().unwrap();
    assert_eq!(
        lead,
        "On the test set of 140 subjects with 43 incident fractures, “Model 3, DeepSurv with \
         images” reached a Harrell’s C of 0.709 (0.624 to 0.794), against 0.629 (0.544 to 0.714) \
         for “Model 3, CoxPH” (95 % intervals over subjects)."
    );
    assert!(html.contains("The paired difference is 0.080 (0.018 to 0.142), P = 0.011"));
}

#[test]
fn a_comparison_in_the_other_direction_changes_its_sign() {
    let mut results = common::results();
    for c in &mut results.comparisons {
        std::mem::swap(&mut c.first, &mut c.second);
    }
    let html = report(&results).html().to_owned();
    assert!(html.contains("The paired difference is −0.080 (−0.142 to −0.018), P = 0.011"));
}

#[test]
fn what_the_checklists_ask_for_is_filled_by_the_settings_or_listed_once() {
    let mut results = common::results();
    let html = report(&results).html().to_owned();
    assert!(html.contains("Of 52 items this report fills 28"), "{}", filled(&html));
    assert_eq!(html.matches("18a, funding (<code>funding</code>)").count(), 1);
    assert!(!html.contains("id=\"study\""));
    results.details.funding = Some("Grant 7 of <nobody>".to_owned());
    results.details.title = Some("A title of its own".to_owned());
    let html = report(&results).html().to_owned();
    assert!(html.contains("<h1>A title of its own</h1>"));
    assert!(html.contains("Of 52 items this report fills 29"), "{}", filled(&html));
    assert!(html.contains("<a href=\"#study\">Grant 7 of &lt;nobody&gt;</a>"));
    assert!(!html.contains("(<code>funding</code>)"));
}

fn filled(html: &str) -> &str {
    html.split("this report fills ").nth(1).unwrap().split(',').next().unwrap()
}

#[test]
fn a_validation_is_called_internal_only_where_that_is_known() {
    let mut results = common::results();
    assert!(report(&results).html().contains("this is internal validation"));
    results.split.method = "column split of cohort.csv".to_owned();
    let html = report(&results).html().to_owned();
    assert!(!html.contains("this is internal") && html.contains("neither internal nor external"));
    results.details.validation = Some("external".to_owned());
    assert!(report(&results).html().contains("called external by those who ran the study"));
}

#[test]
fn the_papers_values_can_be_left_out() {
    let mut results = common::results();
    let ids =
        |report: &Report| report.tables().iter().map(|t| t.id().to_owned()).collect::<Vec<_>>();
    assert!(ids(&report(&results)).contains(&"paper".to_owned()));
    results.details.paper_values = false;
    let without = report(&results);
    assert!(!ids(&without).contains(&"paper".to_owned()) && !without.html().contains("AUROC"));
}

#[test]
fn a_shown_subject_has_its_film_its_maps_and_its_risk_and_no_name() {
    let html = report(&common::results()).html().to_owned();
    let article = html.split("<article").nth(1).unwrap().split("</article>").next().unwrap();
    assert_eq!(article.matches("<img").count(), 4);
    assert_eq!(article.split("<svg").nth(1).unwrap().matches("<circle").count(), 5, "points");
    for text in ["fracture seen at 2.5 years", "Grad-CAM, −0.20 to 0.31", "risk-of-subject-1"] {
        assert!(article.contains(text), "{text}");
    }
}

#[test]
fn tables_keep_full_precision() {
    let results = common::results();
    let report = report(&results);
    let table = report.tables().iter().find(|t| t.id() == "concordance-test-table").unwrap();
    let model = &results.models[4];
    let c = model.on(EvaluationSet::Test, Subgroup::Women).unwrap().harrell.estimate;
    let bounds = c.interval;
    let row = format!("\"{}\",{},{},{}", model.name, c.value, bounds.lower, bounds.upper);
    assert!(table.to_csv().contains(&row), "{row}\n{}", table.to_csv());
    for table in report.tables() {
        let width = table.to_csv().lines().count();
        assert!(width > 1, "{} is empty", table.id());
        assert!(table.to_markdown().starts_with(table.caption()));
    }
}

#[test]
fn the_report_depends_on_the_results_alone() {
    let results = common::results();
    let json = serde_json::to_string(&results).unwrap();
    let back: StudyResults = serde_json::from_str(&json).unwrap();
    assert_eq!(report(&results).html(), report(&back).html());
}

#[test]
fn a_study_without_most_parts_still_has_a_report() {
    let mut results = common::results();
    results.models.clear();
    results.comparisons.clear();
    results.variants.clear();
    results.risk_groups.clear();
    results.saliency = None;
    results.keypoints.folds.clear();
    results.keypoints.test = None;
    results.keypoints.levels.clear();
    results.keypoints.overlays.clear();
    results.missing.clear();
    results.run.phantom = false;
    let html = report(&results).html().to_owned();
    assert!(html.contains("Not part of this run.") && html.contains("not a medical device"));
    assert!(!html.contains("Synthetic cohort"));
}

#[test]
fn undefined_values_are_dashes_never_nan() {
    let mut results = common::results();
    for model in &mut results.models {
        for d in &mut model.discrimination {
            (d.uno, d.harrell_bca) = (common::undefined(), None);
            d.over_folds = vertebra_evaluation::OverFolds::of(Vec::new(), 0.95);
        }
        for h in &mut model.horizons {
            (h.auc, h.brier) = (common::undefined(), common::undefined());
            h.accuracy = common::undefined();
        }
        (model.calibration, model.decision) = (None, None);
    }
    let report = report(&results);
    assert!(!report.html().contains("NaN") && report.html().contains(">–<"));
    assert!(
        report
            .figures()
            .iter()
            .all(|f| !["auc", "calibration", "decision"].contains(&f.id.as_str()))
    );
}

#[test]
fn an_absent_picture_is_named_and_text_is_escaped() {
    let mut results = common::results();
    results.notes.push("<b>1 < 2</b>".to_owned());
    let report = Report::new(&results, |_| Some(b"no picture".to_vec())).unwrap();
    assert!(
        report
            .html()
            .contains("picture pictures/with-event-1-aligned.png is not in the run folder")
    );
    assert!(report.html().contains("&lt;b&gt;1 &lt; 2&lt;/b&gt;"));
}

#[test]
fn writes_tables_figures_and_page() {
    let folder = tempfile::tempdir().unwrap();
    let page = write_report(&common::results(), folder.path()).unwrap();
    assert_eq!(page, folder.path().join("report.html"));
    for file in ["tables/characteristics.csv", "tables/characteristics.md", "figures/flow.svg"] {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
    let unfinished = std::fs::read_dir(folder.path()).unwrap().flatten();
    assert!(unfinished.map(|f| f.path()).all(|p| p.extension() != Some("unfinished".as_ref())));
    assert!(std::fs::read_to_string(page).unwrap().contains("is not in the run folder"));
}

#[test]
fn the_readme_explains_every_file_and_every_column() {
    let mut results = common::results();
    let columns = vec![FileColumn::new("subject_id", "As in the cohort")];
    results.files.push(RunFile::new("tables/subjects.csv", "One a row").with_columns(columns));
    let folder = tempfile::tempdir().unwrap();
    write_report(&results, folder.path()).unwrap();
    let readme = std::fs::read_to_string(folder.path().join("README.md")).unwrap();
    assert!(readme.contains("| `subject_id` | As in the cohort |"), "{readme}");
    let mut tables = 0;
    for entry in std::fs::read_dir(folder.path().join("tables")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension() != Some("csv".as_ref()) {
            continue;
        }
        tables += 1;
        let name = format!("## `tables/{}`", path.file_name().unwrap().to_string_lossy());
        let section = readme.split_once(&name).unwrap_or_else(|| panic!("{name}")).1;
        let section = section.split("\n## ").next().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for column in text.lines().next().unwrap().split(',') {
            assert!(section.contains(&format!("| `{column}` | ")), "{name}: {column}");
            let for_code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(column.chars().all(for_code), "{name}: {column}");
        }
    }
    assert!(tables > 10, "{tables}");
}

#[test]
fn another_schema_version_is_refused() {
    let mut results = common::results();
    results.schema_version += 1;
    let error = Report::new(&results, |_| None).unwrap_err();
    assert!(matches!(error, Error::SchemaVersion { .. }), "{error}");
}

#[test]
fn results_are_read_as_they_were_written_and_another_version_is_named_before_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.json");
    let results = common::results();
    results.write(&path).unwrap();
    assert_eq!(StudyResults::read(&path).unwrap(), results);
    std::fs::write(&path, "{\"schema_version\": 99, \"unknown\": {}}").unwrap();
    let error = StudyResults::read(&path).unwrap_err();
    assert!(matches!(error, Error::SchemaVersion { got: 99, .. }), "{error}");
    std::fs::write(&path, format!("{{\"schema_version\": {SCHEMA_VERSION}, \"run\": 3}}")).unwrap();
    let error = StudyResults::read(&path).unwrap_err().to_string();
    assert!(error.contains("results.json: expected the results of a study, got"), "{error}");
    let error = StudyResults::read(&folder.path().join("absent.json")).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
}

#[test]
fn a_study_of_intervals_shows_the_risk_by_film_by_interval_and_in_truth() {
    let mut results = common::results();
    assert!(!report(&results).html().contains("outcome-timing"));
    let mut timing = OutcomeTiming::new(1595, 120);
    timing.median_gap = Some(2.0);
    let mut risk = TimedRisk::at(5.0);
    let range =
        |risk, lower, upper| Some(RiskRange { risk, interval: Interval::new(lower, upper, 0.95) });
    risk.visit = range(0.097, 0.083, 0.113);
    risk.interval = range(0.121, 0.104, 0.14);
    risk.truth = Some(0.117);
    timing.risks.push(risk);
    let auc = |value, lower, upper| Estimate::new(value, 0.05, Interval::new(lower, upper, 0.95));
    let none = Undefined::new(Reason::NoEvents, "no event by the horizon");
    let defined = Figure::Defined;
    let figures = [defined(auc(0.7, 0.6, 0.8)), defined(auc(0.71, 0.61, 0.81)), none.into()];
    let mut model = TimedModel::new("Model 1, Cox regression", 5.0, figures);
    let mut group = TimedGroup::new(36, 0.05);
    group.interval = range(0.07, 0.03, 0.14);
    model.groups.push(group);
    timing.models.push(model);
    results.outcome_timing = Some(timing);
    let report = report(&results);
    let table = report.tables().iter().find(|t| t.id() == "outcome-timing").unwrap();
    let csv = table.to_csv();
    assert!(csv.contains("0.097,0.083,0.113,0.121,0.104,0.14,,,,0.117"), "{csv}");
    assert!(report.html().contains("120 events of 1595 subjects"));
    let csv = |id: &str| report.tables().iter().find(|t| t.id() == id).unwrap().to_csv();
    let models = csv("outcome-timing-models");
    assert!(models.contains(",0.7,0.6,0.8,0.71,0.61,0.81,,,"), "{models}");
    let groups = csv("outcome-timing-groups");
    assert!(groups.contains(",36,0.05,0.07,0.03,0.14,,,"), "{groups}");
    assert!(report.html().contains("Calibration by 5 years, fractures by interval"));
    let back: StudyResults =
        serde_json::from_str(&serde_json::to_string(&results).unwrap()).unwrap();
    assert_eq!(back, results);
}

#[test]
fn groups_and_centres_have_a_table_with_their_differences() {
    let mut results = common::results();
    let model = results.models[0].name.clone();
    let c = |value: f64| {
        json!({"value": value, "se": 0.06, "lower": 0.5, "upper": 0.8,
                                "level": 0.95, "method": "logit_student"})
    };
    let group = |grouping: &str, name: &str, score: &str, difference: serde_json::Value| {
        json!({"set": "test", "score": score, "grouping": grouping, "group": name, "n": 70,
               "events": 21, "harrell": c(0.66), "auc": [], "difference": difference})
    };
    let less = json!({"against": "women", "auc": [], "harrell": {
        "difference": -0.031, "se": 0.09, "z": -0.34, "p": 0.73, "lower": -0.2, "upper": 0.15,
        "level": 0.95}});
    let leading = "Model 3, CoxPH";
    results.subgroups = serde_json::from_value(json!([
        group("sex", "women", leading, json!(null)),
        group("sex", "men", leading, less),
        group("sex", "women", &model, json!(null)),
    ]))
    .unwrap();
    results.left_out_centres =
        serde_json::from_value(json!([group("centre", "Bonn", leading, json!(null))])).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let page = std::fs::read_to_string(write_report(&results, folder.path()).unwrap()).unwrap();
    assert!(page.contains("Sex: Model 3, CoxPH") && page.contains("left-out-centres"));
    let read = |name: &str| std::fs::read_to_string(folder.path().join("tables").join(name));
    let table = read("subgroups-test-table.csv").unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 3, "the leading models alone: {table}");
    assert!(rows[2].ends_with(",men,70,21,0.66,0.5,0.8,-0.031,-0.2,0.15,0.73"), "{table}");
    assert!(read("left-out-centres.csv").unwrap().contains("Bonn,70,21"));
}
