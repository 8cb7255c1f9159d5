//! The annotation page in Chromium, with a mouse and keys; what it saves is read by this crate.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)] // in a test that is how it fails

mod chromium;

use chromium::Browser;
use serde_json::json;
use std::path::Path;
use vertebra_keypoints::{AnnotationPage, AnnotationSet, Level, PageFilm, VertebraKeypoints};

const SIZE: [usize; 2] = [800, 400];

/// Stripes of half the film's size.
fn picture() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 200, 400);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&(0..200 * 400).map(|i| (i % 251) as u8).collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    bytes
}

fn centres() -> [(f64, f64); 5] {
    [100., 240., 380., 520., 660.].map(|y| (200.25, y))
}

/// The six points of the body about a centre.
fn six((x, y): (f64, f64)) -> [(f64, f64); 6] {
    [(-60., -45.), (0., -40.), (60., -45.), (-60., 45.), (0., 40.), (60., 45.)]
        .map(|(dx, dy)| (x + dx, y + dy))
}

/// Where a point of the film is in the window.
fn screen(browser: &mut Browser, point: (f64, f64)) -> (f64, f64) {
    let script = format!(
        "(() => {{ const p = toScreen([{}, {}]); const box = canvas.getBoundingClientRect(); \
         return [p[0] + box.left, p[1] + box.top]; }})()",
        point.0, point.1
    );
    let place = browser.evaluate(&script);
    (place[0].as_f64().unwrap(), place[1].as_f64().unwrap())
}

/// The middle of a button in the window, pressed.
fn press(browser: &mut Browser, id: &str) {
    let script = format!(
        "(() => {{ const b = element('{id}').getBoundingClientRect(); \
         return [b.left + b.width / 2, b.top + b.height / 2]; }})()"
    );
    let place = browser.evaluate(&script);
    browser.click("left", (place[0].as_f64().unwrap(), place[1].as_f64().unwrap()));
}

/// Presses Save and waits for the file.
fn save(browser: &mut Browser, folder: &Path) -> AnnotationSet {
    press(browser, "save");
    while browser.wait("Browser.downloadProgress")["state"] != "completed" {}
    let path = folder.join("annotations.json");
    let set = AnnotationSet::read(&path).unwrap();
    std::fs::rename(path, folder.join("saved.json")).unwrap();
    set
}

fn close(set: &AnnotationSet, name: &str, expected: [(f64, f64); 5], within: f64) {
    let film = set.get(name).unwrap_or_else(|| panic!("{name} was not saved"));
    assert_eq!(film.size, Some(SIZE));
    for (point, (x, y)) in film.keypoints.points().iter().zip(expected) {
        let distance = (point.x - x).hypot(point.y - y);
        assert!(distance <= within, "{name}: {point:?}, expected ({x}, {y})");
    }
}

#[test]
fn points_are_placed_dragged_and_taken_away_and_the_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let start = VertebraKeypoints::from_xy(centres()).unwrap();
    let films = vec![
        PageFilm::new("films/a & b.dcm", SIZE, &picture()).with_keypoints(&start),
        PageFilm::new("films/c.dcm", SIZE, &picture()).with_remark("no points were found"),
    ];
    AnnotationPage::new(films).write(&page).unwrap();
    let Some(mut browser) = Browser::open(&page, folder.path()) else {
        eprintln!("skipped: no Chromium");
        return;
    };

    // As it came: exactly the points that were given.
    let set = save(&mut browser, folder.path());
    assert_eq!(set.films.len(), 1, "the second film has no points");
    close(&set, "films/a & b.dcm", centres(), 0.0);

    // Dragged L1, L3 taken away with the right button and placed by a click.
    let [from, to] = [centres()[0], (150.0, 130.0)].map(|p| screen(&mut browser, p));
    browser.drag("left", from, to);
    let l3 = screen(&mut browser, centres()[2]);
    browser.click("right", l3);
    assert!(save(&mut browser, folder.path()).films.is_empty(), "L3 is absent");
    let l3 = screen(&mut browser, (210.0, 390.0));
    browser.click("left", l3);
    browser.key("ArrowRight"); // The placed point stays chosen where none is absent.
    let mut moved = centres();
    (moved[0], moved[2]) = ((150.0, 130.0), (211.0, 390.0));
    close(&save(&mut browser, folder.path()), "films/a & b.dcm", moved, 1.0);

    // Six points for each vertebra of the second film.
    browser.key("PageDown");
    browser.evaluate(
        "element('scheme').value = 'six'; element('scheme').dispatchEvent(new Event('change'))",
    );
    for point in centres().into_iter().flat_map(six) {
        let place = screen(&mut browser, point);
        browser.click("left", place);
    }
    let set = save(&mut browser, folder.path());
    close(&set, "films/c.dcm", centres(), 1.0);
    let l4 = set.get("films/c.dcm").unwrap().vertebra(Level::L4).unwrap().six_points.unwrap();
    for (got, expected) in l4.to_array().into_iter().zip(six(centres()[3])) {
        assert!((got.0 - expected.0).hypot(got.1 - expected.1) <= 1.0, "{got:?}, {expected:?}");
    }

    // Points that are taken away come back from the file.
    browser.evaluate("for (const one of FILMS) one.marks = emptyMarks(); goTo(0)");
    let document = browser.call("DOM.getDocument", json!({}));
    let query = json!({"nodeId": document["root"]["nodeId"], "selector": "#file"});
    let node = browser.call("DOM.querySelector", query)["nodeId"].clone();
    let file = folder.path().join("saved.json").display().to_string();
    browser.call("DOM.setFileInputFiles", json!({"nodeId": node, "files": [file]}));
    while browser.evaluate("isComplete(FILMS[1].marks)") != true {}
    let again = save(&mut browser, folder.path());
    assert_eq!(again, set);
}
