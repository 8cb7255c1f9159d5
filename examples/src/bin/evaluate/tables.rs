//! The evaluation as tables for people.

use crate::arguments::Arguments;
use serde_json::Value;
use vertebra_examples::output::{fixed, line, p_value};

/// Everything in the evaluation, section by section.
pub(crate) fn tables(arguments: &Arguments, evaluation: &Value) -> String {
    let mut text = Text(String::new());
    let (n, events) = (&evaluation["n"], &evaluation["events"]);
    let of_cause = match evaluation["cause"].as_u64() {
        None => String::new(),
        Some(cause) => format!(" of cause {cause}"),
    };
    text.line(format!("{}: {n} subjects, {events} events{of_cause}", arguments.table.display()));
    survival(&mut text, arguments, &evaluation["survival"], !of_cause.is_empty());
    incidence(&mut text, arguments, &evaluation["incidence"]);
    groups(&mut text, arguments, &evaluation["groups"]);
    discrimination(&mut text, arguments, &evaluation["risks"]);
    comparisons(&mut text, arguments, evaluation);
    for prediction in list(&evaluation["predictions"]) {
        calibration(&mut text, arguments, prediction);
    }
    integrated(&mut text, &evaluation["integrated_brier"]);
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

fn survival(text: &mut Text, arguments: &Arguments, survival: &Value, competing: bool) {
    let unit = &arguments.time_unit;
    let heading = if competing { "Free of an event of any cause" } else { "Survival" };
    text.heading(&format!(
        "{heading}: median {}, median follow-up {} (reverse Kaplan-Meier)",
        median(survival, unit),
        fixed(&survival["median_follow_up"])
    ));
    for at in list(&survival["at"]) {
        let label = format!("S({} {unit}), {} at risk", at["horizon"], at["at_risk"]);
        text.line(line(&label, at, "survival"));
        if !at["restricted_mean"].is_null() {
            text.line(format!(
                "{:<30} {:>8} {:>8}",
                format!("mean up to {} {unit}", at["horizon"]),
                fixed(&at["restricted_mean"]),
                fixed(&at["restricted_mean_se"])
            ));
        }
    }
}

fn median(curve: &Value, unit: &str) -> String {
    let [middle, lower, upper] =
        ["median", "median_lower", "median_upper"].map(|name| fixed(&curve[name]));
    format!("{middle} ({lower} to {upper}) {unit}")
}

fn incidence(text: &mut Text, arguments: &Arguments, incidence: &Value) {
    let says = |curve: &Value| curve["why"].is_string() || list(&curve["at"]).next().is_some();
    if list(incidence).any(says) {
        text.heading("Cumulative incidence");
    }
    for curve in list(incidence) {
        if let Some(why) = curve["why"].as_str() {
            text.line(why);
        }
        for at in list(&curve["at"]) {
            let label =
                format!("cause {} by {} {}", curve["cause"], at["horizon"], arguments.time_unit);
            text.line(line(&label, at, "incidence"));
        }
    }
}

fn groups(text: &mut Text, arguments: &Arguments, groups: &Value) {
    for grouping in list(groups) {
        let heading = match grouping["group"].as_str() {
            Some(column) => format!("Groups of {column}"),
            None => format!("Thirds of {}", plain(&grouping["risk"])),
        };
        match grouping.get("gray") {
            None => text.heading(&heading),
            Some(_) => text.heading(&format!(
                "{heading} (F: cumulative incidence; log-rank family: cause-specific hazards)"
            )),
        }
        for curve in list(&grouping["curves"]) {
            group(text, arguments, curve);
        }
        let tests = [
            ("log-rank", grouping),
            ("Gehan", &grouping["gehan"]),
            ("Tarone-Ware", &grouping["tarone_ware"]),
            ("Peto-Prentice", &grouping["peto_prentice"]),
            ("late differences", &grouping["late"]),
            ("Gray", &grouping["gray"]),
        ];
        for (name, test) in tests.into_iter().filter(|(_, test)| !test.is_null()) {
            match test["why"].as_str() {
                Some(why) => text.line(format!("  {name:<18} {why}")),
                None => text.line(format!(
                    "  {name:<18} chi-square {} on {} df, P {}",
                    fixed(&test["chi_square"]),
                    test["df"],
                    p_value(&test["p"])
                )),
            }
        }
    }
}

fn group(text: &mut Text, arguments: &Arguments, curve: &Value) {
    let unit = &arguments.time_unit;
    let (label, n, events) = (plain(&curve["label"]), &curve["n"], &curve["events"]);
    match curve.get("median") {
        None => text.line(format!("{label}: {n} subjects, {events} events")),
        Some(_) => text.line(format!(
            "{label}: {n} subjects, {events} events, median {}",
            median(curve, unit)
        )),
    }
    for at in list(&curve["at"]) {
        let (what, name) = match at.get("survival") {
            Some(_) => ("S", "survival"),
            None => ("F", "incidence"),
        };
        let label = format!("  {what}({} {unit}), {} at risk", at["horizon"], at["at_risk"]);
        text.line(line(&label, at, name));
    }
}

fn integrated(text: &mut Text, integrated: &Value) {
    if list(integrated).next().is_some() {
        text.heading("Integrated Brier score");
    }
    for model in list(integrated) {
        let names: Vec<&str> = list(&model["names"]).map(plain).collect();
        brier(text, &names.join(", "), model);
    }
}

fn brier(text: &mut Text, label: &str, brier: &Value) {
    match brier["why"].as_str() {
        Some(why) => text.line(format!("{label:<30} {:>8}   {why}", "-")),
        None => text.line(format!(
            "{label:<30} {:>8} {:>8}   reference {}, scaled {}",
            fixed(&brier["brier"]),
            fixed(&brier["se"]),
            fixed(&brier["reference"]),
            fixed(&brier["scaled"])
        )),
    }
}

fn discrimination(text: &mut Text, arguments: &Arguments, risks: &Value) {
    text.heading(&format!("{:<30} {:>8} {:>8}   95 % interval", "Discrimination", "", "se"));
    for name in &arguments.risk {
        let risk = &risks[name.as_str()];
        for (kind, label, boot) in
            [("harrell", "Harrell", "bootstrap"), ("uno", "Uno", "bootstrap_uno")]
        {
            text.line(line(&format!("{name} ({label})"), &risk[kind], "c"));
            if !risk[kind]["c"].is_null() {
                bootstrap(text, arguments, &risk[boot]);
            }
        }
        for auc in list(&risk["auc"]) {
            let label = format!("{name} AUC({} {})", auc["horizon"], arguments.time_unit);
            text.line(line(&label, auc, "auc"));
        }
        for auc in list(&risk["incident_auc"]) {
            let label = format!("{name} incident AUC({})", auc["time"]);
            text.line(line(&label, auc, "auc"));
        }
        if let Some(fit) = risk.get("fine_gray") {
            let label = format!("{name} subdistribution HR");
            match fit["why"].as_str() {
                Some(why) => text.line(format!("{label:<30} {:>8}   {why}", "-")),
                None => text.line(format!(
                    "{label:<30} {:>8} {:>8}   {} to {}  P {}",
                    fixed(&fit["hazard_ratio"]),
                    "",
                    fixed(&fit["lower"]),
                    fixed(&fit["upper"]),
                    p_value(&fit["p"])
                )),
            }
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
        text.line(format!(
            "{:<30} {:>8} {:>8}   {interval}",
            format!("  bootstrap, {name}"),
            "",
            ""
        ));
    }
    if let Some(why) = boot["why"].as_str() {
        text.line(format!("  bootstrap: {why}"));
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
        match test["why"].as_str() {
            Some(why) => text.line(format!("all AUC equal at {at}: {why}")),
            None => text.line(format!("all AUC equal at {at}: P {}", p_value(&test["p"]))),
        }
    }
    for pair in list(&evaluation["brier_comparisons"]) {
        let (first, second) = (plain(&pair["first"]), plain(&pair["second"]));
        difference(text, &format!("{first} - {second} (Brier)"), &pair["brier"]);
        let names = format!("{second} over {first}");
        difference(text, &format!("{names} (NRI)"), part(&pair["reclassification"], "total"));
        difference(text, &format!("{names} (IDI)"), part(&pair["discrimination"], "improvement"));
    }
}

/// An entry of an object, or the object itself where it says why there is none.
fn part<'a>(object: &'a Value, name: &str) -> &'a Value {
    if object[name].is_null() { object } else { &object[name] }
}

fn difference(text: &mut Text, label: &str, value: &Value) {
    let holm = match value["p_holm"].is_null() {
        true => String::new(),
        false => format!(" (Holm {})", p_value(&value["p_holm"])),
    };
    text.line(format!("{}  P {}{holm}", line(label, value, "difference"), p_value(&value["p"])));
}

fn calibration(text: &mut Text, arguments: &Arguments, prediction: &Value) {
    let (name, horizon) = (plain(&prediction["name"]), &prediction["horizon"]);
    text.heading(&format!("{name}: probability of an event by {horizon} {}", arguments.time_unit));
    text.line(line("observed / expected", &prediction["observed_expected"], "ratio"));
    text.line(line("calibration intercept", &prediction["intercept"], "value"));
    text.line(line("calibration slope", &prediction["slope"], "slope"));
    let curve = &prediction["curve"];
    match curve["why"].as_str() {
        Some(why) => text.line(format!("{:<30} {:>8}   {why}", "ICI", "-")),
        None => text.line(format!(
            "{:<30} {:>8}   E50 {}, E90 {}",
            "ICI",
            fixed(&curve["ici"]),
            fixed(&curve["e50"]),
            fixed(&curve["e90"])
        )),
    }
    brier(text, "Brier score", &prediction["brier"]);
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
    for at in list(&prediction["accuracy"]) {
        let label = format!("  at {}", at["threshold"]);
        match at["why"].as_str() {
            Some(why) => text.line(format!("{label:<30} {why}")),
            None => text.line(format!(
                "{label:<10} sensitivity {}, specificity {}, PPV {}, NPV {}",
                fixed(&at["sensitivity"]),
                fixed(&at["specificity"]),
                fixed(&at["ppv"]),
                fixed(&at["npv"])
            )),
        }
    }
}

fn plain(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
