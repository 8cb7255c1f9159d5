//! Computes the committed shape distribution again from the landmarks it was taken from.
#![allow(clippy::unwrap_used)] // helpers of tests

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use vertebra_phantom::{SHAPE_COVARIANCE, SHAPE_FEATURES, SHAPE_MEAN};

const DATA: &str = "../../../shared/data/landmarks/vid_ground_truth.csv.gz";
const LEVELS: [&str; 7] = ["T11", "T12", "L1", "L2", "L3", "L4", "L5"];

type Centres = HashMap<String, [f64; 3]>;

/// Body centres `(left, back, up)` in mm of every scan.
fn scans(path: &Path) -> Vec<Centres> {
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut scans: HashMap<(String, String), Centres> = HashMap::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        if &row[3] == "body" {
            let point = [4, 5, 6].map(|i| row[i].parse().unwrap());
            let scan = scans.entry((row[0].to_owned(), row[1].to_owned())).or_default();
            scan.insert(row[2].to_owned(), point);
        }
    }
    scans.into_values().collect()
}

/// The features as [`SHAPE_MEAN`] describes them.
fn features(scan: &Centres) -> Option<[f64; SHAPE_FEATURES]> {
    let mut centres = [[0.0; 3]; 7];
    for (centre, level) in centres.iter_mut().zip(LEVELS) {
        *centre = *scan.get(level)?;
    }
    let mut features = [0.0; SHAPE_FEATURES];
    let mut angles = [0.0; 6];
    for (k, pair) in centres.windows(2).enumerate() {
        let step = [0, 1, 2].map(|i| pair[1][i] - pair[0][i]);
        features[k] = step.iter().map(|v| v * v).sum::<f64>().sqrt();
        angles[k] = (-step[1]).atan2(-step[2]).to_degrees();
    }
    for k in 0..5 {
        features[6 + k] = angles[k + 1] - angles[k];
    }
    features[11] = angles[2];
    Some(features)
}

#[test]
fn the_committed_distribution_is_that_of_the_landmarks() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DATA);
    if !path.exists() {
        println!("skipped: no ../shared");
        return;
    }
    let rows: Vec<_> = scans(&path).iter().filter_map(features).collect();
    assert_eq!(rows.len(), 1746);
    let n = rows.len() as f64;
    let mean: Vec<f64> =
        (0..SHAPE_FEATURES).map(|i| rows.iter().map(|r| r[i]).sum::<f64>() / n).collect();
    for i in 0..mean.len() {
        assert!((mean[i] - SHAPE_MEAN[i]).abs() < 6e-4, "mean {i}: {}", mean[i]);
        for j in 0..SHAPE_FEATURES {
            let product = |r: &[f64; SHAPE_FEATURES]| (r[i] - mean[i]) * (r[j] - mean[j]);
            let covariance = rows.iter().map(product).sum::<f64>() / (n - 1.0);
            let committed = SHAPE_COVARIANCE[i][j];
            assert!((covariance - committed).abs() < 6e-4, "{i} {j}: {covariance} {committed}");
        }
    }
}
