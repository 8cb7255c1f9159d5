//! R `boot::boot.ci` on the same replicates.

use crate::{Golden, assert_close};
use vertebra_survival::{bca_interval, concordance, jackknife, percentile_interval};

#[test]
fn intervals_from_given_replicates() {
    let lung = Golden::read("lung");
    let replicates = lung.numbers("/bootstrap/t");
    let (lower, upper) = percentile_interval(&replicates, 0.95).unwrap();
    assert_close("lower", lower, lung.numbers("/bootstrap/percentile")[0], 1e-12);
    assert_close("upper", upper, lung.numbers("/bootstrap/percentile")[1], 1e-12);

    let (outcomes, age) = (lung.outcomes(), lung.column("age"));
    let influence = jackknife(age.len(), |sample| {
        let risk: Vec<f64> = sample.iter().map(|&i| age[i]).collect();
        concordance(&outcomes.subset(sample), &risk).ok().map(|c| c.index())
    })
    .unwrap();
    let t0 = lung.number("/bootstrap/t0");
    let (lower, upper) = bca_interval(t0, &replicates, &influence, 0.95).unwrap();
    assert_close("lower", lower, lung.numbers("/bootstrap/bca")[0], 1e-12);
    assert_close("upper", upper, lung.numbers("/bootstrap/bca")[1], 1e-12);
}
