use crate::{
    cox::{CoxOptions, Design, Ties, TimeTransform, derivatives::Problem},
    outcomes::Outcomes,
};
use proptest::{collection::vec, prelude::*};

/// Rows with events, two columns, a weight, and a stratum.
fn data(rows: &[(u8, bool, f64, f64, f64, bool)], weigh: bool, strata: bool) -> (Outcomes, Design) {
    let time = rows.iter().map(|r| f64::from(r.0)).collect();
    let mut outcomes = Outcomes::new(time, rows.iter().map(|r| r.1).collect()).unwrap();
    if weigh {
        outcomes = outcomes.with_weights(rows.iter().map(|r| r.4).collect()).unwrap();
    }
    let values = rows.iter().flat_map(|r| [50.0 + r.2, r.3]).collect();
    let design = Design::from_rows(2, values).unwrap();
    match strata {
        true => {
            let labels = rows.iter().map(|r| usize::from(r.5)).collect();
            (outcomes, design.with_strata(labels).unwrap())
        }
        false => (outcomes, design),
    }
}

/// The same data where all enter at 0, which takes the general form.
fn entering(outcomes: &Outcomes) -> Outcomes {
    let n = outcomes.n_subjects();
    outcomes.clone().with_entry(vec![0.0; n]).unwrap()
}

proptest! {
    #[test]
    fn is_the_general_form(
        rows in vec((1u8..9, any::<bool>(), -2.0..2.0, -1.0..5.0, 0.5..3.0, any::<bool>()), 6..60),
        weigh in any::<bool>(), strata in any::<bool>(), breslow in any::<bool>(),
    ) {
        prop_assume!(rows.iter().any(|r| r.1));
        let (outcomes, design) = data(&rows, weigh, strata);
        let general = entering(&outcomes);
        let ties = if breslow { Ties::Breslow } else { Ties::Efron };
        let (fast, _) = Problem::of(&outcomes, &design, ties).unwrap();
        let (slow, _) = Problem::of(&general, &design, ties).unwrap();
        let (a, b) = (fast.derivatives(&[0.4, -0.7]), slow.derivatives(&[0.4, -0.7]));
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-11 * b.abs().max(1.0);
        prop_assert!(near(a.value, b.value));
        for k in 0..2 {
            prop_assert!(near(a.score[k], b.score[k]), "{:?} {:?}", a.score, b.score);
            for j in 0..2 {
                prop_assert!(near(a.information[(j, k)], b.information[(j, k)]));
            }
        }
        let options = CoxOptions::default().with_ties(ties);
        let test = |outcomes: &Outcomes| {
            let model = options.diagnostics(outcomes, &design, &[0.4, -0.2]).ok()?;
            model.proportional_hazards(TimeTransform::Rank, &[vec![0], vec![1]]).ok()
        };
        if let (Some(a), Some(b)) = (test(&outcomes), test(&general)) {
            for (a, b) in a.terms.iter().zip(&b.terms) {
                prop_assert!(
                    (a.statistic - b.statistic).abs() < 1e-6 * b.statistic.max(1.0),
                    "{} {}", a.statistic, b.statistic
                );
            }
        }
    }
}

/// All information of these rows lies at one time, in whose stratum two others are compared.
#[test]
fn hazards_whose_information_lies_at_one_time_have_no_test_of_proportionality() {
    let rows = [
        (1, true, 0.393_713_843_481_194_04, 2.052_870_105_472_042_6, 0.5, false),
        (1, true, 0.482_321_198_765_056_25, 0.0, 0.5, true),
        (1, false, -0.894_444_586_386_337_1, 4.593_832_195_434_631, 0.5, true),
        (5, true, 1.954_503_264_552_231, 2.532_451_664_612_209_7, 0.5, true),
        (2, false, 0.007_708_931_538_087_445, 2.189_827_033_716_050_6, 0.5, false),
        (3, true, 1.200_894_691_841_115_9, 0.0, 0.5, false),
    ];
    let (outcomes, design) = data(&rows, false, true);
    for outcomes in [&outcomes, &entering(&outcomes)] {
        let model = CoxOptions::default().diagnostics(outcomes, &design, &[0.4, -0.2]).unwrap();
        assert!(model.proportional_hazards(TimeTransform::Rank, &[vec![0], vec![1]]).is_err());
    }
}

/// Several parts, with and without ties, on one thread and on three.
#[test]
fn any_number_of_threads_gives_the_same_bits_and_parts_give_the_whole() {
    let n = 40_000;
    let uniform = |i: usize, j: usize| ((i * 48_271 + j * 7_919) % 65_537) as f64 / 65_537.0;
    let values = (0..n * 3).map(|k| uniform(k, k % 7) - 0.5).collect();
    let design = Design::from_rows(3, values).unwrap();
    for days in [1.0, 1e9] {
        let time = (0..n).map(|i| 1.0 + (uniform(i, 3) * 900.0 * days).floor() / days).collect();
        let event = (0..n).map(|i| uniform(i, 11) < 0.3).collect();
        let outcomes = Outcomes::new(time, event).unwrap();
        let fit = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| CoxOptions::default().fit(&outcomes, &design).unwrap())
        };
        let (one, three) = (fit(1), fit(3));
        assert_eq!(one, three);
        let general = CoxOptions::default().fit(&entering(&outcomes), &design).unwrap();
        for k in 0..3 {
            let (a, b) = (one.covariance[k][k], general.covariance[k][k]);
            assert!((a - b).abs() < 1e-11 * b, "{a} {b}");
            let (a, b) = (one.coefficients[k], general.coefficients[k]);
            assert!((a - b).abs() < 1e-9 * one.covariance[k][k].sqrt(), "{a} {b}");
        }
    }
}
