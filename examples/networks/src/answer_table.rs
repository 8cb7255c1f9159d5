//! Answers as rows of a table.

use vertebra_keypoints::{Doubt, Level};
use vertebra_study::Answer;

/// The header and the rows, without quoting; risks have one column per horizon that any answer has.
#[must_use]
pub fn table(answers: &[Answer]) -> Vec<Vec<String>> {
    let mut horizons: Vec<f64> =
        answers.iter().flat_map(|answer| answer.risk.iter().map(|risk| risk.horizon)).collect();
    horizons.sort_by(f64::total_cmp);
    horizons.dedup();
    let mut rows = vec![header(&horizons)];
    rows.extend(answers.iter().map(|answer| row(answer, &horizons)));
    rows
}

fn header(horizons: &[f64]) -> Vec<String> {
    let fixed = ["file", "ok", "reasons", "forced", "lateral_lumbar", "points_right"];
    let mut names: Vec<String> = fixed.map(str::to_owned).to_vec();
    for level in Level::ALL {
        names.extend(["x", "y", "confidence"].map(|part| format!("{level}_{part}")));
    }
    names.push("log_hazard".to_owned());
    names.extend(horizons.iter().map(|years| format!("risk_{years}")));
    names.extend(["verdict", "warnings"].map(str::to_owned));
    names
}

fn row(answer: &Answer, horizons: &[f64]) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or_else(String::new, |v| format!("{v:.6}"));
    let codes: Vec<&str> = answer.verdict.doubts().iter().map(Doubt::code).collect();
    let mut cells = vec![
        answer.file.clone(),
        answer.verdict.is_ok().to_string(),
        codes.join(" "),
        answer.forced.to_string(),
        number(answer.trust.map(|trust| trust.lateral_lumbar)),
        number(answer.trust.map(|trust| trust.points_right)),
    ];
    for level in Level::ALL {
        let point = answer.keypoints.map(|points| points[level.index()]);
        cells.extend([
            number(point.map(|p| p.x)),
            number(point.map(|p| p.y)),
            number(point.map(|p| p.confidence)),
        ]);
    }
    cells.push(number(answer.log_hazard));
    for horizon in horizons {
        let risk = answer.risk.iter().find(|risk| risk.horizon == *horizon);
        cells.push(number(risk.and_then(|risk| risk.probability)));
    }
    cells.extend([answer.verdict.to_string(), answer.warnings.join("; ")]);
    cells
}
