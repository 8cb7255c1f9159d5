//! R `concordance(.., reverse = TRUE)`.

use crate::{Golden, assert_all_close, assert_all_near, assert_close, linear};
use vertebra_survival::{
    ConcordanceOptions, Outcomes, TimeWeight, concordance, concordance::PairTotals,
};

const WEIGHTS: [(&str, TimeWeight); 5] = [
    ("n", TimeWeight::Harrell),
    ("S", TimeWeight::Survival),
    ("S/G", TimeWeight::Schemper),
    ("n/G2", TimeWeight::Uno),
    ("I", TimeWeight::PerEvent),
];

/// A data set, where its values are, and its two scores.
type Case = (Golden, &'static str, Outcomes, Vec<f64>, Option<Vec<f64>>);

fn cases() -> Vec<Case> {
    let case = |name: &str, path, x1: (&str, f64), x2: Option<(&str, f64)>| {
        let golden = Golden::read(name);
        let outcomes = match name {
            "cgd" => {
                golden.outcomes_of("stop", "status").with_entry(golden.column("start")).unwrap()
            }
            "mgus2" => golden.outcomes_of("etime", "event"),
            _ => golden.outcomes(),
        };
        let score = |x: (&str, f64)| linear(&golden, &[x]);
        let (first, second) = (score(x1), x2.map(score));
        (golden, path, outcomes, first, second)
    };
    vec![
        case("lung", "/concordance/list_", ("age", 1.0), Some(("ph_ecog", 1.0))),
        case("veteran", "/concordance", ("karno", -1.0), Some(("age", 1.0))),
        case("ovarian", "/concordance", ("age", 1.0), Some(("rx2", -1.0))),
        case("pbc", "/concordance/pair", ("lbili", 1.0), Some(("age", 1.0))),
        case("gbsg", "/concordance/pair", ("nodes", 1.0), Some(("pgr", -1.0))),
        case("mgus2", "/concordance", ("age", 1.0), Some(("hgb", -1.0))),
        case("cgd", "/concordance", ("age", -1.0), None),
        case("colon", "/concordance", ("nodes", 1.0), Some(("age", 1.0))),
    ]
}

fn five(pairs: PairTotals) -> [f64; 5] {
    [pairs.concordant, pairs.discordant, pairs.tied_risk, pairs.tied_time, pairs.tied_both]
}

fn expected_five(golden: &Golden, path: &str) -> Vec<f64> {
    ["concordant", "discordant", "tied.x", "tied.y", "tied.xy"]
        .map(|kind| golden.number(&format!("{path}/count/{kind}")))
        .to_vec()
}

/// JSON pointers write `/` in a key as `~1`.
fn escape(key: &str) -> String {
    key.replace('/', "~1")
}

#[test]
fn counts_of_pairs() {
    for (golden, path, outcomes, x1, _) in cases() {
        let got = concordance(&outcomes, &x1).unwrap();
        let counts = [got.concordant, got.discordant, got.tied_risk, got.tied_time, got.tied_both];
        let expected = expected_five(&golden, &format!("{path}/x1_n"));
        assert_eq!(counts.map(|c| c as f64).to_vec(), expected, "{path}");
        assert_close(path, got.index(), golden.number(&format!("{path}/x1_n/C")), 1e-14);
    }
}

#[test]
fn every_time_weight_with_its_variance() {
    for (golden, path, outcomes, x1, x2) in cases() {
        for (key, weight) in WEIGHTS {
            let at = format!("{path}/x1_{}", escape(key));
            if golden.0.pointer(&at).is_none() {
                continue;
            }
            let options = ConcordanceOptions::default().with_time_weight(weight);
            let got = options.estimate(&outcomes, &x1).unwrap();
            assert_all_close(&at, &five(got.pairs), &expected_five(&golden, &at), 1e-11);
            assert_close(&at, got.estimate.value, golden.number(&format!("{at}/C")), 1e-12);
            assert_close(
                &at,
                got.estimate.std_error.powi(2),
                golden.number(&format!("{at}/var")),
                1e-11,
            );
            let Some(x2) = &x2 else { continue };
            let at = format!("{path}/x1x2_joint_{}", escape(key));
            let joint = options.estimate_jointly(&outcomes, &[&x1, x2]).unwrap();
            assert_close(
                &at,
                joint.statistics[1].estimate.value,
                golden.numbers(&format!("{at}/C"))[1],
                1e-12,
            );
            for (k, row) in joint.covariance.iter().enumerate() {
                assert_all_close(&at, row, &golden.numbers(&format!("{at}/var/{k}")), 1e-10);
            }
            let difference = options.compare(&outcomes, &x1, x2).unwrap();
            assert_close(
                &at,
                difference.difference.value,
                golden.number(&format!("{at}/diff")),
                1e-11,
            );
            assert_close(
                &at,
                difference.difference.std_error,
                golden.number(&format!("{at}/diff_se")),
                1e-11,
            );
        }
    }
}

#[test]
fn truncation_times() {
    let mut seen = 0;
    for (golden, path, outcomes, x1, _) in cases() {
        for (key, weight) in WEIGHTS {
            let options = ConcordanceOptions::default().with_time_weight(weight);
            let prefix = format!("x1_{key}_ymax_");
            let values = golden.at(path).as_object().unwrap();
            for name in values.keys().filter(|name| name.starts_with(&prefix)) {
                let at = format!("{path}/{}", escape(name));
                let horizon: f64 = name[prefix.len()..].parse().unwrap();
                let got = options.clone().with_horizon(horizon).estimate(&outcomes, &x1).unwrap();
                let expected = expected_five(&golden, &at);
                assert_all_close(&at, &five(got.pairs), &expected, 1e-11);
                assert_close(
                    &at,
                    got.estimate.std_error.powi(2),
                    golden.number(&format!("{at}/var")),
                    1e-11,
                );
                seen += 1;
            }
        }
    }
    assert!(seen >= 12, "{seen}");
}

#[test]
fn jackknife_values_of_single_subjects() {
    for (golden, path, outcomes, x1, _) in cases() {
        let values = ConcordanceOptions::default().jackknife_values(&outcomes, &x1).unwrap();
        let rows = golden.numbers(&format!("{path}/dfbeta_rows0"));
        let got: Vec<f64> = rows.iter().map(|&row| values[row as usize]).collect();
        assert_all_near(path, &got, &golden.numbers(&format!("{path}/dfbeta_n")), 1e-13);
    }
}

#[test]
fn weights_strata_and_clusters() {
    let lung = Golden::read("lung");
    let age = lung.column("age");
    let weighted = lung.outcomes().with_weights(lung.column("w")).unwrap();
    let got = ConcordanceOptions::default().estimate(&weighted, &age).unwrap();
    let expected = expected_five(&lung, "/concordance/weighted");
    assert_all_close("weighted", &five(got.pairs), &expected, 1e-12);
    assert_close("weighted", got.estimate.value, lung.number("/concordance/weighted/C"), 1e-12);
    assert_close(
        "weighted",
        got.estimate.std_error.powi(2),
        lung.number("/concordance/weighted/var"),
        1e-11,
    );

    let strata = ConcordanceOptions::default().with_strata(lung.labels("inst"));
    let got = strata.estimate(&lung.outcomes(), &age).unwrap();
    let expected = expected_five(&lung, "/concordance/stratified");
    assert_all_close("stratified", &five(got.pairs), &expected, 1e-12);
    assert_close("stratified", got.estimate.value, lung.number("/concordance/stratified/C"), 1e-12);
    assert_close(
        "stratified",
        got.estimate.std_error.powi(2),
        lung.number("/concordance/stratified/var"),
        1e-11,
    );

    let clusters = ConcordanceOptions::default().with_clusters(lung.labels("inst"));
    let got = clusters.estimate(&lung.outcomes(), &age).unwrap();
    let expected = lung.number("/concordance/list_/x1_cluster_n/var");
    assert_close("cluster", got.estimate.std_error.powi(2), expected, 1e-11);
}

/// `concordance(fit1, fit2, ..)` of Cox models. What the third model of lung was made of is not
/// recorded.
#[test]
fn models_side_by_side() {
    let gbsg = Golden::read("gbsg");
    let names = ["age", "meno", "size", "grade", "nodes", "pgr", "er", "hormon"];
    let full = fitted(&gbsg, &names);
    assert_side_by_side(
        &gbsg,
        "multi",
        &[full, gbsg.column("nodes")],
        &ConcordanceOptions::default(),
    );

    let lung = Golden::read("lung");
    let models = [
        fitted(&lung, &["age", "female", "ph_ecog", "wt_loss"]),
        // R 4.2.2, survival 3.5-3: coef(coxph(Surv(time, status) ~ age + female)).
        linear(&lung, &[("age", 0.020386375015759833), ("female", -0.5113181128981236)]),
    ];
    let options = ConcordanceOptions::default();
    assert_side_by_side(&lung, "multi", &models, &options);
    assert_side_by_side(&lung, "multi_ymax600", &models, &options.clone().with_horizon(600.0));
    let uno = options.clone().with_time_weight(TimeWeight::Uno);
    assert_side_by_side(&lung, "multi_nG2", &models, &uno);

    let pbc = Golden::read("pbc");
    let models = [
        fitted(&pbc, &["age", "edema", "lbili", "lalb", "lprotime"]),
        // coef(coxph(Surv(time, status) ~ age + lbili)).
        linear(&pbc, &[("age", 0.0389642492212424), ("lbili", 1.0453792842561682)]),
        pbc.column("stage"),
    ];
    assert_side_by_side(&pbc, "multi", &models, &options);
}

/// The linear predictor of the golden's Cox model.
fn fitted(golden: &Golden, names: &[&str]) -> Vec<f64> {
    let b = golden.numbers("/models/efron/coef");
    linear(golden, &names.iter().copied().zip(b).collect::<Vec<_>>())
}

fn assert_side_by_side(
    golden: &Golden,
    key: &str,
    models: &[Vec<f64>],
    options: &ConcordanceOptions,
) {
    let risks: Vec<&[f64]> = models.iter().map(Vec::as_slice).collect();
    let joint = options.estimate_jointly(&golden.outcomes(), &risks).unwrap();
    let path = format!("/concordance/{key}");
    let path = path.as_str();
    for (k, row) in joint.covariance.iter().enumerate() {
        assert_close(
            path,
            joint.statistics[k].estimate.value,
            golden.numbers(&format!("{path}/C"))[k],
            1e-12,
        );
        let pairs = five(joint.statistics[k].pairs);
        assert_all_close(path, &pairs, &golden.numbers(&format!("{path}/counts/{k}")), 1e-12);
        let expected = golden.numbers(&format!("{path}/var/{k}"));
        assert_all_close(path, row, &expected[..models.len()], 1e-10);
    }
    let got = joint.difference(0, 1).unwrap();
    let contrast = |leaf: &str| golden.number(&format!("{path}/contrast_1_minus_2/{leaf}"));
    assert_close(path, got.difference.value, contrast("diff"), 1e-11);
    assert_close(path, got.difference.std_error, contrast("se"), 1e-11);
}

/// scikit-survival. Its IPCW index, AUC and Brier score take the censoring curve of another sample
/// (the even rows), which ours do not offer, and are not compared.
#[test]
fn pairs_of_scikit_survival() {
    let gbsg2 = Golden::read("gbsg2");
    let (time, event) = (gbsg2.column("time"), gbsg2.column("event"));
    let all = Outcomes::new(time, event.iter().map(|&e| e > 0.0).collect()).unwrap();
    let odd: Vec<usize> = (1..all.n_subjects()).step_by(2).collect();
    let got = concordance(&all.subset(&odd), &gbsg2.numbers("/test_risk")).unwrap();
    let expected = gbsg2.numbers("/cindex_censored");
    assert_close("index", got.index(), expected[0], 1e-13);
    // Its fourth count is of another kind of tied time: of any two subjects, events or not.
    let counts = [got.concordant, got.discordant, got.tied_risk];
    assert_eq!(counts.map(|c| c as f64), expected[1..4]);
}
