//! What `annotations` makes of label maps, tables and files of tools.

#![allow(clippy::unwrap_used)] // in a test that is how it fails

use std::path::Path;
use std::process::Command;
use vertebra_keypoints::{AnnotationSet, FilmAnnotation, Level};
use vertebra_radiograph::{Radiograph, Spacing, write_npy, write_png16};

const CENTRES: [(f64, f64); 5] = [(60., 40.), (64., 75.), (67., 111.), (67., 148.), (62., 186.)];

fn picture(grey: impl Fn(f64, f64) -> f32) -> Radiograph {
    let pixels = (0..240 * 130).map(|i| grey((i % 130) as f64, (i / 130) as f64)).collect();
    Radiograph::new(240, 130, pixels, Spacing::UNKNOWN).unwrap()
}

/// Exit code and standard error.
fn annotations(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_annotations"));
    let program = program.current_dir(folder).args(["--films", "films"]).args(arguments);
    let output = program.output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn close(film: &FilmAnnotation, within: f64) {
    assert_eq!(film.size, Some([240, 130]));
    for (point, (x, y)) in film.keypoints.points().iter().zip(CENTRES) {
        assert!((point.x - x).hypot(point.y - y) <= within, "{point:?}, expected ({x}, {y})");
    }
}

#[test]
fn maps_and_tables_become_annotations_of_the_films() {
    let folder = tempfile::tempdir().unwrap();
    for sub in ["films/deep", "maps"] {
        std::fs::create_dir_all(folder.path().join(sub)).unwrap();
    }
    let film = picture(|x, y| ((x * 0.3).sin() + y * 0.01) as f32);
    for name in ["films/a.png", "films/deep/b.png"] {
        write_png16(folder.path().join(name), &film).unwrap();
    }
    // TotalSegmentator's numbers: 31 is L1.
    let map = picture(|x, y| {
        let inside = |c: &(f64, f64)| (x - c.0).abs() < 15.0 && (y - c.1).abs() < 12.0;
        CENTRES.iter().position(inside).map_or(0.0, |i| (31 - i) as f32)
    });
    write_npy(folder.path().join("maps/a.npy"), &map).unwrap();
    let (code, text) = annotations(folder.path(), &["maps", "--out", "films/annotations.json"]);
    assert_eq!((code, text.as_str()), (Some(0), "wrote 1 films to films/annotations.json\n"));
    let set = AnnotationSet::read(folder.path().join("films/annotations.json")).unwrap();
    close(set.get("a.png").unwrap(), 1e-9);
    assert!(set.films[0].polygons().iter().all(Option::is_some));

    let mut table = "film;point;x;y\n".to_owned();
    for (level, (x, y)) in Level::ALL.iter().zip(CENTRES) {
        table.push_str(&format!("b.png;{level};{x};{y}\nc.png;{level};{x};{y}\n"));
    }
    std::fs::write(folder.path().join("points.csv"), table).unwrap();
    let (code, text) = annotations(folder.path(), &["points.csv", "--out", "b.xml"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("1 annotated films are not in films, e.g. c.png"), "{text}");
    let set = AnnotationSet::read(folder.path().join("b.xml")).unwrap();
    close(set.get("deep/b.png").unwrap(), 0.0);

    let wrong = ["maps", "--labels", "1,2,3,4,5", "--out", "c.json"];
    let (code, text) = annotations(folder.path(), &wrong);
    assert_eq!(code, Some(1));
    let expected = "image \"a.png\": expected pixels of L1, 1, got none";
    assert!(text.contains(expected) && text.contains("a.npy"), "{text}");
}

#[test]
fn corners_of_a_vertebra_in_any_order_are_its_outline_and_six_points_are_read_by_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("films")).unwrap();
    let film = picture(|x, y| (x + y) as f32 / 400.0);
    write_png16(folder.path().join("films/a.png"), &film).unwrap();
    let mut corners = "film,level,x1,y1,x2,y2,x3,y3,x4,y4\n".to_owned();
    let mut six =
        "film,level,AS_x,AS_y,MS_x,MS_y,PS_x,PS_y,AI_x,AI_y,MI_x,MI_y,PI_x,PI_y\n".to_owned();
    for (level, (x, y)) in Level::ALL.iter().zip(CENTRES) {
        let [left, right, top, bottom] = [x - 15.0, x + 15.0, y - 12.0, y + 12.0];
        corners +=
            &format!("a.png,{level},{left},{top},{right},{bottom},{right},{top},{left},{bottom}\n");
        six += &format!(
            "a.png,{level},{left},{top},{x},{top},{right},{top},{left},{bottom},{x},{bottom},{right},{bottom}\n"
        );
    }
    for (name, text) in [("corners.csv", &corners), ("six.csv", &six)] {
        std::fs::write(folder.path().join(name), text).unwrap();
        let (code, text) = annotations(folder.path(), &[name, "--out", "films/annotations.json"]);
        assert_eq!(code, Some(0), "{text}");
        let set = AnnotationSet::read(folder.path().join("films/annotations.json")).unwrap();
        let film = set.get("a.png").unwrap();
        close(film, 1e-9);
        let vertebra = film.vertebra(Level::L3).unwrap();
        assert_eq!(vertebra.six_points.is_some(), name == "six.csv");
        assert_eq!(vertebra.polygon.is_some(), name == "corners.csv");
    }
    let wide = corners.replace("x1,y1", "u1,v1");
    std::fs::write(folder.path().join("wide.csv"), wide).unwrap();
    let (code, text) = annotations(folder.path(), &["wide.csv", "--out", "b.json"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("wide.csv line 2") && text.contains("AS_x, AS_y to PI_x"), "{text}");
}
