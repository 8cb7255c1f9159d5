//! What `coxph` prints, stores and predicts.

#![allow(clippy::unwrap_used)] // in a test that is how it fails

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const LUNG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/baselines/testdata/lung.csv");
const CGD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/baselines/testdata/cgd.csv");

fn coxph(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_coxph")).current_dir(folder).args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn error(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr.clone()).unwrap()
}

const FIT: [&str; 6] = ["--table", LUNG, "--time", "time", "--event", "status"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    FIT.iter().chain(more).copied().collect()
}

#[test]
fn a_fit_tells_what_summary_and_cox_zph_tell() {
    let folder = tempfile::tempdir().unwrap();
    let printed = text(&coxph(folder.path(), &with(&["--covariates", "age,female,ph_ecog"])));
    // R: summary(coxph(..)), cox.zph(..), AIC, BIC.
    let lines = [
        "0.4619    1.5870    0.1196",
        "29.0752 on 3 df",
        "28.5059 on 3 df",
        "29.0510 on 3 df",
        "AIC 1316.8929, BIC 1325.9248",
        "5.1038 on 3 df, P 0.1643",
    ];
    for line in lines {
        assert!(printed.contains(line), "{line} in {printed}");
    }
    let json =
        text(&coxph(folder.path(), &with(&["--covariates", "age,female,ph_ecog", "--json"])));
    let json: Value = serde_json::from_str(&json).unwrap();
    let zph = json["proportional_hazards"][0]["test"]["statistic"].as_f64().unwrap();
    assert!((zph - 0.532179788409777).abs() < 1e-9);
}

#[test]
fn a_stored_model_predicts_a_raw_table() {
    let folder = tempfile::tempdir().unwrap();
    let terms = ["--spline", "age:4", "--factor", "ph_ecog=1", "--covariates", "wt_loss"];
    let terms = [&terms[..], &["--interaction", "age:wt_loss"]].concat();
    let stored = ["--strata", "female", "--save", "m.json", "--report", "page.html"];
    let printed = text(&coxph(folder.path(), &with(&[&terms[..], &stored].concat())));
    assert!(printed.contains("age:wt_loss, likelihood ratio"), "{printed}");
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.matches("<svg").count() > 3 && page.contains("Proportional hazards"));

    let rows = "ph_ecog,female,age,wt_loss\n1,0,60,5\n0,1,NA,0\n2,1,71,12\n";
    std::fs::write(folder.path().join("new.csv"), rows).unwrap();
    let predict = ["predict", "--model", "m.json", "--table", "new.csv", "--at", "100,400"];
    let output = coxph(folder.path(), &predict);
    let printed = text(&output);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(
        lines[0],
        "line,log_hazard,survival_100,lower_100,upper_100,survival_400,lower_400,upper_400"
    );
    assert!(lines[1].starts_with("2,") && lines[2].starts_with("4,"));
    let cells: Vec<f64> = lines[2].split(',').map(|cell| cell.parse().unwrap()).collect();
    assert!(cells[3] < cells[2] && cells[2] < cells[4] && cells[5] < cells[2]);
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(note.contains("1 rows without a value"), "{note}");
    let marginal = text(&coxph(folder.path(), &[&predict[..], &["--marginal"]].concat()));
    assert_eq!(marginal.lines().count(), 3);

    std::fs::write(folder.path().join("bad.csv"), "ph_ecog,female,age,wt_loss\n7,0,60,5\n")
        .unwrap();
    let bad = ["predict", "--model", "m.json", "--table", "bad.csv"];
    let message = error(&coxph(folder.path(), &bad));
    assert!(
        message.contains("column ph_ecog, row 0") && message.contains("got \"7\""),
        "{message}"
    );
    let absent =
        error(&coxph(folder.path(), &["predict", "--model", "no.json", "--table", "new.csv"]));
    assert!(absent.starts_with("error: no.json: "), "{absent}");
}

#[test]
fn rows_of_one_subject_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let fit = ["--table", CGD, "--time", "stop", "--event", "status", "--covariates", "rifn,age"];
    let rows = [&fit[..], &["--id", "id", "--entry", "start"]].concat();
    let printed = text(&coxph(folder.path(), &rows));
    assert!(printed.contains("robust se") && printed.contains("Robust score"), "{printed}");
    let overlapping = [&fit[..], &["--id", "id"]].concat();
    let message = error(&coxph(folder.path(), &overlapping));
    assert!(
        message.contains("column id: expected rows of one subject that do not overlap"),
        "{message}"
    );
}

#[test]
fn options_that_make_no_sense_are_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let message = |more: &[&str]| error(&coxph(folder.path(), &with(more)));
    assert!(message(&[]).contains("expected a term"));
    assert!(message(&["--spline", "age"]).contains("as age:4"));
    assert!(message(&["--spline", "age:9"]).contains("3 to 7"));
    assert!(message(&["--factor", "ph_ecog=9"]).contains("expected one of 0, 1, 2"));
    assert!(message(&["--covariates", "status"]).contains("known at baseline"));
    assert!(
        message(&["--covariates", "age", "--ties", "exact", "--weights", "w"])
            .contains("not defined for case weights")
    );
    let exact =
        with(&["--covariates", "age,female", "--ties", "exact", "--profile", "--optimism", "20"]);
    let printed = text(&coxph(folder.path(), &exact));
    assert!(printed.contains("profile") && printed.contains("optimism"), "{printed}");
}
