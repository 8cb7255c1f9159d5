//! compareC 1.3.3 on four random samples.

use crate::assert_close;
use vertebra_survival::{
    Outcomes, concordance::UStatisticOptions, estimate::ReferenceDistribution, harrell_c,
};

fn table(name: &str) -> Vec<Vec<String>> {
    let path = format!("{}/testdata/{name}.csv", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn difference_and_its_test() {
    let data = table("compareC_test_data");
    for expected in table("compareC_test_expected") {
        let rows: Vec<&Vec<String>> = data.iter().filter(|row| row[0] == expected[0]).collect();
        let column =
            |k: usize| -> Vec<f64> { rows.iter().map(|r| r[k].parse().unwrap()).collect() };
        let event = column(3).iter().map(|&e| e == 1.0).collect();
        let outcomes = Outcomes::new(column(2), event).unwrap();
        // compareC takes a higher score for a later event.
        let negated = |k: usize| -> Vec<f64> { column(k).iter().map(|v| -v).collect() };
        let (y, z) = (negated(4), negated(5));
        let number = |k: usize| expected[k].parse::<f64>().unwrap();
        assert_close("Cxy", harrell_c(&outcomes, &y).unwrap().estimate.value, number(3), 1e-12);
        let normal = UStatisticOptions::default().with_reference(ReferenceDistribution::Normal);
        let got = normal.compare(&outcomes, &y, &z).unwrap();
        assert_close("difference", got.difference.value, number(3) - number(4), 1e-12);
        assert_close("variance", got.difference.std_error.powi(2), number(8), 1e-10);
        assert_close("z", got.test.statistic, number(9), 1e-10);
        assert_close("p", got.test.p, number(10), 1e-10);
    }
}
