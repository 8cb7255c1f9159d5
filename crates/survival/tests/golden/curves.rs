//! R `survfit()`: every column of every curve, interval, quantile and restricted mean;
//! scikit-survival's curves.

use crate::{Golden, assert_all_close, assert_close};
use vertebra_survival::{
    Error, Outcomes, SurvivalCurve,
    curves::{CurveEstimator, CurveOptions, CurveScale, nelson_aalen},
    kaplan_meier,
};

const INTERVALS: [(&str, CurveScale); 5] = [
    ("log_log", CurveScale::LogLog),
    ("log", CurveScale::Log),
    ("plain", CurveScale::Plain),
    ("logit", CurveScale::Logit),
    ("arcsin", CurveScale::ArcSine),
];

/// One curve of a file: its path, its rows there, and which of the file's curves it is.
struct Case<'a> {
    golden: &'a Golden,
    path: String,
    rows: std::ops::Range<usize>,
    stratum: usize,
    /// The last time of all curves of the file.
    last: f64,
}

impl Case<'_> {
    fn part(&self, leaf: &str) -> Vec<f64> {
        self.golden.numbers(&format!("{}/{leaf}", self.path))[self.rows.clone()].to_vec()
    }

    fn agrees(&self, outcomes: &Outcomes, options: CurveOptions) {
        let curve = options.fit(outcomes).unwrap();
        let here: Vec<usize> = self
            .part("time")
            .iter()
            .map(|t| curve.times.iter().position(|u| u == t).unwrap())
            .collect();
        let pick = |values: &[f64]| -> Vec<f64> { here.iter().map(|&k| values[k]).collect() };
        let path = self.path.as_str();
        let n = self.golden.numbers(&format!("{path}/n"))[self.stratum];
        assert_eq!(outcomes.n_subjects() as f64, n, "{path}");
        assert_all_close(path, &pick(&curve.n_risk), &self.part("n_risk"), 1e-13);
        assert_all_close(path, &pick(&curve.n_event), &self.part("n_event"), 1e-13);
        assert_all_close(path, &pick(&curve.n_censor), &self.part("n_censor"), 1e-13);
        assert_all_close(path, &pick(&curve.survival), &self.part("surv"), 1e-12);
        assert_all_close(path, &pick(&curve.cumulative_hazard), &self.part("cumhaz"), 1e-12);
        assert_all_close(path, &pick(&curve.std_error_hazard), &self.part("std_chaz"), 1e-12);
        let alive = here.iter().filter(|&&k| curve.survival[k] > 0.0).count();
        let se = self.part("std_err_logsurv");
        assert_all_close(path, &pick(&curve.std_error_log)[..alive], &se[..alive], 1e-12);
        let seen = INTERVALS.iter().filter(|(name, interval)| {
            let given = self.golden.0.pointer(&format!("{path}/ci_{name}")).is_some();
            if given {
                let curve = options.with_scale(*interval).fit(outcomes).unwrap();
                self.interval_agrees(name, &curve, &here[..alive]);
            }
            given
        });
        assert!(seen.count() >= 2, "{path}");
        self.mean_agrees(&curve);
    }

    fn interval_agrees(&self, name: &str, curve: &SurvivalCurve, alive: &[usize]) {
        let path = format!("{}/ci_{name}", self.path);
        for (got, leaf) in [(&curve.lower, "lower"), (&curve.upper, "upper")] {
            let got: Vec<f64> = alive.iter().map(|&k| got[k]).collect();
            let expected = &self.part(&format!("ci_{name}/{leaf}"))[..alive.len()];
            // Before the first event our bounds are exact, those of R have no width.
            let from = alive.iter().filter(|&&k| curve.survival[k] >= 1.0).count();
            assert_all_close(&path, &got[from..], &expected[from..], 1e-11);
        }
        let quantiles = self.golden.at(&format!("{path}/quantiles"));
        let probs = self.golden.numbers(&format!("{path}/quantiles/probs"));
        for (j, &q) in probs.iter().enumerate() {
            let at = |leaf: &str| quantiles[leaf][probs.len() * self.stratum + j].as_f64();
            assert_eq!(curve.quantile(q), at("q"), "{path} {q}");
            let (lower, upper) = curve.quantile_interval(q);
            assert_eq!(upper, at("upper"), "{path} {q}");
            // Before the first event our bounds are exact, and may lie below the level.
            let first = curve.n_event.iter().position(|d| *d > 0.0).map(|k| curve.times[k]);
            if lower.zip(first).is_none_or(|(lower, first)| lower >= first) {
                assert_eq!(lower, at("lower"), "{path} {q}");
            }
        }
    }

    /// The mean up to the horizon of the file, or to the last time of all its curves. R goes on
    /// with a curve where nobody is left, which we refuse, and takes Greenwood's variance for the
    /// mean of every curve, we its own.
    fn mean_agrees(&self, curve: &SurvivalCurve) {
        let horizon = self.golden.at(&format!("{}/rmean_tau", self.path)).as_f64();
        match curve.restricted_mean(horizon.unwrap_or(self.last)) {
            Err(why) => assert!(matches!(why, Error::Undefined { .. }) && horizon.is_none()),
            Ok(got) => {
                let at = |leaf: &str| {
                    self.golden.numbers(&format!("{}/{leaf}", self.path))[self.stratum]
                };
                assert_close(&self.path, got.value, at("rmean"), 1e-12);
                if curve.std_error_hazard != curve.std_error_log {
                    assert_close(&self.path, got.std_error, at("rmean_se"), 1e-11);
                }
            }
        }
    }
}

fn assert_whole(golden: &Golden, case: &str, outcomes: &Outcomes, options: CurveOptions) {
    let path = format!("/km/{case}");
    let rows = 0..golden.numbers(&format!("{path}/time")).len();
    let last = outcomes.time().iter().copied().fold(0.0, f64::max);
    Case { golden, path, rows, stratum: 0, last }.agrees(outcomes, options);
}

#[test]
fn curves_of_all_agree_with_survfit() {
    let km = CurveOptions::default();
    let aalen = km.with_estimator(CurveEstimator::NelsonAalen);
    let fleming = km.with_estimator(CurveEstimator::FlemingHarrington);
    let lung = Golden::read("lung");
    let weighted = lung.outcomes().with_weights(lung.column("w")).unwrap();
    assert_whole(&lung, "arcsin_logit", &lung.outcomes(), km);
    assert_whole(&lung, "nelson_aalen_stype2_ctype1", &lung.outcomes(), aalen);
    assert_whole(&lung, "fleming_harrington_stype2_ctype2", &lung.outcomes(), fleming);
    assert_whole(&lung, "weighted", &weighted, km);
    for name in ["lung", "veteran", "ovarian", "pbc"] {
        let golden = Golden::read(name);
        assert_whole(&golden, "all", &golden.outcomes(), km);
    }
    let cgd = Golden::read("cgd");
    assert_whole(&cgd, "counting", &outcomes_of(&cgd, "cgd"), km);
}

fn outcomes_of(golden: &Golden, name: &str) -> Outcomes {
    match name {
        "cgd" => golden.outcomes_of("stop", "status").with_entry(golden.column("start")).unwrap(),
        _ => golden.outcomes(),
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
        let (labels, path) = (golden.labels(column), format!("/km/{case}"));
        // Times increase within a group, so a fall starts the next one.
        let times = golden.numbers(&format!("{path}/time"));
        let mut starts = vec![0];
        starts.extend((1..times.len()).filter(|&k| times[k] < times[k - 1]));
        starts.push(times.len());
        let outcomes = outcomes_of(&golden, name);
        let last = outcomes.time().iter().copied().fold(0.0, f64::max);
        let by_group = CurveOptions::default().fit_by_group(&outcomes, &labels).unwrap();
        assert_eq!(starts.len(), by_group.len() + 1, "{name}");
        for (stratum, group) in by_group.iter().enumerate() {
            let rows = starts[stratum]..starts[stratum + 1];
            let case = Case { golden: &golden, path: path.clone(), rows, stratum, last };
            let members: Vec<usize> =
                (0..labels.len()).filter(|&i| labels[i] == group.label).collect();
            let here = outcomes.subset(&members);
            assert_eq!(group.curve, kaplan_meier(&here).unwrap());
            case.agrees(&here, CurveOptions::default());
        }
    }
}

/// Of the even rows; present only where the whole reference values are.
#[test]
fn curves_agree_with_scikit_survival() {
    let gbsg2 = Golden::read("gbsg2");
    if gbsg2.0.get("km_None").is_none() {
        println!("skipped: no ../shared");
        return;
    }
    let (time, event) = (gbsg2.column("time"), gbsg2.column("event"));
    let all = Outcomes::new(time, event.iter().map(|&e| e > 0.0).collect()).unwrap();
    let at = |path: &str, value: &dyn Fn(f64) -> f64| -> Vec<f64> {
        gbsg2.numbers(&format!("{path}/time")).iter().map(|&t| value(t)).collect()
    };
    let (km, hazard) = (kaplan_meier(&all).unwrap(), nelson_aalen(&all).unwrap());
    for path in ["/km_None", "/km_log-log"] {
        let got = at(path, &|t| km.at(t));
        assert_all_close(path, &got, &gbsg2.numbers(&format!("{path}/surv")), 1e-12);
    }
    let path = "/km_log-log";
    let (lower, upper) =
        (at(path, &|t| km.interval_at(t).lower), at(path, &|t| km.interval_at(t).upper));
    // Before the first event our bounds are exact, those of scikit-survival have no width.
    let from = at(path, &|t| km.at(t)).iter().filter(|&&s| s >= 1.0).count();
    for (leaf, got) in [("lower", lower), ("upper", upper)] {
        let expected = gbsg2.numbers(&format!("{path}/{leaf}"));
        assert_all_close(leaf, &got[from..], &expected[from..], 1e-11);
    }
    let got = at("/nelson_aalen", &|t| hazard.cumulative_hazard_at(t));
    assert_all_close("hazard", &got, &gbsg2.numbers("/nelson_aalen/cumhaz"), 1e-12);
}
