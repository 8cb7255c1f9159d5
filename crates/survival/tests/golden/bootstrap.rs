//! R `boot::boot.ci` on the same replicates.

use crate::{Golden, assert_close};
use vertebra_survival::percentile_interval;

#[test]
fn intervals_from_given_replicates() {
    let lung = Golden::read("lung");
    let replicates = lung.numbers("/bootstrap/t");
    let (lower, upper) = percentile_interval(&replicates, 0.95).unwrap();
    assert_close("lower", lower, lung.numbers("/bootstrap/percentile")[0], 1e-12);
    assert_close("upper", upper, lung.numbers("/bootstrap/percentile")[1], 1e-12);
}
