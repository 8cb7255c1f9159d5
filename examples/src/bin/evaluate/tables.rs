//! The evaluation as tables for people.

use crate::arguments::Arguments;
use serde_json::Value;
use vertebra_examples::output::{fixed, line, p_value};

/// Everything in the evaluation, section by section.
pub(crate) fn tables(arguments: &Arguments, evaluation: &Value) -> String {
    let mut text = Text(String::new());
    let (n, events) = (&evaluation["n"], &evaluation["events"]);
    text.line(format!("{}: {n} subjects, {events} events", arguments.table.display()));
    survival(&mut text, arguments, &evaluation["survival"]);
    discrimination(&mut text, arguments, &evaluation["risks"]);
    comparisons(&mut text, arguments, evaluation);
    for prediction in list(&evaluation["predictions"]) {
        calibration(&mut text, arguments, prediction);
    }
    text.0
}

struct Text(String);

impl Text {
    fn line(&mut self, line: impl AsRef<str>) {
        self.0.push_str(line.as_ref());
        self.0.push('\n');
    }

    fn heading(&mut self, heading: &str) {
        self.line(format!("\n{heading}"));
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn survival(text: &mut Text, arguments: &Arguments, survival: &Value) {
    let unit = &arguments.time_unit;
    text.heading(&format!(
        "Survival: median {} ({} to {}) {unit}, median follow-up {}",
        fixed(&survival["median"]),
        fixed(&survival["median_lower"]),
        fixed(&survival["median_upper"]),
        fixed(&survival["median_follow_up"])
    ));
    for at in list(&survival["at"]) {
        let label = format!("S({} {unit}), {} at risk", at["horizon"], at["at_risk"]);
        text.line(line(&label, at, "survival"));
    }
}

fn discrimination(text: &mut Text, arguments: &Arguments, risks: &Value) {
    text.heading(&format!("{:<24} {:>8} {:>8}   95 % interval", "Discrimination", "", "se"));
    for name in &arguments.risk {
        let risk = &risks[name.as_str()];
        for (kind, label, boot) in
            [("harrell", "Harrell", "bootstrap"), ("uno", "Uno", "bootstrap_uno")]
        {
            text.line(line(&format!("{name} ({label})"), &risk[kind], "c"));
            bootstrap(text, arguments, &risk[boot]);
        }
        for auc in list(&risk["auc"]) {
            let label = format!("{name} AUC({} {})", auc["horizon"], arguments.time_unit);
            text.line(line(&label, auc, "auc"));
        }
    }
}

fn bootstrap(text: &mut Text, arguments: &Arguments, boot: &Value) {
    if arguments.bootstrap.is_none() || boot.is_null() {
        return;
    }
    for name in ["percentile", "bca", "studentised"] {
        let bounds = &boot[name];
        let interval = format!("{} to {}", fixed(&bounds[0]), fixed(&bounds[1]));
        text.line(format!("  bootstrap, {name:<30} {interval}"));
    }
}

fn comparisons(text: &mut Text, arguments: &Arguments, evaluation: &Value) {
    if list(&evaluation["comparisons"]).next().is_some() {
        text.heading("Paired differences");
    }
    for pair in list(&evaluation["comparisons"]) {
        let names = format!("{} - {}", plain(&pair["first"]), plain(&pair["second"]));
        for kind in ["harrell", "uno", "u_statistic"] {
            difference(text, &format!("{names} ({kind})"), &pair[kind]);
            bootstrap(text, arguments, &pair[kind]["bootstrap"]);
        }
        for auc in list(&pair["auc"]) {
            difference(text, &format!("{names} AUC({})", auc["horizon"]), auc);
        }
    }
    for test in list(&evaluation["auc_equality"]) {
        let at = &test["horizons"];
        text.line(format!("all AUC equal at {at}: P {}", p_value(&test["p"])));
    }
    for pair in list(&evaluation["brier_comparisons"]) {
        let (first, second) = (plain(&pair["first"]), plain(&pair["second"]));
        difference(text, &format!("{first} - {second} (Brier)"), &pair["brier"]);
        let names = format!("{second} over {first}");
        difference(text, &format!("{names} (NRI)"), part(&pair["reclassification"], "total"));
        difference(text, &format!("{names} (IDI)"), part(&pair["discrimination"], "improvement"));
    }
    for group in list(&evaluation["groups"]) {
        let p = p_value(&group["p"]);
        text.line(format!("thirds of {}: log-rank P {p}", plain(&group["risk"])));
    }
}

/// An entry of an object, or the object itself where it says why there is none.
fn part<'a>(object: &'a Value, name: &str) -> &'a Value {
    if object[name].is_null() { object } else { &object[name] }
}

fn difference(text: &mut Text, label: &str, value: &Value) {
    text.line(format!("{}  P {}", line(label, value, "difference"), p_value(&value["p"])));
}

fn calibration(text: &mut Text, arguments: &Arguments, prediction: &Value) {
    let (name, horizon) = (plain(&prediction["name"]), &prediction["horizon"]);
    text.heading(&format!("{name}: probability of an event by {horizon} {}", arguments.time_unit));
    text.line(line("observed / expected", &prediction["observed_expected"], "ratio"));
    text.line(line("calibration intercept", &prediction["intercept"], "value"));
    text.line(line("calibration slope", &prediction["slope"], "slope"));
    let curve = &prediction["curve"];
    match curve["why"].as_str() {
        Some(why) => text.line(format!("{:<24} {:>8}   {why}", "ICI", "-")),
        None => text.line(format!(
            "{:<24} {:>8}   E50 {}, E90 {}",
            "ICI",
            fixed(&curve["ici"]),
            fixed(&curve["e50"]),
            fixed(&curve["e90"])
        )),
    }
    let brier = &prediction["brier"];
    match brier["why"].as_str() {
        Some(why) => text.line(format!("{:<24} {:>8}   {why}", "Brier score", "-")),
        None => text.line(format!(
            "{:<24} {:>8} {:>8}   reference {}, scaled {}",
            "Brier score",
            fixed(&brier["brier"]),
            fixed(&brier["se"]),
            fixed(&brier["reference"]),
            fixed(&brier["scaled"])
        )),
    }
    match prediction["groups"]["why"].as_str() {
        Some(why) => text.line(format!("calibration groups: {why}")),
        None => text.line("  n     events  predicted  observed   95 % interval"),
    }
    for group in list(&prediction["groups"]) {
        text.line(format!(
            "  {:<5} {:>6}  {:>9}  {:>8}   {} to {}",
            group["n_subjects"].to_string(),
            group["n_events"].to_string(),
            fixed(&group["predicted"]),
            fixed(&group["observed"]),
            fixed(&group["lower"]),
            fixed(&group["upper"])
        ));
    }
    for at in list(&prediction["net_benefit"]) {
        text.line(format!(
            "  net benefit at {:<6} {:>9}   all {:>9}   {} flagged",
            at["threshold"].to_string(),
            fixed(&at["model"]),
            fixed(&at["treat_all"]),
            fixed(&at["flagged"])
        ));
    }
}

fn plain(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
