//! Derives the numbers of `population.rs`, and measures the plausibility checks on a real network's
//! detections. Both need `shared/data/landmarks` beside the workspace.

use super::{L1_L5, L2_L6, T11_L3, T12_L4};
use crate::{PlausibilityLimits, ShapeScore, SpineShape, VertebraKeypoints, check_plausibility};
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

type Point = [f64; 3];
/// Body centres by level, mm.
type Scan = BTreeMap<String, Point>;

const LUMBAR: [&str; 5] = ["L1", "L2", "L3", "L4", "L5"];

fn lines(name: &str) -> Option<Vec<String>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/landmarks");
    let Ok(file) = std::fs::File::open(folder.join(name)) else {
        println!("skipped: no ../shared");
        return None;
    };
    Some(BufReader::new(GzDecoder::new(file)).lines().map(Result::unwrap).collect())
}

/// Scans of one split, `Training` or `Validation`.
fn scans(split: &str) -> Option<BTreeMap<String, Scan>> {
    let mut scans: BTreeMap<String, Scan> = BTreeMap::new();
    for line in lines("vid_ground_truth.csv.gz")?.iter().skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        if f[0] == split && f[3] == "body" {
            let point = [f[4], f[5], f[6]].map(|v| v.parse().unwrap());
            scans.entry(f[1].to_owned()).or_default().insert(f[2].to_owned(), point);
        }
    }
    Some(scans)
}

/// Seen from the side, mm: anterior (-y) to the right, caudal (-z) down. The subject faces right.
fn lateral(points: &[Point; 5]) -> VertebraKeypoints {
    VertebraKeypoints::from_xy(points.map(|p| (-p[1], -p[2]))).unwrap()
}

fn shape(points: &[Point; 5]) -> SpineShape {
    SpineShape::new(&lateral(points), Some([1.0, 1.0])).unwrap()
}

fn chain(scan: &Scan, levels: [&str; 5]) -> Option<[Point; 5]> {
    let points: Option<Vec<Point>> = levels.iter().map(|l| scan.get(*l).copied()).collect();
    points?.try_into().ok()
}

fn mean_and_covariance(vectors: &[[f64; 6]]) -> ([f64; 6], [[f64; 6]; 6]) {
    let n = vectors.len() as f64;
    let mean: [f64; 6] = std::array::from_fn(|i| vectors.iter().map(|v| v[i]).sum::<f64>() / n);
    let covariance = std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let products = vectors.iter().map(|v| (v[i] - mean[i]) * (v[j] - mean[j]));
            products.sum::<f64>() / (n - 1.0)
        })
    });
    (mean, covariance)
}

fn assert_close(what: &str, got: f64, committed: f64) {
    let tolerance = 1e-4 * committed.abs().max(1e-3);
    assert!((got - committed).abs() <= tolerance, "{what}: derived {got}, committed {committed}");
}

#[test]
fn committed_distributions_are_those_of_the_training_scans() {
    let Some(scans) = scans("Training") else { return };
    let above = ["T12", "L1", "L2", "L3", "L4"];
    let below = ["L2", "L3", "L4", "L5", "L6"];
    let far_above = ["T11", "T12", "L1", "L2", "L3"];
    let expected_counts = [1729, 1763, 46, 1712];
    for ((levels, n), committed) in [LUMBAR, above, below, far_above]
        .into_iter()
        .zip(expected_counts)
        .zip([L1_L5, T12_L4, L2_L6, T11_L3])
    {
        let shapes = scans.values().filter_map(|s| chain(s, levels)).map(|p| shape(&p));
        let vectors: Vec<[f64; 6]> = shapes.map(|s| s.vector()).collect();
        assert_eq!(vectors.len(), n);
        let (mean, covariance) = mean_and_covariance(&vectors);
        let flat = |m: &[[f64; 6]; 6]| m.iter().flatten().copied().collect::<Vec<f64>>();
        for (got, committed) in mean.iter().zip(&committed.mean) {
            assert_close("mean", *got, *committed);
        }
        for (got, committed) in flat(&covariance).iter().zip(flat(&committed.covariance)) {
            assert_close("covariance", *got, committed);
        }
    }
}

/// The value that a share `alpha` of `values` exceeds, linear between order statistics.
fn upper_quantile(mut values: Vec<f64>, alpha: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (1.0 - alpha) * (values.len() - 1) as f64;
    let (i, rest) = (at.floor() as usize, at.fract());
    values[i] + rest * (values[(i + 1).min(values.len() - 1)] - values[i])
}

#[test]
fn committed_limits_flag_one_and_five_percent_of_the_training_spines() {
    let Some(scans) = scans("Training") else { return };
    let spines: Vec<[Point; 5]> = scans.values().filter_map(|s| chain(s, LUMBAR)).collect();
    let scores: Vec<ShapeScore> = spines.iter().map(|p| ShapeScore::new(&shape(p))).collect();
    let lengths: Vec<f64> = scores.iter().map(|s| s.shape.length).collect();
    let n = lengths.len() as f64;
    let mean = lengths.iter().sum::<f64>() / n;
    let sd = (lengths.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    for (alpha, limits) in
        [(0.01, PlausibilityLimits::ONE_PERCENT), (0.05, PlausibilityLimits::FIVE_PERCENT)]
    {
        // The same share for each of the three checks, so that together they flag alpha.
        let flagged = |share: f64| {
            let limit =
                |f: fn(&ShapeScore) -> f64| upper_quantile(scores.iter().map(f).collect(), share);
            let limits = [
                limit(|s| s.squared_distance),
                limit(ShapeScore::greatest_z),
                limit(|s| s.shift_log_ratio),
            ];
            let hit = |s: &&ShapeScore| {
                s.squared_distance > limits[0]
                    || s.greatest_z() > limits[1]
                    || s.shift_log_ratio > limits[2]
            };
            (limits, scores.iter().filter(hit).count() as f64 / n)
        };
        let (mut low, mut high) = (0.0, alpha);
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            if flagged(middle).1 <= alpha { low = middle } else { high = middle }
        }
        let ([shape, z, shift], share) = flagged(low);
        assert!(share <= alpha, "{share}");
        assert_close("shape", shape, limits.shape);
        assert_close("z", z, limits.z);
        assert_close("shift", shift, limits.shift);
        assert_close("shortest", mean - 4.0 * sd, limits.length_mm[0]);
        assert_close("longest", 1.3 * (mean + 4.0 * sd), limits.length_mm[1]);
    }
}

/// One way to call five of a scan's detected bodies L1 to L5.
struct Labelling {
    points: [Point; 5],
    /// Greatest distance of a point from the vertebra it is called, mm.
    error: f64,
}

/// Detected bodies of one scan from above, and whether the network called them lumbar.
fn detected(line: &str) -> (String, Vec<(Point, bool)>) {
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    let bodies =
        value["kp"].as_array().unwrap().iter().filter(|k| k["type"]["keypoint_type"] == "body");
    let mut bodies: Vec<(Point, bool)> = bodies
        .map(|k| {
            let place = k["coordinates"]["world_space"].as_array().unwrap();
            let point = std::array::from_fn(|i| place[i].as_f64().unwrap());
            (point, k["type"]["spine_segment"] == "L")
        })
        .collect();
    bodies.sort_by(|a, b| b.0[2].total_cmp(&a.0[2]));
    (value["scan"].as_str().unwrap().to_owned(), bodies)
}

fn labelling(points: &[Point], truth: &[Point; 5]) -> Option<Labelling> {
    let points: [Point; 5] = points.try_into().ok()?;
    let distance = |a: &Point, b: &Point| (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt();
    let errors = points.iter().zip(truth).map(|(a, b)| distance(a, b));
    let error = errors.fold(0.0, f64::max);
    Some(Labelling { points, error })
}

/// `[wrong, wrong and flagged, right, right and flagged]`; wrong: any point over 15 mm off.
fn count(labellings: &[Labelling], limits: &PlausibilityLimits) -> [usize; 4] {
    let mut counts = [0; 4];
    for l in labellings {
        let odd = check_plausibility(&lateral(&l.points), Some([1.0, 1.0]), limits);
        let at = if l.error > 15.0 { 0 } else { 2 };
        counts[at] += 1;
        counts[at + 1] += usize::from(!odd.is_empty());
    }
    counts
}

#[test]
fn faulty_detections_are_flagged() {
    let Some(truths) = scans("Validation") else { return };
    let Some(detections) = lines("vid_predictions_validation.jsonl.gz") else { return };
    let truths: BTreeMap<&String, [Point; 5]> =
        truths.iter().filter_map(|(name, scan)| Some((name, chain(scan, LUMBAR)?))).collect();
    let true_spines: Vec<Labelling> = truths.values().filter_map(|t| labelling(t, t)).collect();
    let mut lowest_lumbar = Vec::new();
    let mut highest_lumbar = Vec::new();
    let mut every_run = Vec::new();
    for (scan, bodies) in detections.iter().map(|line| detected(line)) {
        let Some(truth) = truths.get(&scan) else { continue };
        let lumbar: Vec<Point> = bodies.iter().filter(|b| b.1).map(|b| b.0).collect();
        lowest_lumbar.extend(labelling(&lumbar[lumbar.len().saturating_sub(5)..], truth));
        highest_lumbar.extend(labelling(&lumbar[..lumbar.len().min(5)], truth));
        let all: Vec<Point> = bodies.iter().map(|b| b.0).collect();
        every_run.extend(all.windows(5).filter_map(|run| labelling(run, truth)));
    }
    let mut table = Vec::new();
    for set in [&true_spines, &lowest_lumbar, &highest_lumbar, &every_run] {
        for limits in [PlausibilityLimits::ONE_PERCENT, PlausibilityLimits::FIVE_PERCENT] {
            let counts = count(set, &limits);
            table.push(counts);
        }
    }
    assert_eq!(table, EXPECTED);
}

/// `[wrong, flagged, right, flagged]` of each set, at 1 % and at 5 %.
const EXPECTED: [[usize; 4]; 8] = [
    [0, 0, 153, 1], // true centres
    [0, 0, 153, 8],
    [15, 2, 138, 0], // the five lowest that were detected as lumbar
    [15, 2, 138, 8],
    [4, 4, 149, 0], // the five highest
    [4, 4, 149, 9],
    [637, 362, 150, 0], // every run of five
    [637, 502, 150, 9],
];
