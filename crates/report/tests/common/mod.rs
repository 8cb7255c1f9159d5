//! A study of invented numbers, of the size of the quick preset, with every part filled.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use serde_json::json;
use std::collections::BTreeMap;
use vertebra_alignment::ImageVariant;
use vertebra_cohort::{Characteristic, EligibilityFlow, ExclusionStep, SelectedFilms, TableOne};
use vertebra_evaluation::{Estimate, Figure, Headline, Interval, IntervalMethod, OverFolds};
use vertebra_evaluation::{Reason, Undefined};
use vertebra_keypoints::Level;
use vertebra_report::results::*;

pub fn results() -> StudyResults {
    let mut results = StudyResults::new(run(), flow(), split(), table_one(), outcome());
    results.missing = vec![MissingCovariate::new("bmi", 9, 3, "median 24.1")];
    results.keypoints = keypoints();
    results.variants = variants();
    results.models = models();
    results.comparisons = comparisons();
    results.risk_groups = vec![risk_groups()];
    results.saliency = Some(saliency());
    let note = "AUC at 5 years is undefined for women: no woman is still at risk.";
    results.notes.push(note.to_owned());
    results
}

fn run() -> RunRecord {
    let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned();
    let mut run = RunRecord::new("phantom-quick-1", "quick", 1);
    run.phantom = true;
    run.version = "0.1.0".to_owned();
    run.revision = Some("1a2b3c4".to_owned());
    run.device = "CPU (flex)".to_owned();
    run.config = "seed = 1\n[folds]\nn = 5\n[keypoints]\nnetwork = \"small\"\n".to_owned();
    run.inputs = BTreeMap::from([
        ("cohort.csv".to_owned(), digest.clone()),
        ("films/S0001-1.dcm".to_owned(), digest),
    ]);
    run.seconds = vec![
        ("Keypoints".to_owned(), 92.1),
        ("Variants".to_owned(), 71.4),
        ("Models".to_owned(), 122.9),
    ];
    run
}

fn flow() -> EligibilityFlow {
    let step = |reason: &str, excluded, not_recorded| {
        ExclusionStep::new(reason, excluded).with_not_recorded(not_recorded)
    };
    let steps = vec![
        step("Younger than 50 years", 0, 0),
        step("Fragility fracture at baseline", 61, 0),
        step("One visit only", 74, 0),
        step("No neutral lateral radiographs", 22, 0),
        step("Follow-up shorter than 6 months", 6, 0),
        step("Anti-osteoporotic drug", 17, 4),
        step("Poor image quality", 14, 0),
    ];
    let films = |subject| SelectedFilms::new(subject, 0, vec![1]);
    EligibilityFlow::new(634, steps, (0..440).map(films).collect()).unwrap()
}

fn split() -> SplitSummary {
    let size = |n, events| SetSize { n, events };
    let folds = vec![size(60, 19), size(60, 19), size(60, 18), size(60, 18), size(60, 18)];
    SplitSummary::new("by seed, stratified by event", size(300, 92), size(140, 43), folds)
}

fn table_one() -> TableOne {
    let n = 440;
    let test: Vec<bool> = (0..n).map(|i| i >= 300).collect();
    let wave = |i: usize, k: usize| ((i * k) % 97) as f64 / 97.0 - 0.5;
    let number = |mean: f64, sd: f64, k: usize| -> Vec<Option<f64>> {
        (0..n).map(|i| Some(mean + 3.46 * sd * wave(i, k))).collect()
    };
    let flag = |share: f64, k: usize| -> Vec<Option<bool>> {
        (0..n).map(|i| Some(wave(i, k) + 0.5 < share)).collect()
    };
    let mut bmi = number(24.0, 3.6, 31);
    (0..12).for_each(|i| bmi[i * 36] = None);
    let rows = [
        Characteristic::numbers("Age, years", number(60.4, 6.2, 17)),
        Characteristic::flags("Female sex", flag(0.75, 29)),
        Characteristic::numbers("BMI, kg/m²", bmi),
        Characteristic::flags("Glucocorticoids", flag(0.52, 41)),
        Characteristic::flags("Secondary osteoporosis", flag(0.06, 7)),
        Characteristic::flags("Rheumatoid arthritis", flag(0.04, 11)),
        Characteristic::flags("Previous fracture", flag(0.0, 5)),
        Characteristic::numbers("Follow-up, years", number(3.3, 1.4, 13)),
        Characteristic::flags("Incident fracture", flag(0.31, 19)),
    ];
    TableOne::new(["Development", "Test"], &test, &rows).unwrap()
}

fn outcome() -> OutcomeSummary {
    let mut outcome = OutcomeSummary::new("films (morphometry)", 135, 1452.3);
    outcome.median_follow_up = Some(3.42);
    outcome.fractures = Level::ALL.into_iter().zip([48, 36, 25, 19, 14]).collect();
    outcome.reference = Some("440 films of this cohort, each sex, trimmed at 3 SD".to_owned());
    outcome
}

fn keypoints() -> KeypointResults {
    let fold = |n, ap, mm: f64| {
        KeypointFold::new(n, [ap, 1.0, ap + 0.02], mm / 0.35).with_mean_error_mm(Some(mm))
    };
    let level = |(level, mean): (Level, f64)| {
        LevelError::of(level, vec![0.5 * mean, 0.85 * mean, mean, 2.3 * mean]).unwrap()
    };
    let picture = |i: usize| {
        let caption = "Annotated (ring) and detected (cross) centres of L1 to L5";
        Picture::new(format!("pictures/keypoints-{i}.png"), caption)
    };
    let mut keypoints = KeypointResults::default();
    keypoints.network = "HRNet, width 8, 1.2 M parameters, input 256 x 192".to_owned();
    keypoints.sigmas = [0.05; 5];
    keypoints.area = "area of the box around L1 to L5".to_owned();
    keypoints.folds = vec![fold(60, 0.962, 1.21), fold(60, 0.958, 1.34), fold(60, 0.971, 1.12)];
    keypoints.test = Some(fold(140, 0.966, 1.19));
    keypoints.levels = Level::ALL.into_iter().zip([1.3, 1.1, 1.0, 1.1, 1.5]).map(level).collect();
    keypoints.flagged = 3;
    keypoints.overlays = (0..4).map(picture).collect();
    keypoints
}

pub fn estimate(value: f64, half_width: f64) -> Estimate {
    let interval = Interval::new(value - half_width, (value + half_width).min(1.0), 0.95);
    Estimate::new(value, half_width / 1.96, interval)
}

fn headline(value: f64, half_width: f64) -> Headline {
    Headline::new(estimate(value, half_width), IntervalMethod::StudentisedLogitBootstrap)
}

/// A result type from its JSON.
fn of<T: serde::de::DeserializeOwned>(json: serde_json::Value) -> T {
    serde_json::from_value(json).unwrap()
}

pub fn undefined<T>() -> Figure<T> {
    Undefined::new(Reason::NotDefined, "the score is no probability").into()
}

fn variants() -> Vec<VariantResult> {
    let auc = [0.701, 0.693, 0.688, 0.671, 0.724, 0.702];
    ImageVariant::ALL
        .into_iter()
        .zip(auc)
        .map(|(variant, auc)| {
            let mut result = VariantResult::new(variant, 3.0, 0.21, headline(auc, 0.06));
            result.accuracy = of(json!({
                "sensitivity": share(0.69), "specificity": share(auc - 0.02),
                "ppv": share(0.41), "npv": share(0.88),
            }));
            result.fold_auc = vec![Some(auc - 0.03), None, Some(auc + 0.02)];
            result.chosen = variant == ImageVariant::Patches;
            result
        })
        .collect()
}

fn share(value: f64) -> serde_json::Value {
    json!({"value": value, "se": 0.04, "interval": null, "method": null})
}

fn models() -> Vec<ModelResult> {
    let covariates = ["age", "sex", "bmi", "glucocorticoids", "secondary_osteoporosis"];
    let mut models = Vec::new();
    for (clinical, n_covariates) in [(1, 2), (2, 3), (3, 5)] {
        let names: Vec<_> = covariates[..n_covariates].iter().map(|s| (*s).to_owned()).collect();
        let gain = 0.015 * clinical as f64;
        for (method, label, c) in [
            (Method::CoxPh, "CoxPH", 0.60),
            (Method::DeepSurv, "DeepSurv without images", 0.595),
            (Method::DeepSurvImage, "DeepSurv with images", 0.68),
        ] {
            let name = format!("Model {clinical}, {label}");
            models.push(model(name, method, Some(clinical), &names, c + gain));
        }
    }
    models.push(model("Image only".to_owned(), Method::ImageOnly, None, &[], 0.66));
    models.push(model("FRAX, MOF with BMD".to_owned(), Method::Frax, None, &[], 0.585));
    models.push(model("True hazard".to_owned(), Method::Oracle, None, &[], 0.802));
    models
}

fn model(
    name: String,
    method: Method,
    clinical: Option<usize>,
    covariates: &[String],
    c: f64,
) -> ModelResult {
    let sets = [
        (EvaluationSet::CrossValidation, Subgroup::All, SetSize { n: 300, events: 92 }, 0.058),
        (EvaluationSet::CrossValidation, Subgroup::Women, SetSize { n: 226, events: 74 }, 0.066),
        (EvaluationSet::Test, Subgroup::All, SetSize { n: 140, events: 43 }, 0.085),
        (EvaluationSet::Test, Subgroup::Women, SetSize { n: 104, events: 33 }, 0.098),
    ];
    let fitted = !matches!(method, Method::Frax | Method::Oracle);
    let discrimination = sets
        .into_iter()
        .enumerate()
        .map(|(i, (set, subgroup, size, half))| {
            let c = c - 0.008 * i as f64;
            let spread = if i < 2 { 0.012 } else { 0.003 };
            let folds = [c - spread, c + 0.004, c + spread];
            let folds = if fitted { folds.to_vec() } else { Vec::new() };
            Discrimination::new(set, subgroup, size, headline(c, half))
                .with_bca(Some(Interval::new(c - half - 0.004, c + half - 0.003, 0.95)))
                .with_uno(Figure::Defined(estimate(c - 0.01, half)))
                .with_over_folds(OverFolds::of(folds, 0.95))
        })
        .collect();
    let is_score = matches!(method, Method::Frax | Method::ImageOnly);
    let coefficient = |(i, name): (usize, &String)| {
        let coef = [0.062, 0.35, -0.041, 0.22, 0.61][i];
        let reach = 0.8 * f64::abs(coef);
        let interval = Interval::new(f64::exp(coef - reach), f64::exp(coef + reach), 0.95);
        let std_error = 0.4 * f64::abs(coef);
        let hazard_ratio = Estimate::new(f64::exp(coef), std_error * f64::exp(coef), interval);
        Coefficient::new(name, coef, std_error, hazard_ratio, 0.012)
    };
    let mut model = ModelResult::new(name, method);
    model.clinical = clinical;
    model.covariates = covariates.to_vec();
    model.discrimination = discrimination;
    model.horizons = [1.0, 3.0, 5.0]
        .into_iter()
        .map(|horizon| {
            let auc = estimate(c + 0.03 - 0.01 * horizon, 0.07 + 0.012 * horizon);
            let brier = if is_score { undefined() } else { brier(c, horizon) };
            HorizonResult::new(horizon, Figure::Defined(auc), accuracy(c, horizon), brier)
        })
        .collect();
    model.integrated_brier = match is_score {
        true => undefined(),
        false => of(json!({
            "span": [0.5, 5.0], "brier": 0.131, "se": 0.01, "reference": 0.16,
            "scaled": 0.18, "scaled_se": 0.05,
        })),
    };
    model.calibration = (!is_score).then(|| calibration(c));
    model.decision = (!is_score).then(|| decision(c));
    if method == Method::CoxPh {
        model.coefficients = covariates.iter().enumerate().map(coefficient).collect();
    }
    model
}

fn accuracy(c: f64, horizon: f64) -> Figure<vertebra_evaluation::discrimination::Accuracy> {
    let of_each = |value: f64| {
        json!({
            "sensitivity": value, "specificity": value, "ppv": value, "npv": value,
        })
    };
    let mut json = of_each(0.66);
    json["specificity"] = json!(c - 0.04);
    json["horizon"] = json!(horizon);
    json["std_errors"] = of_each(0.05);
    of(json)
}

fn brier(c: f64, horizon: f64) -> Figure<vertebra_evaluation::Brier> {
    of(json!({
        "horizon": horizon, "brier": 0.05 * horizon, "se": 0.01, "reference": 0.2,
        "scaled": c - 0.55, "scaled_se": 0.05,
    }))
}

fn calibration(c: f64) -> Calibration {
    let group = |i: usize| {
        let predicted = 0.06 + 0.09 * i as f64;
        let observed = predicted + (c - 0.62) * (i as f64 - 2.0) * 0.4 + 0.02;
        of(json!({
            "n_subjects": 28, "n_events": 8, "predicted": predicted,
            "observed": observed.max(0.01), "lower": (observed - 0.09).max(0.0),
            "upper": observed + 0.13, "level": 0.95,
        }))
    };
    let observed_expected = of(json!({
        "observed": 0.26, "expected": 0.25, "ratio": 1.04, "lower": 0.8, "upper": 1.3,
        "level": 0.95,
    }));
    let slope = of(json!({"slope": 0.91, "se": 0.1, "lower": 0.7, "upper": 1.1, "level": 0.95}));
    Calibration::new(3.0, (0..5).map(group).collect(), observed_expected, slope)
}

fn decision(c: f64) -> DecisionCurve {
    let thresholds: Vec<f64> = (1..=50).map(|i| f64::from(i) / 100.0).collect();
    let net = |share: f64, treated: f64, t: f64| share - (treated - share) * t / (1.0 - t);
    let sensitivity = |t: f64| 1.0 - t * (1.6 - c);
    let point = |&t: &f64| {
        let flagged = (1.0 - 1.4 * c * t).max(0.05);
        of(json!({
            "threshold": t, "flagged": flagged,
            "model": net(0.27 * sensitivity(t), flagged, t), "treat_all": net(0.27, 1.0, t),
        }))
    };
    DecisionCurve::new(3.0, thresholds.iter().map(point).collect())
}

fn comparisons() -> Vec<Comparison> {
    let pair = |set, subgroup, first: &str, second: &str, d: f64, p: f64| {
        let names = (first.to_owned(), second.to_owned());
        let difference = of(json!({
            "difference": d, "se": 0.0316, "lower": d - 0.062, "upper": d + 0.062, "level": 0.95,
            "z": d / 0.0316, "p": p,
        }));
        let size = SetSize { n: 140, events: 43 };
        Comparison::new(set, subgroup, names, size, difference).with_p_holm((3.0 * p).min(1.0))
    };
    let (cox, deep, image) =
        ("Model 3, CoxPH", "Model 3, DeepSurv without images", "Model 3, DeepSurv with images");
    [EvaluationSet::Test, EvaluationSet::CrossValidation]
        .into_iter()
        .flat_map(|set| {
            [
                pair(set, Subgroup::All, image, cox, 0.080, 0.011),
                pair(set, Subgroup::All, image, deep, 0.085, 0.007),
                pair(set, Subgroup::All, image, "Image only", 0.065, 0.04),
            ]
        })
        .collect()
}

fn risk_groups() -> RiskGroups {
    let group = |label: &str, hazard: f64, n: usize, events: usize| {
        let times: Vec<f64> = (1..=30).map(|i| f64::from(i) * 0.19).collect();
        let survival: Vec<f64> = times.iter().map(|t| (-hazard * t).exp()).collect();
        let width = |s: &f64| 0.9 * (1.0 - s) * 0.5;
        let lower: Vec<f64> = survival.iter().map(|s| s - width(s)).collect();
        let upper: Vec<f64> = survival.iter().map(|s| (s + 0.6 * width(s)).min(1.0)).collect();
        let at_risk = |t: i32| (n as f64 * (-0.3 * f64::from(t)).exp()) as usize;
        of(json!({
            "label": label, "n": n, "events": events, "times": times, "survival": survival,
            "lower": lower, "upper": upper, "level": 0.95,
            "at_risk": (0..6).map(at_risk).collect::<Vec<usize>>(),
        }))
    };
    let groups = vec![
        group("low", 0.035, 47, 6),
        group("middle", 0.08, 46, 13),
        group("high", 0.19, 47, 24),
    ];
    let log_rank = of(json!({
        "n": [47, 46, 47], "observed": [6.0, 13.0, 24.0], "expected": [14.3, 14.2, 14.5],
        "chi_square": 20.3, "df": 2, "p": 0.00004,
    }));
    let times = (0..6).map(f64::from).collect();
    RiskGroups::new("Model 3, DeepSurv with images".to_owned(), groups, log_rank, times)
}

fn saliency() -> SaliencyResults {
    let model = "Model 3, DeepSurv with images";
    let mut saliency = SaliencyResults::new(model, ["Grad-CAM", "occlusion"]);
    let shares = |shares: [f64; 5]| Level::ALL.into_iter().zip(shares).collect();
    saliency.mass_with_event = shares([0.28, 0.24, 0.19, 0.16, 0.13]);
    saliency.mass_without_event = shares([0.22, 0.21, 0.2, 0.19, 0.18]);
    saliency.shown = [true, false].map(shown).to_vec();
    let at =
        |k: i32| CohortRisk::of(f64::from(k), (0..40).map(|i| f64::from(i * k) / 400.0).collect());
    saliency.cohort_risk = (1..=5).filter_map(at).collect();
    let mut check = MapCheck::new("Grad-CAM", 12);
    check.random_weights = Some(0.04);
    check.on_vertebrae = [Some(0.61), Some(0.33), None];
    check.area_of_vertebrae = Some(0.31);
    saliency.checks = vec![check];
    saliency
}

fn shown(event: bool) -> ShownSubject {
    let name = format!("pictures/{}-event-1", if event { "with" } else { "without" });
    let points = [10.0, 25.0, 40.0, 55.0, 70.0].map(|y| (30.0, y));
    let film = ShownFilm::new(format!("{name}-film.png"), [80, 60], points);
    let why =
        if event { "Later fracture: highest predicted risk of 43" } else { "No fracture seen" };
    let aligned = format!("{name}-aligned.png");
    let mut shown = ShownSubject::new(why, (event, 2.5), 0.4, film, aligned);
    for (method, file) in [("Grad-CAM", "grad-cam"), ("Occlusion", "occlusion")] {
        shown.maps.push(ShownMap::new(method, format!("{name}-{file}.png"), [-0.2, 0.31]));
    }
    shown.risk = vec![0.05, 0.1, 0.2, 0.3, 0.35];
    shown
}

/// A small grey PNG of 60 x 80 px, written by hand: stored (uncompressed) deflate blocks.
pub fn png() -> Vec<u8> {
    let (width, height) = (60u32, 80u32);
    let mut raw = Vec::new();
    for y in 0..height {
        raw.push(0);
        raw.extend((0..width).map(|x| ((x * 3 + y * 2) % 200) as u8));
    }
    let mut data = vec![0x78, 0x01, 0x01];
    data.extend((raw.len() as u16).to_le_bytes());
    data.extend((!(raw.len() as u16)).to_le_bytes());
    data.extend(&raw);
    let (mut a, mut b) = (1u32, 0u32);
    for byte in &raw {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    data.extend(((b << 16) | a).to_be_bytes());
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 0, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, body) in [(b"IHDR", header), (b"IDAT", data), (b"IEND", Vec::new())] {
        file.extend((body.len() as u32).to_be_bytes());
        let start = file.len();
        file.extend(kind);
        file.extend(&body);
        let crc = crc32(&file[start..]);
        file.extend(crc.to_be_bytes());
    }
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
