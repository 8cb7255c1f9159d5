//! R `survdiff()`.

use crate::{Golden, assert_all_close, assert_close};
use vertebra_survival::group_tests::{LogRank, LogRankOptions, LogRankWeight};

fn assert_agrees(golden: &Golden, case: &str, got: &LogRank) {
    let path = format!("/survdiff/{case}");
    assert_all_close(case, &got.observed, &golden.numbers(&format!("{path}/obs")), 1e-12);
    assert_all_close(case, &got.expected, &golden.numbers(&format!("{path}/exp")), 1e-12);
    for (k, row) in got.covariance.iter().enumerate() {
        assert_all_close(case, row, &golden.numbers(&format!("{path}/var/{k}")), 1e-11);
    }
    assert_close(case, got.test.statistic, golden.number(&format!("{path}/chisq")), 1e-11);
    assert_eq!(got.test.df, Some(golden.number(&format!("{path}/df"))), "{case}");
    assert_close(case, got.test.p, golden.number(&format!("{path}/p")), 1e-9);
}

#[test]
fn plain_weighted_and_stratified_tests() {
    let cases = [
        ("lung", "female_rho0", "female", 0.0, None),
        ("lung", "female_rho1", "female", 1.0, None),
        ("lung", "female_rho0.5", "female", 0.5, None),
        ("lung", "female_strata_inst", "female", 0.0, Some("inst")),
        ("colon", "lev5fu_death", "lev5fu", 0.0, None),
        ("colon", "lev5fu_death_rho1", "lev5fu", 1.0, None),
        ("colon", "strata_differ", "lev5fu", 0.0, Some("differ")),
        ("veteran", "cell", "cell", 0.0, None),
        ("veteran", "cell_rho1", "cell", 1.0, None),
        ("veteran", "trt", "trt2", 0.0, None),
        ("veteran", "trt_strata_cell", "trt2", 0.0, Some("cell")),
        ("ovarian", "rx", "rx2", 0.0, None),
        ("ovarian", "rx_rho1", "rx2", 1.0, None),
        ("gbsg", "hormon", "hormon", 0.0, None),
        ("gbsg", "grade", "grade", 0.0, None),
        ("pbc", "stage", "stage", 0.0, None),
        ("pbc", "trt", "trt2", 0.0, None),
    ];
    for (name, case, column, rho, strata) in cases {
        let golden = Golden::read(name);
        let weight = LogRankWeight::FlemingHarrington { rho, gamma: 0.0 };
        let mut options = LogRankOptions::default().with_weight(weight);
        if let Some(strata) = strata {
            options = options.with_strata(golden.labels(strata));
        }
        let got = options.test(&golden.outcomes(), &golden.labels(column)).unwrap();
        assert_agrees(&golden, case, &got);
    }
}

/// Without the one subject of ECOG 3.
#[test]
fn three_groups_of_lung() {
    let lung = Golden::read("lung");
    let ecog = lung.labels("ph_ecog");
    let members: Vec<usize> = (0..ecog.len()).filter(|&i| ecog[i] < 3).collect();
    let ecog: Vec<usize> = members.iter().map(|&i| ecog[i]).collect();
    let got = LogRankOptions::default().test(&lung.outcomes().subset(&members), &ecog).unwrap();
    assert_agrees(&lung, "ecog_rho0", &got);
}
