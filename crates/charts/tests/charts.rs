//! Every chart is well formed, stays inside its drawing, and draws nothing that is not finite.
#![allow(clippy::unwrap_used)] // a test says why it fails so

use vertebra_charts::{
    AucChart, AucLine, CalibrationChart, CalibrationPanel, CalibrationPoint, Chart, DecisionChart,
    ForestChart, ForestRow, RocChart, SurvivalChart, SurvivalLine, TrainingChart,
};

/// One chart of each kind, from values scaled by `x`, which may be NaN.
fn all(x: f64) -> Vec<(&'static str, String)> {
    let times = [1.0, 2.0, 3.0];
    let line = |name: &str| {
        SurvivalLine::new(name, &times, &[0.9 * x, 0.8, 0.7])
            .with_band(&[0.8, 0.7 * x, f64::NAN], &[1.0, 0.9, f64::NAN])
            .with_at_risk(30, &[30, 20, 10])
            .with_note("9 events")
    };
    let survival = SurvivalChart::new("Survival")
        .with_line(line("low"))
        .with_line(line("high"))
        .with_at_risk_times(&[0.0, 1.5, 3.0]);
    let point = |p: f64| CalibrationPoint::new(20, p, x * p, [0.5 * p, 1.5 * p]);
    let panel = CalibrationPanel::new("Cox", vec![point(0.1), point(0.3)])
        .with_note("slope 1")
        .with_curve(vec![(0.1, 0.1 * x), (0.3, 0.2)]);
    let calibration = (0..4)
        .fold(CalibrationChart::new("Calibration"), |chart, _| chart.with_panel(panel.clone()));
    let auc =
        AucLine::new("Cox").with_point(1.0, 0.7 * x, [0.6, 0.8]).with_point(3.0, 0.6, [0.5, 0.7]);
    let forest = ForestRow::new("age", 1.2 * x, [1.0, 1.4]).with_p(0.04).with_second("per year");
    vec![
        ("survival", survival.to_svg()),
        ("calibration", calibration.to_svg()),
        ("auc", AucChart::new("AUC").with_line(auc).to_svg()),
        (
            "roc",
            RocChart::new("ROC").with_line("Cox", &[0.0, 0.3 * x, 1.0], &[0.0, 0.8, 1.0]).to_svg(),
        ),
        (
            "decision",
            DecisionChart::new("Use", &[0.1, 0.2, 0.3], &[0.1, 0.0, -0.5])
                .with_line("Cox", &[0.12 * x, 0.08, 0.05])
                .to_svg(),
        ),
        ("forest", ForestChart::new("Effects").with_neutral(1.0).with_row(forest).to_svg()),
        ("training", TrainingChart::new("Loss").with_line("fold 1", &[1.0, 0.5 * x, 0.2]).to_svg()),
    ]
}

/// Panics where tags do not nest.
fn check_nesting(markup: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = markup;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').unwrap();
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "closes what is not open"),
            None => open.push(tag.split_whitespace().next().unwrap()),
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

#[test]
fn every_chart_is_well_formed_and_says_what_it_shows() {
    for (name, svg) in all(1.0) {
        check_nesting(&svg);
        assert!(svg.contains("<title>") && svg.contains("<desc>"), "{name}");
    }
}

#[test]
fn nothing_is_drawn_outside_of_a_chart() {
    for (name, svg) in all(1.0) {
        let view = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split('"').next().unwrap();
        let size: Vec<f64> = view.split(' ').map(|v| v.parse().unwrap()).collect();
        let limits =
            [(" x=\"", size[0]), (" y=\"", size[1]), ("cx=\"", size[0]), ("y2=\"", size[1])];
        for (attribute, limit) in limits {
            for text in svg.split(attribute).skip(1) {
                let value: f64 = text.split('"').next().unwrap().parse().unwrap();
                assert!((0.0..=limit).contains(&value), "{name}: {attribute}{value}");
            }
        }
    }
}

#[test]
fn values_that_are_not_finite_leave_gaps() {
    for x in [f64::NAN, f64::INFINITY] {
        for (name, svg) in all(x) {
            check_nesting(&svg);
            for attribute in ["x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "points"] {
                for text in svg.split(&format!(" {attribute}=\"")).skip(1) {
                    let value = text.split('"').next().unwrap();
                    assert!(!value.contains("NaN") && !value.contains("inf"), "{name}: {value}");
                }
            }
        }
    }
}

#[test]
fn charts_without_lines_are_empty_axes() {
    for svg in [
        SurvivalChart::new("").to_svg(),
        CalibrationChart::new("").to_svg(),
        AucChart::new("").to_svg(),
        RocChart::new("").to_svg(),
        DecisionChart::new("", &[], &[]).to_svg(),
        ForestChart::new("").to_svg(),
        TrainingChart::new("").to_svg(),
    ] {
        check_nesting(&svg);
        assert!(!svg.contains("NaN"), "{svg}");
    }
}

#[test]
fn slices_of_different_length_are_drawn_as_far_as_the_shorter_goes() {
    let line = SurvivalLine::new("a", &[1.0, 2.0, 3.0], &[0.9]).with_band(&[0.8, 0.7], &[1.0]);
    check_nesting(&SurvivalChart::new("").with_line(line).to_svg());
    check_nesting(&DecisionChart::new("", &[0.1, 0.2], &[0.1]).with_line("a", &[0.1]).to_svg());
}

#[test]
fn a_figure_is_written_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let figure = TrainingChart::new("Loss").with_line("a", &[1.0]).figure("curves", "Loss.");
    let path = figure.write(&folder.path().join("figures")).unwrap();
    assert_eq!(path.file_name().unwrap(), "curves.svg");
    assert_eq!(std::fs::read_to_string(path).unwrap(), figure.svg);
    std::fs::write(folder.path().join("a-file"), "").unwrap();
    let error = figure.write(&folder.path().join("a-file")).unwrap_err().to_string();
    assert!(error.contains("a-file"), "{error}");
}
