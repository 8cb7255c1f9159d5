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

/// A table of subjects, each once and each twice with a cluster of its own.
fn single_and_doubled() -> [String; 2] {
    let mut tables =
        ["time,event,x,y,p,q,g,id\n".to_owned(), "time,event,x,y,p,q,g,id\n".to_owned()];
    let unit = |i: u32, k: u32| f64::from(i * k % 97) / 97.0;
    for i in 0..90u32 {
        let (x, y) = (unit(i, 41) - 0.5, unit(i, 23));
        let time = 0.3 + 6.0 * unit(i, 31) * (1.2 - x);
        let event = u8::from(unit(i, 57) < 0.6);
        let (p, q) = (0.1 + 0.8 * unit(i, 41), 0.05 + 0.9 * y);
        let row = format!("{time},{event},{x},{y},{p},{q},g{},{i}\n", 8 + i % 3);
        tables[0] += &row;
        tables[1] += &row.repeat(2);
    }
    tables
}

/// The numbers of standard errors, intervals, tests and P values of some JSON, by their paths.
fn uncertainty(value: &Value, path: &str, all: &mut Vec<(String, f64)>) {
    const KEYS: [&str; 12] = [
        "se",
        "lower",
        "upper",
        "p",
        "z",
        "chi_square",
        "median_lower",
        "median_upper",
        "restricted_mean_se",
        "scaled_se",
        "p_holm",
        "std_error",
    ];
    match value {
        Value::Object(entries) => {
            for (key, entry) in entries {
                let path = format!("{path}/{key}");
                match entry.as_f64().filter(|_| KEYS.contains(&key.as_str())) {
                    Some(number) => all.push((path, number)),
                    None => uncertainty(entry, &path, all),
                }
            }
        }
        Value::Array(entries) => {
            let numbered = entries.iter().enumerate();
            numbered.for_each(|(k, entry)| uncertainty(entry, &format!("{path}/{k}"), all));
        }
        _ => {}
    }
}

#[test]
fn doubled_rows_in_clusters_change_no_standard_error_interval_or_p() {
    let [single, doubled] = single_and_doubled();
    let options = "--time time --event event --risk x --risk y --group g --horizons 1,3 \
                   --probability p@3 --probability q@3 --integrate p@1,p@3 --groups 5";
    let numbers = |table: &str, options: &str| {
        let mut all = Vec::new();
        uncertainty(&run(table, options).unwrap().0, "", &mut all);
        all
    };
    let expected = numbers(&single, options);
    assert!(expected.len() > 150, "{}", expected.len());
    let got = numbers(&doubled, &format!("{options} --cluster id"));
    assert_eq!(got.len(), expected.len());
    for ((path, a), (_, b)) in expected.iter().zip(&got) {
        assert!((a - b).abs() <= 1e-9 * (1.0 + a.abs()), "{path}: {a} {b}");
    }
}

#[test]
fn start_stop_rows_are_counted_as_their_subjects() {
    let [single, _] = single_and_doubled();
    let mut rows = String::from("entry,time,event,x,y,p,q,g,id\n");
    for line in single.lines().skip(1) {
        let (time, rest) = line.split_once(',').unwrap();
        let (event, rest) = rest.split_once(',').unwrap();
        let middle = time.parse::<f64>().unwrap() / 3.0;
        writeln!(rows, "0,{middle},0,{rest}\n{middle},{time},{event},{rest}").unwrap();
    }
    let options = "--time time --event event --risk x --group g --horizons 1,3";
    let whole = run(&single, options).unwrap().0;
    let (split, text) = run(&rows, &format!("{options} --entry entry --id id")).unwrap();
    assert!(text.contains("90 subjects in 180 rows"), "{text}");
    for path in [
        "/n",
        "/survival/median",
        "/survival/median_follow_up",
        "/survival/at/1/survival",
        "/survival/at/1/se",
        "/survival/at/1/lower",
        "/groups/0/chi_square",
        "/groups/0/curves/0/n",
        "/risks/x/n",
        "/risks/x/harrell/c",
        "/risks/x/harrell/se",
    ] {
        assert_close(
            split.pointer(path).unwrap(),
            whole.pointer(path).unwrap().as_f64().unwrap(),
            1e-9,
        );
    }
    let wrong = message(&rows, &format!("{options} --id id"));
    assert!(wrong.contains("--id id") && wrong.contains("subject 0"), "{wrong}");
}

#[test]
fn options_are_named_and_groups_stand_in_natural_order() {
    let [single, _] = single_and_doubled();
    let base = "--time time --event event --risk x";
    let (value, _) = run(&single, &format!("{base} --group g --horizons 99")).unwrap();
    let labels = ["g8", "g9", "g10"];
    let mut undefined = 0;
    for (k, label) in labels.into_iter().enumerate() {
        let group = &value["groups"][0]["curves"][k];
        assert_eq!(group["label"], label);
        // Where all who are left have the event at the last time, nothing is open beyond it.
        if let Some(why) = group["at"][0]["why"].as_str() {
            assert!(why.contains(&format!("group {label} of g at 99")), "{why}");
            undefined += 1;
        }
    }
    assert!(undefined > 0);
    for (options, expected) in [
        ("--risk time", "--risk time: expected a column that was known at baseline"),
        ("--probability event@3", "--probability event"),
        ("--horizons 0", "--horizons: expected a time > 0, got 0"),
        ("--tau -1", "--tau: expected a time > 0, got -1"),
        ("--bandwidth 0", "--bandwidth"),
        ("--tied-times -1", "--tied-times: expected a number >= 0, got -1"),
    ] {
        let got = message(&single, &format!("{base} {options}"));
        assert!(got.contains(expected), "{options}: {got}");
    }
}

#[test]
fn an_early_risk_set_of_one_subject_is_a_warning() {
    let table =
        "entry,time,event,x\n0,2,1,0.5\n3,6,1,0.3\n3,7,0,0.2\n4,8,1,0.6\n3,9,0,0.1\n4,5,1,0.7\n";
    let options = "--time time --event event --risk x --entry entry --horizons 5";
    let (value, text) = run(table, options).unwrap();
    assert!(value["warnings"][0].as_str().unwrap().contains("falls to 0 at 2 years"), "{value}");
    assert!(text.contains("warning: "), "{text}");
}

#[test]
fn weights_come_from_the_censoring_of_other_subjects_where_they_are_given() {
    let [single, _] = single_and_doubled();
    let base = "--time time --event event --risk x --probability p@3 --horizons 3";
    let folder = tempfile::tempdir().unwrap();
    let (same, short) = (folder.path().join("same.csv"), folder.path().join("short.csv"));
    std::fs::write(&same, &single).unwrap();
    std::fs::write(&short, "time,event\n0.5,1\n1,0\n1.5,1\n").unwrap();
    let by = |table: &std::path::Path| format!("{base} --censoring-of {}", table.display());
    let (own, _) = run(&single, base).unwrap();
    // The curve of the subjects themselves changes no figure, only that it is taken as known.
    let (given, _) = run(&single, &by(&same)).unwrap();
    for path in
        ["/risks/x/auc/0/auc", "/risks/x/uno/c", "/predictions/0/brier/brier"].map(str::to_owned)
    {
        let expected = own.pointer(&path).unwrap().as_f64().unwrap();
        assert_close(given.pointer(&path).unwrap(), expected, 1e-12);
    }
    let (beyond, _) = run(&single, &by(&short)).unwrap();
    let why = beyond.pointer("/risks/x/auc/0/why").unwrap().as_str().unwrap();
    assert!(why.contains("fitted to subjects of whom nobody was followed"), "{why}");
    let error = message(&single, &format!("{base} --censoring-of nowhere.csv"));
    assert!(error.contains("nowhere.csv"), "{error}");
}

#[test]
fn a_prediction_says_how_many_subjects_its_validation_takes() {
    let [single, _] = single_and_doubled();
    let options = "--time time --event event --risk x --probability p@3";
    let (value, text) = run(&single, options).unwrap();
    let size = value.pointer("/predictions/0/sample_size").unwrap();
    let number = |key: &str| size[key].as_u64().unwrap();
    let largest = number("for_oe").max(number("for_slope")).max(number("for_c"));
    assert_eq!(number("n"), largest);
    assert!(text.contains(&format!("takes {largest} subjects followed to the horizon")), "{text}");
}

#[test]
fn a_report_has_the_parts_that_the_scores_allow() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("t.csv"), folder.path().join("out"));
    let line = |i: usize| format!("{},{},{},0.{}\n", 1 + i % 9, i % 2, (i * 7) % 11, 1 + i % 8);
    std::fs::write(&path, "time,event,a,p\n".to_owned() + &(0..80).map(line).collect::<String>())
        .unwrap();
    let [path, report] = [&path, &out].map(|path| path.display().to_string());
    let fixed = ["evaluate", "--table", &path, "--report", &report, "--json"];
    let rest = "--time time --event event --risk a --risk p --probability p@5 --horizons 3,5";
    crate::run(&Arguments::parse_from(fixed.into_iter().chain(rest.split(' ')))).unwrap();
    let html = std::fs::read_to_string(out.join("report.html")).unwrap();
    for id in ["survival", "auc", "concordance-table", "differences-table", "calibration"] {
        assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
    }
    assert!(html.contains("id=\"decision-1\"") && !html.contains("NaN"));
    let json = std::fs::read_to_string(out.join("results.json")).unwrap();
    assert!(serde_json::from_str::<Evaluation>(&json).unwrap().scores.len() == 2);
}
