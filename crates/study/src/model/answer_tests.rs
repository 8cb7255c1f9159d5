use super::*;
use serde_json::json;

fn found(certainty: Option<KeypointCertainty>, verdict: Verdict) -> FoundPoints {
    let keypoints = VertebraKeypoints::from_xy([1., 2., 3., 4., 5.].map(|y| (10.5, 20.0 * y)));
    let heat = [1.0; 5];
    let chain = json!({"heat": heat, "beside": heat[..2], "shape": 1.0, "shift": -1.0});
    let margins = json!({"higher": 9.0, "lower": 9.0});
    let evidence = json!({
        "seen": chain, "turned": chain, "share": 1.0, "margins": margins, "change": 0.0,
        "apart": 0.0,
    });
    let keypoints = keypoints.unwrap();
    FoundPoints {
        keypoints,
        certainty,
        facing: vertebra_keypoints::facing(Some(Facing::Left), &keypoints, None, || None),
        verdict,
        lateral_lumbar: 0.99,
        upright: 0.98,
        points_right: 0.9,
        evidence: serde_json::from_value(evidence).unwrap(),
        int8: false,
        warnings: vec!["L2: not the highest peak".to_owned()],
    }
}

fn certainty(probability: Option<f64>) -> Option<KeypointCertainty> {
    Some(KeypointCertainty { within_mm: 5.0, probability })
}

fn of_points(found: FoundPoints, force: bool) -> Answer {
    Answer::of_points(Path::new("a.dcm"), found, force)
}

#[test]
fn a_detector_gives_points_and_says_why_it_gives_no_risk() {
    let answer = of_points(found(certainty(Some(0.93)), Verdict::ok()), false);
    let value = serde_json::to_value(&answer).unwrap();
    assert_eq!(value["keypoints_found"], json!({"within_mm": 5.0, "probability": 0.93}));
    assert_eq!(value["log_hazard"], json!(null));
    assert_eq!((&value["ok"], &value["why"]), (&json!(true), &json!(NO_RISK)));
    assert!(value.get("verdict").is_none() && value.get("reasons").is_none(), "{value}");
    assert_eq!((&value["trust"]["points_right"], value.get("forced")), (&json!(0.9), None));
    let point = json!({"level": "L1", "x": 10.5, "y": 20.0, "confidence": 1.0});
    assert_eq!(value["keypoints"][0], point);
    let text = answer.to_string();
    let expected = "a.dcm\n  verdict: ok\n  L1  x    10.5  y    20.0  confidence 1.00\n";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("all points within 5 mm with probability 0.93\n"), "{text}");
    assert!(text.contains("  faces left as stated, probability 1.00\n"), "{text}");
    assert_eq!(value["facing"], json!({"facing": "left", "probability": 1.0, "by": "stated"}));
    assert!(text.ends_with("  warning: L2: not the highest peak\n"), "{text}");
}

#[test]
fn a_film_that_is_no_lumbar_one_gets_no_points_unless_they_are_forced() {
    let verdict = Verdict::ok().with(Doubt::NotLateralLumbar { probability: 0.03, limit: 0.5 });
    let refused = of_points(found(None, verdict.clone()), false);
    let value = serde_json::to_value(&refused).unwrap();
    assert_eq!((&value["ok"], &value["why"]), (&json!(false), &json!(NOT_OK)));
    assert_eq!(value["reasons"], json!(["not_lateral_lumbar"]));
    assert!(value["verdict"].as_str().unwrap().starts_with("not a lateral lumbar film"));
    assert_eq!(value["doubts"][0]["probability"], 0.03);
    assert!(value["keypoints"].is_null() && value["risk"] == json!([]), "{value}");
    let text = refused.to_string();
    assert!(text.contains("verdict: not ok, not a lateral") && !text.contains("L1"), "{text}");

    assert_eq!(value.get("int8"), None);

    let forced = of_points(FoundPoints { int8: true, ..found(None, verdict.clone()) }, true);
    let value = serde_json::to_value(&forced).unwrap();
    assert_eq!((&value["ok"], &value["forced"]), (&json!(false), &json!(true)));
    assert!(value["keypoints"].is_array() && value["int8"] == json!(true));
    assert!(forced.to_string().contains("8-bit integers"), "{forced}");
    assert!(forced.to_string().contains("FORCED"), "{forced}");
    let options = AnswerOptions::default().with_overlay(Some("a.png".into()));
    assert_eq!(options.overlay_of(&verdict), None);
    assert!(options.with_force(true).overlay_of(&verdict).is_some());
}

#[test]
fn a_film_that_cannot_be_read_has_a_verdict_too() {
    let answer = Answer::unreadable(Path::new("a.dcm"), &"a.dcm: no pixels");
    let value = serde_json::to_value(&answer).unwrap();
    assert_eq!(value["reasons"], json!(["unreadable"]));
    assert!(value["keypoints"].is_null() && value["trust"].is_null(), "{value}");
    assert_eq!(answer.to_string(), "a.dcm\n  verdict: not ok, cannot be read: a.dcm: no pixels\n");
}

#[test]
fn what_is_not_known_comes_with_its_reason() {
    let uncalibrated = of_points(found(None, Verdict::ok()), false);
    let value = serde_json::to_value(&uncalibrated).unwrap();
    let expected = json!({"within_mm": null, "probability": null, "why": NOT_CALIBRATED});
    assert_eq!(value["keypoints_found"], expected);
    assert!(!uncalibrated.to_string().contains("all points"));
    let mut beyond = of_points(found(certainty(None), Verdict::ok()), false);
    beyond.log_hazard = Some(-0.25);
    beyond.risk = vec![
        AnsweredRisk { horizon: 1.0, probability: Some(0.042), why: None },
        AnsweredRisk { horizon: 9.0, probability: None, why: Some(BEYOND) },
    ];
    let text = beyond.to_string();
    assert!(text.contains(&format!("within 5 mm: not known, {LESS_THAN_ANY}\n")), "{text}");
    assert!(text.contains("  log hazard -0.250\n  risk by 1 year   4.2 %\n"), "{text}");
    assert!(text.contains(&format!("  risk by 9 years: {BEYOND}\n")), "{text}");
    let value = serde_json::to_value(&beyond).unwrap();
    assert_eq!(value["risk"][0], json!({"horizon": 1.0, "probability": 0.042}));
}
