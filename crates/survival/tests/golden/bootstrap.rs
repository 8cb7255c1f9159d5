//! R `boot::boot.ci` on the same replicates.

use crate::{Golden, assert_all_near, assert_close};
use vertebra_survival::{
    BootstrapOptions, ConcordanceOptions, Interval, concordance, harrell_c,
    resampling::{Bootstrap, StudentisedBootstrap, jackknife},
};

#[test]
fn intervals_from_given_replicates() {
    let lung = Golden::read("lung");
    let replicates = lung.numbers("/bootstrap/t");
    let drawn = Bootstrap::new(lung.number("/bootstrap/t0"), replicates.clone()).unwrap();
    let Interval { lower, upper, .. } = drawn.percentile(0.95).unwrap();
    assert_close("lower", lower, lung.numbers("/bootstrap/percentile")[0], 1e-12);
    assert_close("upper", upper, lung.numbers("/bootstrap/percentile")[1], 1e-12);

    let (outcomes, age) = (lung.outcomes(), lung.column("age"));
    let influence = jackknife(age.len(), |sample| {
        let risk: Vec<f64> = sample.iter().map(|&i| age[i]).collect();
        concordance(&outcomes.subset(sample), &risk).ok().map(|c| c.index())
    })
    .unwrap();
    let leave_one_out = lung.numbers("/bootstrap/jackknife");
    let mean = leave_one_out.iter().sum::<f64>() / leave_one_out.len() as f64;
    let n = leave_one_out.len() as f64;
    let expected: Vec<f64> = leave_one_out.iter().map(|c| (n - 1.0) * (mean - c)).collect();
    assert_all_near("jackknife", &influence, &expected, 1e-12);
    let cubes: f64 = influence.iter().map(|l| l.powi(3)).sum();
    let squares: f64 = influence.iter().map(|l| l * l).sum();
    let acceleration = cubes / (6.0 * squares.powf(1.5));
    assert_close("acceleration", acceleration, lung.number("/bootstrap/acceleration"), 1e-9);
    let t0 = lung.number("/bootstrap/t0");
    assert_close("C", concordance(&outcomes, &age).unwrap().index(), t0, 1e-14);
    for (name, Interval { lower, upper, .. }) in
        [("normal", drawn.normal(0.95).unwrap()), ("basic", drawn.basic(0.95).unwrap())]
    {
        let expected = lung.numbers(&format!("/bootstrap/{name}"));
        assert_close(name, lower, expected[0], 1e-11);
        assert_close(name, upper, expected[1], 1e-11);
    }
    let Interval { lower, upper, .. } = drawn.bca(0.95, &influence).unwrap();
    assert_close("lower", lower, lung.numbers("/bootstrap/bca")[0], 1e-12);
    assert_close("upper", upper, lung.numbers("/bootstrap/bca")[1], 1e-12);
}

/// A bootstrap with the replicates that `boot_intervals.R` drew.
fn drawn_by_r(golden: &Golden) -> StudentisedBootstrap {
    let root = |values: Vec<f64>| values.into_iter().map(f64::sqrt).collect::<Vec<f64>>();
    let whole = (golden.number("/t0"), golden.number("/variance").sqrt());
    let pairs: Vec<(f64, f64)> =
        golden.numbers("/t").into_iter().zip(root(golden.numbers("/t_variance"))).collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let options = BootstrapOptions::default().with_replicates(pairs.len());
    let in_turn = |_: &[usize]| match next.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => Some(whole),
        k => Some(pairs[k - 1]),
    };
    options.draw_studentised(212, in_turn).unwrap()
}

#[test]
fn every_interval_of_boot_ci() {
    let golden = Golden::read("boot_intervals");
    let lung = Golden::read("lung");
    let drawn = drawn_by_r(&golden);
    let (outcomes, age) = (lung.outcomes(), lung.column("age"));
    let influence = ConcordanceOptions::default().jackknife_values(&outcomes, &age).unwrap();
    let check = |name: &str, Interval { lower, upper, .. }: Interval| {
        let expected = golden.numbers(&format!("/{name}"));
        assert_close(&format!("{name}, lower"), lower, expected[0], 1e-12);
        assert_close(&format!("{name}, upper"), upper, expected[1], 1e-12);
    };
    check("normal", drawn.bootstrap.normal(0.95).unwrap());
    check("basic", drawn.bootstrap.basic(0.95).unwrap());
    check("percentile", drawn.bootstrap.percentile(0.95).unwrap());
    check("bca", drawn.bootstrap.bca(0.95, &influence).unwrap());
    check("studentised", drawn.studentised(0.95).unwrap());
    check("studentised_logit", drawn.studentised_logit(0.95).unwrap());

    let c = harrell_c(&outcomes, &age).unwrap();
    let root: Vec<f64> = golden.numbers("/t_variance").into_iter().map(f64::sqrt).collect();
    let t = golden.numbers("/t");
    let drawn = Bootstrap::new(c.estimate.value, t).unwrap();
    let drawn = StudentisedBootstrap::new(drawn, c.estimate.std_error, root).unwrap();
    check("studentised", drawn.studentised(0.95).unwrap());
}
