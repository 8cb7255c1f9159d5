//! R `survfit()`.

use crate::{Golden, assert_all_close, assert_close};
use vertebra_survival::{
    CurveEstimator, CurveInterval, CurveOptions, Outcomes, SurvivalCurve, kaplan_meier,
};

fn assert_agrees(golden: &Golden, path: &str, rows: std::ops::Range<usize>, curve: &SurvivalCurve) {
    let part = |leaf: &str| golden.numbers(&format!("{path}/{leaf}"))[rows.clone()].to_vec();
    let here: Vec<usize> =
        part("time").iter().map(|t| curve.times.iter().position(|u| u == t).unwrap()).collect();
    let pick = |values: &[f64]| -> Vec<f64> { here.iter().map(|&k| values[k]).collect() };
    assert_all_close("n_risk", &pick(&curve.n_risk), &part("n_risk"), 1e-13);
    assert_all_close("n_event", &pick(&curve.n_event), &part("n_event"), 1e-13);
    assert_all_close("n_censor", &pick(&curve.n_censor), &part("n_censor"), 1e-13);
    assert_all_close("survival", &pick(&curve.survival), &part("surv"), 1e-12);
    let alive = here.iter().filter(|&&k| curve.survival[k] > 0.0).count();
    let (se, lower, upper) =
        (part("std_err_logsurv"), part("ci_log_log/lower"), part("ci_log_log/upper"));
    assert_all_close("se", &pick(&curve.std_err_log)[..alive], &se[..alive], 1e-12);
    assert_all_close("lower", &pick(&curve.lower)[..alive], &lower[..alive], 1e-11);
    assert_all_close("upper", &pick(&curve.upper)[..alive], &upper[..alive], 1e-11);
}

fn optional(value: &serde_json::Value) -> Option<f64> {
    value.as_f64()
}

#[test]
fn kaplan_meier_agrees_with_survfit() {
    for (name, case) in [("lung", "all"), ("veteran", "all"), ("ovarian", "all"), ("pbc", "all")] {
        let golden = Golden::read(name);
        let curve = kaplan_meier(&golden.outcomes()).unwrap();
        let path = format!("/km/{case}");
        let rows = 0..golden.numbers(&format!("{path}/time")).len();
        assert_agrees(&golden, &path, rows, &curve);
        for (k, &q) in
            golden.numbers(&format!("{path}/ci_log_log/quantiles/probs")).iter().enumerate()
        {
            let quantiles = golden.at(&format!("{path}/ci_log_log/quantiles"));
            assert_eq!(curve.quantile(q), optional(&quantiles["q"][k]), "{name} {q}");
            let interval = (optional(&quantiles["lower"][k]), optional(&quantiles["upper"][k]));
            assert_eq!(curve.quantile_interval(q), interval, "{name} {q}");
        }
    }
}

#[test]
fn curves_by_group_agree_with_survfit() {
    let groups = [
        ("lung", "by_female", "female"),
        ("gbsg", "by_hormon", "hormon"),
        ("pbc", "by_stage", "stage"),
        ("veteran", "by_cell", "cell"),
        ("ovarian", "by_rx", "rx2"),
        ("cgd", "by_rifn", "rifn"),
        ("colon", "death_by_rx_lev5fu", "lev5fu"),
    ];
    for (name, case, column) in groups {
        let golden = Golden::read(name);
        let (labels, path) = (golden.column(column), format!("/km/{case}"));
        let mut values = labels.clone();
        values.sort_by(f64::total_cmp);
        values.dedup();
        // Times increase within a group, so a fall starts the next one.
        let times = golden.numbers(&format!("{path}/time"));
        let mut starts = vec![0];
        starts.extend((1..times.len()).filter(|&k| times[k] < times[k - 1]));
        starts.push(times.len());
        assert_eq!(starts.len(), values.len() + 1, "{name}");
        for (k, value) in values.iter().enumerate() {
            let members: Vec<usize> = (0..labels.len()).filter(|&i| labels[i] == *value).collect();
            let outcomes = match name {
                "cgd" => {
                    golden.outcomes_of("stop", "status").with_entry(golden.column("start")).unwrap()
                }
                _ => golden.outcomes(),
            };
            let here = outcomes.subset(&members);
            let curve = kaplan_meier(&here).unwrap();
            assert_agrees(&golden, &path, starts[k]..starts[k + 1], &curve);
            let log = CurveOptions::default().with_interval(CurveInterval::Log).fit(&here).unwrap();
            let quantiles = golden.at(&format!("{path}/ci_log/quantiles"));
            for (j, &q) in
                golden.numbers(&format!("{path}/ci_log/quantiles/probs")).iter().enumerate()
            {
                let at = |leaf: &str| optional(&quantiles[leaf][3 * k + j]);
                assert_eq!(log.quantile(q), at("q"), "{name} {q}");
                assert_eq!(log.quantile_interval(q), (at("lower"), at("upper")), "{name} {q}");
            }
            let Some(horizon) = golden.at(&format!("{path}/rmean_tau")).as_f64() else { continue };
            let mean = curve.restricted_mean(horizon).unwrap();
            assert_close(name, mean.mean, golden.numbers(&format!("{path}/rmean"))[k], 1e-12);
            assert_close(name, mean.se, golden.numbers(&format!("{path}/rmean_se"))[k], 1e-11);
        }
    }
}

#[test]
fn weights_and_delayed_entry_agree_with_survfit() {
    let lung = Golden::read("lung");
    let weighted = lung.outcomes().with_weights(lung.column("w")).unwrap();
    let rows = 0..lung.numbers("/km/weighted/time").len();
    let curve = kaplan_meier(&weighted).unwrap();
    assert_agrees(&lung, "/km/weighted", rows, &curve);
    let cgd = Golden::read("cgd");
    let outcomes: Outcomes =
        cgd.outcomes_of("stop", "status").with_entry(cgd.column("start")).unwrap();
    let rows = 0..cgd.numbers("/km/counting/time").len();
    assert_agrees(&cgd, "/km/counting", rows, &kaplan_meier(&outcomes).unwrap());
}

const INTERVALS: [(&str, CurveInterval); 5] = [
    ("log_log", CurveInterval::LogLog),
    ("log", CurveInterval::Log),
    ("plain", CurveInterval::Plain),
    ("logit", CurveInterval::Logit),
    ("arcsin", CurveInterval::ArcSine),
];

/// Every interval type given, the cumulative hazard and the restricted mean of one curve.
fn assert_options_agree(golden: &Golden, case: &str, outcomes: &Outcomes, options: CurveOptions) {
    let path = format!("/km/{case}");
    let times = golden.numbers(&format!("{path}/time"));
    let curve = options.fit(outcomes).unwrap();
    let rows: Vec<usize> =
        times.iter().map(|t| curve.times.iter().position(|u| u == t).unwrap()).collect();
    let pick = |values: &[f64]| -> Vec<f64> { rows.iter().map(|&k| values[k]).collect() };
    let part = |leaf: &str| golden.numbers(&format!("{path}/{leaf}"));
    assert_all_close(case, &pick(&curve.survival), &part("surv"), 1e-12);
    assert_all_close(case, &pick(&curve.cumulative_hazard), &part("cumhaz"), 1e-12);
    assert_all_close(case, &pick(&curve.std_err_hazard), &part("std_chaz"), 1e-12);
    let mut seen = 0;
    for (name, interval) in INTERVALS {
        if golden.0.pointer(&format!("{path}/ci_{name}")).is_none() {
            continue;
        }
        let curve = options.with_interval(interval).fit(outcomes).unwrap();
        let alive = rows.iter().filter(|&&k| curve.survival[k] > 0.0).count();
        for (got, leaf) in [(&curve.lower, "lower"), (&curve.upper, "upper")] {
            let expected = part(&format!("ci_{name}/{leaf}"));
            assert_all_close(name, &pick(got)[..alive], &expected[..alive], 1e-11);
        }
        seen += 1;
    }
    assert!(seen >= 2, "{case}: {seen}");
    let horizon = golden.at(&format!("{path}/rmean_tau")).as_f64();
    let horizon = horizon.unwrap_or(curve.times[curve.times.len() - 1]);
    let mean = curve.restricted_mean(horizon).unwrap();
    assert_close(case, mean.mean, golden.number(&format!("{path}/rmean")), 1e-12);
    if curve.std_err_hazard == curve.std_err_log {
        return; // R takes Greenwood's variance for the mean of every curve, we the curve's own
    }
    assert_close(case, mean.se, golden.number(&format!("{path}/rmean_se")), 1e-11);
}

#[test]
fn estimators_intervals_and_restricted_means() {
    let km = CurveOptions::default();
    let aalen = km.with_estimator(CurveEstimator::NelsonAalen);
    let fleming = km.with_estimator(CurveEstimator::FlemingHarrington);
    let lung = Golden::read("lung");
    assert_options_agree(&lung, "all", &lung.outcomes(), km);
    assert_options_agree(&lung, "arcsin_logit", &lung.outcomes(), km);
    assert_options_agree(&lung, "nelson_aalen_stype2_ctype1", &lung.outcomes(), aalen);
    assert_options_agree(&lung, "fleming_harrington_stype2_ctype2", &lung.outcomes(), fleming);
    let weighted = lung.outcomes().with_weights(lung.column("w")).unwrap();
    assert_options_agree(&lung, "weighted", &weighted, km);
    for name in ["veteran", "ovarian", "pbc"] {
        let golden = Golden::read(name);
        assert_options_agree(&golden, "all", &golden.outcomes(), km);
    }
    let cgd = Golden::read("cgd");
    let late = cgd.outcomes_of("stop", "status").with_entry(cgd.column("start")).unwrap();
    assert_options_agree(&cgd, "counting", &late, km);
}
