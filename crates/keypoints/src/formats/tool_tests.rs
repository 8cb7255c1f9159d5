//! Files of annotation tools with outlines, masks and six points; and what is written for them.

use crate::{AnnotationSet, FilmAnnotation, Level, SixPoints, VertebraAnnotation};
use crate::{Error, VertebraKeypoints};
use serde_json::{Value, json};

/// A body of 40 x 30 px about each of five centres.
const CENTRES: [(f64, f64); 5] =
    [(50.0, 20.25), (52.0, 60.5), (55.0, 101.0), (54.0, 140.0), (49.0, 181.0)];

fn six((x, y): (f64, f64)) -> [(f64, f64); 6] {
    [(-20., -15.), (0., -13.), (20., -15.), (-20., 15.), (0., 12.5), (20., 15.)]
        .map(|(dx, dy)| (x + dx, y + dy))
}

fn outline((x, y): (f64, f64)) -> Vec<(f64, f64)> {
    [(-20., -15.), (20., -15.), (20., 15.), (-20., 15.)].map(|(dx, dy)| (x + dx, y + dy)).to_vec()
}

/// As tools measure it.
fn corner(points: &[(f64, f64)]) -> Vec<[f64; 2]> {
    points.iter().map(|p| [p.0 + 0.5, p.1 + 0.5]).collect()
}

fn film(name: &str) -> FilmAnnotation {
    let vertebrae = Level::ALL.map(|level| {
        let (centre, vertebra) = (CENTRES[level.index()], VertebraAnnotation::new(level));
        match level {
            Level::L4 => vertebra,
            Level::L5 => vertebra.with_polygon(outline(centre)),
            _ => {
                vertebra.with_six_points(SixPoints::from(six(centre))).with_polygon(outline(centre))
            }
        }
    });
    let marked = vertebrae.into_iter().filter(|v| v.level != Level::L4).collect();
    FilmAnnotation::new(name, [210, 120], VertebraKeypoints::from_xy(CENTRES).unwrap(), marked)
}

fn assert_close(got: &FilmAnnotation, expected: &FilmAnnotation) {
    assert_eq!((&got.file_name, got.size), (&expected.file_name, expected.size));
    let close = |a: (f64, f64), b: (f64, f64)| {
        assert!((a.0 - b.0).hypot(a.1 - b.1) < 1e-9, "got {a:?}, expected {b:?}");
    };
    for (a, b) in got.keypoints.points().iter().zip(expected.keypoints.points()) {
        close((a.x, a.y), (b.x, b.y));
    }
    assert_eq!(got.vertebrae.len(), expected.vertebrae.len());
    for (a, b) in got.vertebrae.iter().zip(&expected.vertebrae) {
        assert_eq!(a.level, b.level);
        let points = |v: &VertebraAnnotation| {
            let six = v.six_points.map(|six| six.to_array().to_vec()).unwrap_or_default();
            [six, v.polygon.clone().unwrap_or_default()].concat()
        };
        let (a, b) = (points(a), points(b));
        assert_eq!(a.len(), b.len());
        a.into_iter().zip(b).for_each(|(a, b)| close(a, b));
    }
}

#[test]
fn what_is_written_for_tools_is_read_back() {
    let set = AnnotationSet::new(vec![film("a/1 & \"2\".dcm"), film("<b>.png")]);
    let folder = tempfile::tempdir().unwrap();
    let (xml, json) = (folder.path().join("a.xml"), folder.path().join("a.json"));
    set.write_cvat(&xml).unwrap();
    set.write_label_studio(&json).unwrap();
    for path in [xml, json] {
        let read = AnnotationSet::read(&path).unwrap();
        assert_eq!(read.films.len(), 2);
        read.films.iter().zip(&set.films).for_each(|(a, b)| assert_close(a, b));
    }
    let sizeless = FilmAnnotation { size: None, ..film("c.png") };
    let error = AnnotationSet::new(vec![sizeless]).write_cvat("never.xml").unwrap_err();
    assert!(matches!(error, Error::Undefined { .. }), "{error}");
}

#[test]
fn skeletons_of_six_points_give_the_centres() {
    let skeleton = |level: Level| {
        let points = corner(&six(CENTRES[level.index()]));
        let names = ["AS", "ms", "PS", "anterior inferior", "MI", "6"];
        let points = names.iter().zip(points).map(|(name, p)| {
            format!("<points label=\"{name}\" outside=\"0\" points=\"{},{}\"/>", p[0], p[1])
        });
        format!("<skeleton label=\"{level}\">{}</skeleton>", points.collect::<String>())
    };
    let skeletons: String = Level::ALL.map(skeleton).concat();
    let xml = format!(
        "<annotations><image name=\"f.png\" width=\"120\" height=\"210\">{skeletons}</image>\
         </annotations>"
    );
    let set = AnnotationSet::from_cvat(&xml, "a.xml").unwrap();
    assert_eq!(set.films[0].keypoints, VertebraKeypoints::from_xy(CENTRES).unwrap());
    let points = set.films[0].vertebra(Level::L2).unwrap().six_points.unwrap();
    assert_eq!(points.to_array(), six(CENTRES[1]));

    let fault = |from: &str, to: &str| {
        AnnotationSet::from_cvat(&xml.replacen(from, to, 1), "a.xml").unwrap_err().to_string()
    };
    let missing = fault("label=\"ms\" outside=\"0\"", "label=\"ms\" outside=\"1\"");
    assert!(missing.ends_with("expected the points AS, MS, PS, AI, MI, PI of L1, got no MS"));
    let swapped = fault("label=\"ms\"", "label=\"MX\"").replace("MX", "");
    assert!(swapped.contains("got no MS"), "{swapped}");
    let upset = xml.replacen("AS", "tmp", 1).replacen("anterior inferior", "AS", 1);
    let upset = AnnotationSet::from_cvat(&upset.replacen("tmp", "AI", 1), "a.xml").unwrap_err();
    assert!(upset.to_string().contains("superior points of L1 above"), "{upset}");
}

#[test]
fn grouped_keypoints_of_label_studio_take_the_level_of_their_parent() {
    let per_cent = |[x, y]: [f64; 2]| (x / 1.2, y / 2.1);
    let mut result = Vec::new();
    for level in Level::ALL {
        let size = json!({"original_width": 120, "original_height": 210});
        let mut add = |mut region: Value| {
            region.as_object_mut().unwrap().extend(size.as_object().unwrap().clone());
            result.push(region);
        };
        add(json!({"id": level.name(), "type": "rectanglelabels",
            "value": {"x": 1.0, "y": 1.0, "rectanglelabels": [level.name()]}}));
        let points = corner(&six(CENTRES[level.index()]));
        for (name, (x, y)) in
            ["AS", "MS", "PS", "AI", "MI", "PI"].iter().zip(points.into_iter().map(per_cent))
        {
            add(json!({"type": "keypointlabels", "parentID": level.name(),
                "value": {"x": x, "y": y, "keypointlabels": [name]}}));
        }
    }
    let tasks = json!([{"id": 1, "data": {"image": "f.png"}, "annotations": [{"result": result}]}]);
    let set = AnnotationSet::from_label_studio(&tasks.to_string(), "e.json").unwrap();
    let centre = set.films[0].keypoints.get(Level::L5);
    assert!((centre.x - 49.0).abs() < 1e-9 && (centre.y - 181.0).abs() < 1e-9, "{centre:?}");
    assert_eq!(set.films[0].vertebrae.len(), 5);
}

/// Five polygons and a disc of VIA 2.
fn via() -> Value {
    let region = |level: Level| {
        let points = corner(&outline(CENTRES[level.index()]));
        let (xs, ys): (Vec<f64>, Vec<f64>) = points.into_iter().map(|[x, y]| (x, y)).unzip();
        json!({"shape_attributes": {"name": "polygon", "all_points_x": xs, "all_points_y": ys},
            "region_attributes": {"vertebra": level.name()}})
    };
    let mut regions = Level::ALL.map(region).to_vec();
    regions[3]["region_attributes"] = json!({"kind": {"L4": true, "L5": false}});
    regions.push(json!({"shape_attributes": {"name": "circle", "cx": 1, "cy": 1, "r": 3},
        "region_attributes": {"vertebra": "L4-L5"}}));
    json!({"f.png99": {"filename": "f.png", "size": 99, "regions": regions, "file_attributes": {}},
        "g.png9": {"filename": "g.png", "size": 9, "regions": [], "file_attributes": {}}})
}

#[test]
fn outlines_of_via_give_the_centres_without_a_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("via.json");
    let mut numbered = via();
    let regions = numbered["f.png99"]["regions"].as_array().unwrap().clone();
    let regions = regions.into_iter().enumerate().map(|(i, r)| (i.to_string(), r));
    numbered["f.png99"]["regions"] = Value::Object(regions.collect());
    for file in [via(), json!({"_via_settings": {}, "_via_img_metadata": via()}), numbered] {
        std::fs::write(&path, file.to_string()).unwrap();
        let set = AnnotationSet::read(&path).unwrap();
        assert_eq!((set.films.len(), set.films[0].size), (1, None));
        for (point, (x, y)) in set.films[0].keypoints.points().iter().zip(CENTRES) {
            assert!((point.x - x).hypot(point.y - y) < 1e-9, "{point:?}");
        }
        assert_eq!(set.films[0].polygons()[2], Some(outline(CENTRES[2])));
    }
    let mut four = via();
    four["f.png99"]["regions"].as_array_mut().unwrap().remove(0);
    let error = AnnotationSet::from_via(&four.to_string(), "v.json").unwrap_err().to_string();
    assert_eq!(error, "v.json: image \"f.png\": expected 5 points L1 to L5, got 4 points");
}

#[test]
fn a_folder_of_labelme_files_is_named_from_above_it() {
    let shapes = Level::ALL.map(|level| {
        let outline = corner(&outline(CENTRES[level.index()]));
        json!({"label": level.name(), "points": outline, "shape_type": "polygon", "group_id": null})
    });
    let file = |name: &str| {
        json!({"version": "5.5.0", "shapes": shapes, "imagePath": name, "imageData": null,
            "imageHeight": 210, "imageWidth": 120})
    };
    let folder = tempfile::tempdir().unwrap();
    let marks = folder.path().join("annotations");
    std::fs::create_dir(&marks).unwrap();
    std::fs::write(marks.join("b.json"), file("..\\films\\b.png").to_string()).unwrap();
    std::fs::write(marks.join("a.json"), file("a.png").to_string()).unwrap();
    assert_eq!(AnnotationSet::file_in(folder.path()), marks);
    let set = AnnotationSet::read(&marks).unwrap();
    let names: Vec<&str> = set.films.iter().map(|film| film.file_name.as_str()).collect();
    assert_eq!(names, ["annotations/a.png", "films/b.png"]);
    assert_eq!(set.films[0].keypoints.points().map(|p| (p.x, p.y)), CENTRES);
    let one = AnnotationSet::read(marks.join("a.json")).unwrap();
    assert_eq!((one.films[0].file_name.as_str(), one.films[0].size), ("a.png", Some([210, 120])));
}

#[test]
fn run_length_masks_have_the_centres_of_their_pixels() {
    let text = include_str!("../../testdata/rle.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let set = AnnotationSet::from_coco(text, "rle.json").unwrap();
    let expected = file["info"]["centroids"].as_array().unwrap();
    for (point, expected) in set.films[0].keypoints.points().iter().zip(expected) {
        let (x, y) = (expected[0].as_f64().unwrap(), expected[1].as_f64().unwrap());
        assert!((point.x - x).hypot(point.y - y) < 1e-9, "{point:?}, expected {expected}");
    }
    for (from, to, expected) in [
        ("\"size\": [60, 40]", "\"size\": [60, 41]", "as many pixels as size"),
        ("\"height\": 60", "\"height\": 61", "expected a mask of L1 of the size of the film"),
        ("\"counts\": \"", "\"counts\": \" ", "as many pixels as size"),
    ] {
        let broken = AnnotationSet::from_coco(&text.replacen(from, to, 1), "rle.json");
        let error = broken.unwrap_err().to_string();
        assert!(error.contains("image \"film.png\"") && error.contains(expected), "{error}");
    }
}

#[test]
fn six_points_may_be_the_keypoints_of_one_coco_category() {
    let (mut names, mut numbers) = (Vec::new(), Vec::new());
    for level in Level::ALL {
        for (suffix, p) in
            ["AS", "MS", "PS", "AI", "MI", "PI"].iter().zip(six(CENTRES[level.index()]))
        {
            names.push(format!("{level}_{suffix}"));
            numbers.extend([p.0, p.1, 2.0]);
        }
    }
    let file = json!({"images": [{"id": 4, "file_name": "f.png"}],
        "categories": [{"id": 9, "name": "spine", "keypoints": names}],
        "annotations": [{"id": 1, "image_id": 4, "category_id": 9, "keypoints": numbers}]});
    let set = AnnotationSet::from_coco(&file.to_string(), "a.json").unwrap();
    assert_eq!(set.films[0].keypoints.points().map(|p| (p.x, p.y)), CENTRES);
    assert_eq!(set.films[0].vertebrae.len(), 5);
}
