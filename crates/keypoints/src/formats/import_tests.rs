//! The files of CVAT and of Label Studio.

use super::super::label_studio::label_studio_name;
use crate::{AnnotationSet, Level, VertebraKeypoints};

const CVAT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version>
<image id="0" name="a/film.png" width="300" height="400">
  <skeleton label="lumbar_spine" source="manual" z_order="0">
    <points label="L5" source="manual" outside="0" occluded="0" points="136.50,370.25"></points>
    <points label="L4" source="manual" outside="0" occluded="0" points="148.50,296.50"></points>
    <points label="L3" source="manual" outside="0" occluded="1" points="144.50,222.50"></points>
    <points label="L2" source="manual" outside="0" occluded="0" points="136.50,150.50"></points>
    <points label="L1" source="manual" outside="0" occluded="0" points="130.50,80.50"></points>
    <points label="S1" source="manual" outside="1" occluded="0" points="0.00,0.00"></points>
  </skeleton>
  <polygon label="L2" source="manual" occluded="0" points="116.5,135.5;156.5,135.5;156.5,165.5"></polygon>
  <box label="plate" occluded="0" xtl="1" ytl="1" xbr="5" ybr="5"></box>
</image>
<image id="1" name="unmarked.png" width="300" height="400"></image>
</annotations>"#;

fn label_studio() -> serde_json::Value {
    let region = |label: &str, x: f64, y: f64| {
        serde_json::json!({
            "type": "keypointlabels", "original_width": 200, "original_height": 400,
            "image_rotation": 0, "from_name": "kp", "to_name": "image",
            "value": {"x": x, "y": y, "width": 0.4, "keypointlabels": [label]}
        })
    };
    let mut result: Vec<_> = (1..=5)
        .map(|i| region(&format!("L{i}"), 40.0 + f64::from(i), 15.0 * f64::from(i)))
        .collect();
    result.push(serde_json::json!({
        "type": "polygonlabels", "original_width": 200, "original_height": 400,
        "image_rotation": 0,
        "value": {"points": [[40.0, 10.0], [50.0, 10.0], [50.0, 20.0]], "polygonlabels": ["L1"]}
    }));
    serde_json::json!([
        {"id": 1, "data": {"image": "/data/upload/1/1a2b3c4d-film-7.png"},
         "annotations": [{"was_cancelled": true, "result": []}, {"result": result}]},
        {"id": 2, "data": {"image": "/data/local-files/?d=films/x.png"}, "annotations": []}
    ])
}

#[test]
fn a_cvat_skeleton_and_its_outline_are_read_at_pixel_centres() {
    let set = AnnotationSet::from_cvat(CVAT, "annotations.xml").unwrap();
    assert_eq!(set.films.len(), 1);
    let film = set.get("a/film.png").unwrap();
    assert_eq!(film.size, Some([400, 300]));
    let expected = [(130., 80.), (136., 150.), (144., 222.), (148., 296.), (136., 369.75)];
    assert_eq!(film.keypoints, VertebraKeypoints::from_xy(expected).unwrap());
    let outline = film.vertebra(Level::L2).unwrap().polygon.clone().unwrap();
    assert_eq!(outline, vec![(116.0, 135.0), (156.0, 135.0), (156.0, 165.0)]);
}

#[test]
fn label_studio_per_cents_are_read_at_pixel_centres() {
    let set = AnnotationSet::from_label_studio(&label_studio().to_string(), "export.json").unwrap();
    assert_eq!(set.films.len(), 1);
    let film = set.get("film-7.png").unwrap();
    let l3 = film.keypoints.get(Level::L3);
    assert!((l3.x - 85.5).abs() < 1e-9 && (l3.y - 179.5).abs() < 1e-9);
    assert_eq!(film.vertebra(Level::L1).unwrap().polygon.as_ref().unwrap()[2], (99.5, 79.5));
    assert_eq!(label_studio_name("/data/local-files/?d=films/x.png"), "films/x.png");
    assert_eq!(label_studio_name("http://host/film.png"), "film.png");
}

#[test]
fn a_file_is_read_by_what_it_is_and_found_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (json, xml) =
        (folder.path().join("annotations.json"), folder.path().join("annotations.xml"));
    std::fs::write(&xml, format!("\u{feff}{CVAT}")).unwrap();
    assert_eq!(AnnotationSet::file_in(folder.path()), xml);
    let cvat = AnnotationSet::read(&xml).unwrap();
    assert_eq!(cvat, AnnotationSet::from_cvat(CVAT, "a.xml").unwrap());
    std::fs::write(&json, label_studio().to_string()).unwrap();
    assert_eq!(AnnotationSet::file_in(folder.path()), json);
    assert!(AnnotationSet::read(&json).unwrap().get("film-7.png").is_some());
    cvat.write(&json).unwrap();
    assert_eq!(AnnotationSet::read(&json).unwrap(), cvat);
}

#[test]
fn faults_name_file_image_and_what_came() {
    let cvat = |from: &str, to: &str| {
        AnnotationSet::from_cvat(&CVAT.replace(from, to), "a.xml").unwrap_err().to_string()
    };
    let four = cvat("label=\"L3\"", "label=\"T12\"");
    assert_eq!(four, "a.xml: image \"a/film.png\": expected 5 points L1 to L5, got 4 points");
    assert!(cvat("label=\"L3\"", "label=\"L4\"").contains("got L4 twice"));
    assert!(cvat("144.50,222.50", "x").contains("got \"x\" for L3"));
    assert!(cvat("144.50,222.50", "NaN,1").contains("NaN in L3"));
    assert!(cvat("144.50,222.50", "144,500").contains("L3 at x = 143.5, y = 499.5"));
    assert!(cvat("name=\"a/film.png\" ", "").contains("image \"id 0\": expected a name"));
    assert!(cvat("unmarked.png\" width=\"300\" height=\"400\">", "u\">").contains("\"u\""));
    let upside_down = cvat("136.50,370.25", "136.5,60.5");
    assert!(upside_down.contains("expected L5 below L1, got L1 at y = 80, L5 at y = 60"));
    let image = CVAT.split_inclusive("</image>").next().unwrap().split_once("<image").unwrap();
    let twice = CVAT.replacen("<image", &format!("<image{}<image", image.1), 1);
    let twice = AnnotationSet::from_cvat(&twice, "a.xml").unwrap_err().to_string();
    assert!(twice.contains("expected each film once"), "{twice}");
    assert!(cvat("width=\"300\" ", "").contains("expected width and height"));
    assert!(cvat("</annotations>", "").contains("expected CVAT XML"));

    let studio = |edit: fn(&mut serde_json::Value)| {
        let mut value = label_studio();
        edit(&mut value);
        AnnotationSet::from_label_studio(&value.to_string(), "e.json").unwrap_err().to_string()
    };
    let rotated = studio(|v| v[0]["annotations"][1]["result"][2]["image_rotation"] = 90.into());
    assert!(rotated.contains("image \"film-7.png\"") && rotated.contains("got 90"), "{rotated}");
    let four = studio(|v| {
        v[0]["annotations"][1]["result"].as_array_mut().unwrap().remove(0);
    });
    assert!(four.contains("got 4 points"), "{four}");
    let two = studio(|v| v[0]["annotations"][0] = v[0]["annotations"][1].clone());
    assert!(two.contains("more than one"), "{two}");
    let nameless = studio(|v| v[0]["data"] = serde_json::json!({"img": "x.png"}));
    assert!(nameless.contains("image \"task 1\": expected the film's address in data.image"));
    let unsized_ = studio(|v| {
        let region = v[0]["annotations"][1]["result"][3].as_object_mut().unwrap();
        region.remove("original_width");
    });
    assert!(unsized_.contains("original_height, got none for L4"), "{unsized_}");
    let torn = studio(|v| v[0]["annotations"][1]["result"][3]["original_width"] = 201.into());
    assert!(torn.contains("[400, 200] and [400, 201]"), "{torn}");
    let placeless = studio(|v| {
        let region = &mut v[0]["annotations"][1]["result"][3]["value"];
        region.as_object_mut().unwrap().remove("x");
    });
    assert!(placeless.contains("expected x and y, got neither for L4"), "{placeless}");
    assert!(studio(|v| *v = 3.into()).contains("expected Label Studio JSON"));
    let flat = studio(|v| {
        *v =
            serde_json::json!([{"id": 7, "image": "/data/upload/1/1a2b3c4d-film-7.png", "kp": []}]);
    });
    assert!(flat.contains("image \"task 7\": expected annotations of the task"), "{flat}");
    assert!(flat.contains("JSON-MIN"), "{flat}");
}
