//! What the program prints is what R, cmprsk and riskRegression say of the same table.
#![allow(clippy::unwrap_used)] // in a test that is how it fails

use crate::arguments::Arguments;
use clap::Parser;
use serde_json::Value;
use std::fmt::Write;
use vertebra_evaluation::Evaluation;

/// A golden of the survival crate.
fn golden(name: &str) -> Value {
    let folder = env!("CARGO_MANIFEST_DIR");
    let path = format!("{folder}/../crates/survival/testdata/{name}.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// mgus2 with the predictions of `competing.R` and the entry times of `delayed_entry.R`.
fn mgus2() -> String {
    let data = &golden("mgus2")["data"];
    let column = |name: &str| numbers(&data[name]);
    let (etime, event, age, male) =
        (column("etime"), column("event"), column("age"), column("male"));
    let (spike, hgb) = (column("mspike"), column("hgb"));
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    let mut text = String::from("etime,event,age,sex,a,b,entry\n");
    for i in 0..etime.len() {
        let a = logistic(-4.0 + 0.8 * spike[i] + 0.01 * age[i]);
        let b = logistic(-3.0 + 0.5 * spike[i] - 0.1 * (hgb[i] - 13.0));
        let sex = if male[i] > 0.0 { "M" } else { "F" };
        let entry = (etime[i] * ((i * 7) % 10) as f64 / 12.0).floor();
        writeln!(text, "{},{},{},{sex},{a},{b},{entry}", etime[i], event[i], age[i]).unwrap();
    }
    text
}

fn run(table: &str, options: &str) -> anyhow::Result<(Value, String)> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("t.csv");
    std::fs::write(&path, table)?;
    let path = path.display().to_string();
    let command = ["evaluate", "--table", &path].into_iter().chain(options.split_whitespace());
    let arguments = Arguments::try_parse_from(command)?;
    let request = arguments.read()?;
    let evaluation = Evaluation::of(&request.sample, &request.options)?;
    let json = serde_json::to_string(&evaluation)?;
    assert_eq!(serde_json::from_str::<Evaluation>(&json)?, evaluation, "JSON without loss");
    Ok((serde_json::from_str(&json)?, evaluation.to_string()))
}

fn message(table: &str, options: &str) -> String {
    format!("{:#}", run(table, options).unwrap_err())
}

#[track_caller]
fn assert_close(got: &Value, expected: f64, tolerance: f64) {
    let got = got.as_f64().unwrap();
    assert!((got - expected).abs() <= tolerance * expected.abs(), "got {got}, expected {expected}");
}

#[test]
fn competing_risks_agree_with_r() {
    let golden = golden("competing");
    let options = "--time etime --event event --risk a --risk b --group sex --horizons 60,120,240 \
                   --probability a@120 --probability b@120 --integrate a@60,a@120";
    for cause in [1, 2] {
        let (value, text) = run(&mgus2(), &format!("{options} --cause {cause}")).unwrap();
        let gray = numbers(&golden["gray"]["etime_male_0_none"][cause - 1]);
        assert_eq!(value["groups"][0]["group"], "sex");
        assert_close(&value["groups"][0]["gray"]["chi_square"], gray[0], 1e-11);
        assert_close(&value["groups"][0]["gray"]["p"], gray[1], 1e-9);
        let score = &golden["score"]["etime"][cause - 1];
        let (auc, brier) = (numbers(&score["AUC"]["AUC"]), numbers(&score["Brier"]["Brier"]));
        for (m, name) in ["a", "b"].into_iter().enumerate() {
            for k in 0..3 {
                assert_close(&value["risks"][name]["auc"][k]["auc"], auc[3 * m + k], 1e-11);
            }
            assert_close(&value["predictions"][m]["brier"]["brier"], brier[3 * m + 4], 1e-11);
        }
        let names = ["harrell", "fine_gray", "incident_auc"];
        assert!(names.iter().all(|name| value["risks"]["a"][name].get("why").is_none()));
        assert!(value["risks"]["a"]["uno"]["why"].is_string());
        assert!(text.contains("Cumulative incidence") && text.contains("Gray"), "{text}");
        assert!(!text.contains("NaN"));
        let without_horizon = "--time etime --event event --cause 1 --risk a";
        let (_, text) = run(&mgus2(), without_horizon).unwrap();
        assert!(!text.contains("Cumulative incidence"), "a heading with nothing below it");
    }
}

#[test]
fn delayed_entry_agrees_with_r() {
    let golden = golden("delayed_entry");
    let options =
        "--time etime --event event --cause 1 --risk age --entry entry --horizons 60,120,240";
    let (value, _) = run(&mgus2(), options).unwrap();
    let expected = &golden["entry"];
    for (k, row) in [3, 5, 7].into_iter().enumerate() {
        for cause in 0..2 {
            let at = &value["incidence"][cause]["at"][k];
            for (name, leaf) in
                [("incidence", "pstate"), ("se", "std_err"), ("lower", "lower"), ("upper", "upper")]
            {
                assert_close(&at[name], expected[leaf][row][cause].as_f64().unwrap(), 1e-10);
            }
        }
    }
    // What weights by the censoring says that it cannot.
    assert!(value["risks"]["age"]["auc"][0]["why"].is_string());
    assert!(value["risks"]["age"]["harrell"]["c"].is_number());
}

#[test]
fn one_event_has_every_section() {
    let data = &golden("lung")["data"];
    let column = |name: &str| numbers(&data[name]);
    let (time, status, age, female) =
        (column("time"), column("status"), column("age"), column("female"));
    let mut table = String::from("time,status,age,female,p\n");
    for i in 0..time.len() {
        let p = age[i] / 120.0;
        writeln!(table, "{},{},{},{},{p}", time[i], status[i], age[i], female[i]).unwrap();
    }
    let options = "--time time --event status --risk age --risk p --group female \
                   --horizons 365 --probability p@365 --bootstrap 50";
    let (value, text) = run(&table, options).unwrap();
    let log_rank = &golden("lung")["survdiff"]["female_rho0"]["chisq"];
    assert_close(&value["groups"][0]["chi_square"], log_rank.as_f64().unwrap(), 1e-11);
    assert_eq!(value["incidence"], Value::Null);
    assert!(value["groups"][0].get("gray").is_none());
    // p orders as age does: one index, and a difference that does not exist.
    assert_eq!(value["risks"]["age"]["harrell"]["c"], value["risks"]["p"]["harrell"]["c"]);
    assert!(value["comparisons"][0]["harrell"]["why"].is_string());
    for heading in ["Survival: median", "Groups of female", "Discrimination", "net benefit"] {
        assert!(text.contains(heading), "{heading}\n{text}");
    }
}

#[test]
fn what_cannot_be_evaluated_is_said_by_file_row_and_column() {
    let table = "t,e,x\n1,1,0.3\n2,2,0.1\n3,0,0.2\n";
    let base = "--time t --event e --risk x";
    let causes = message(table, base);
    assert!(causes.contains("line 3, column e") && causes.contains("--cause 1"), "{causes}");
    let absent = message(table, &format!("{base} --cause 4"));
    assert!(absent.contains("no event of cause 4; its causes are: 1, 2"), "{absent}");
    assert!(message(table, &format!("{base} --cause 0")).contains("--cause"));
    let broken = message("t,e,x\n1,0.5,1\n", &format!("{base} --cause 1"));
    assert!(broken.contains("line 2, column e: expected 0 (censored) or a cause"), "{broken}");
    let course = message(table, &format!("{base} --cause 1 --integrate x@2,x@1"));
    assert!(course.contains("horizons that increase"), "{course}");
    let single = message(table, &format!("{base} --cause 1 --integrate x@2"));
    assert!(single.contains("at least two columns"), "{single}");
    assert!(
        message(table, &format!("{base} --cause 1 --group arm")).contains("expected a column arm")
    );
    assert!(message(table, &format!("{base} --cause 1 --tied-times=-1")).contains("--tied-times"));
    // Three subjects are enough for a C and too few for much else, which says why.
    let (value, text) = run(table, &format!("{base} --cause 1 --horizons 2")).unwrap();
    assert_eq!(value["risks"]["x"]["harrell"]["c"], 1.0);
    assert!(!text.contains("NaN"), "{text}");
}
