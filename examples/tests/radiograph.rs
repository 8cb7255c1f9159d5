//! The program `radiograph` on folders, streams and outputs of many kinds.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use vertebra_radiograph::{DicomImage, Radiograph, encode_dicom};

fn film(patient: &str) -> Vec<u8> {
    let pixels: Vec<u16> = (0..600).map(|i| i * 6).collect();
    let film = DicomImage::new(20, 30, &pixels, 12);
    encode_dicom(&DicomImage { patient_id: patient, study_date: "20200131", ..film }).unwrap()
}

fn radiograph(arguments: &[&OsStr]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_radiograph"));
    command.args(arguments).output().unwrap()
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Runs the program in a folder of two films, one of a name that is not UTF-8.
fn on_films(folder: &Path, arguments: &[&str]) -> Output {
    let films = folder.join("films");
    if !films.exists() {
        std::fs::create_dir(&films).unwrap();
        std::fs::write(films.join(OsStr::from_bytes(b"f\xE4hre.dcm")), film("A")).unwrap();
        std::fs::write(films.join("b.dcm"), film("B")).unwrap();
        std::fs::write(films.join("notes.txt"), "text").unwrap();
    }
    let mut all = vec![films.as_os_str()];
    all.extend(arguments.iter().map(OsStr::new));
    radiograph(&all)
}

#[test]
fn a_folder_is_a_line_for_each_film_and_a_count() {
    let folder = tempfile::tempdir().unwrap();
    let output = on_films(folder.path(), &["--tag", "PatientID", "--tag", "(0028,0101)"]);
    let (lines, count) = said(&output);
    assert!(output.status.success() && count.contains("2 films, 0 failures"), "{count}");
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["PatientID"], &lines[0]["(0028,0101)"]), (&"B".into(), &"12".into()));
    assert!(lines[1]["file"].as_str().unwrap().ends_with("f\u{FFFD}hre.dcm"));
    let table = said(&on_films(folder.path(), &["--csv", "--header", "--tag", "StudyDate"])).0;
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    let column = |name| rows[0].iter().position(|column| *column == name).unwrap();
    assert_eq!((rows.len(), rows[1][column("StudyDate")]), (3, "20200131"));
    assert_eq!(
        (rows[2][column("frames")], rows[2][column("presentation_intent")]),
        ("1", "FOR PRESENTATION")
    );
}

#[test]
fn a_folder_of_failures_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cut.dcm"), &film("A")[..700]).unwrap();
    let output = radiograph(&[folder.path().as_os_str()]);
    assert_eq!(output.status.code(), Some(1));
    let (_, why) = said(&output);
    assert!(why.contains("0 films, 1 failures") && why.contains("no film could be read"), "{why}");
    // One that can be read is enough.
    std::fs::write(folder.path().join("film.dcm"), film("A")).unwrap();
    assert_eq!(radiograph(&[folder.path().as_os_str()]).status.code(), Some(0));
}

#[test]
fn each_film_of_a_folder_becomes_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let png = place("out/{patient}_{date}_{n}.png").display().to_string();
    let npy = place("out/{n:3}.npy").display().to_string();
    let output =
        on_films(folder.path(), &["--png", &png, "--npy", &npy, "--bits", "8", "--resize", "15"]);
    assert!(output.status.success(), "{}", said(&output).1);
    let written = Radiograph::open(place("out/B_20200131_1.png")).unwrap();
    assert_eq!((written.height(), written.width()), (10, 15));
    assert_eq!(written.provenance().bits_stored, 8);
    assert!(place("out/A_20200131_2.png").exists());
    let values = Radiograph::open(place("out/002.npy")).unwrap();
    assert_eq!((values.height(), values.width()), (10, 15));
    // Again it would overwrite them, and with one name for both it would lose one.
    for pattern in [png, place("x/{date}.png").display().to_string()] {
        let output = on_films(folder.path(), &["--png", &pattern]);
        assert_eq!(output.status.code(), Some(1), "{pattern}");
    }
    assert!(!place("x").exists());
}

#[test]
fn contact_sheets_have_pages() {
    let folder = tempfile::tempdir().unwrap();
    let films = folder.path().join("films");
    std::fs::create_dir(&films).unwrap();
    for i in 0..7 {
        std::fs::write(films.join(format!("{i}.dcm")), film("A")).unwrap();
    }
    let sheet = folder.path().join("sheet.png");
    let arguments = [
        films.as_os_str(),
        OsStr::new("--png"),
        sheet.as_os_str(),
        OsStr::new("--page-rows"),
        OsStr::new("1"),
    ];
    assert!(radiograph(&arguments).status.success());
    // 20 rows, a gap of 2 and a name of 9; borders and gaps of 4.
    let size = |path: &Path| Radiograph::open(path).map(|page| (page.height(), page.width()));
    assert_eq!(size(&sheet).unwrap(), (39, 6 * 34 + 4));
    assert_eq!(size(&folder.path().join("sheet-2.png")).unwrap(), (39, 38));
    assert!(!folder.path().join("sheet-3.png").exists());
}

/// The program with a film as its standard input.
fn streamed(film: &[u8], arguments: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_radiograph"))
        .arg("-")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), film).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_film_comes_from_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (npy, copy, key) = (at("a.npy"), at("copy.dcm"), at("key"));
    let output = streamed(&film("SECRET"), &["--json", "--npy", &npy]);
    assert!(said(&output).0.contains("\"width\":30"), "{}", said(&output).1);
    assert!(Path::new(&npy).exists());
    std::fs::write(&key, "secret").unwrap();
    assert!(streamed(&film("SECRET"), &["--deidentify", &copy, "--key", &key]).status.success());
    let copied = std::fs::read(&copy).unwrap();
    assert!(!copied.windows(6).any(|w| w == b"SECRET"));
    // A second time the copy exists.
    let again = streamed(&film("SECRET"), &["--deidentify", &copy, "--key", &key]);
    assert_eq!((again.status.code(), std::fs::read(&copy).unwrap() == copied), (Some(1), true));
    let bad = streamed(b"no film", &[]);
    assert!(said(&bad).1.starts_with("error: standard input: expected"), "{}", said(&bad).1);
}

#[test]
fn windows_spacing_and_polarity_are_stated() {
    let folder = tempfile::tempdir().unwrap();
    let png = folder.path().join("grey.png");
    let picture = Radiograph::new(1, 2, vec![0.0, 1.0], vertebra_radiograph::Spacing::UNKNOWN);
    vertebra_radiograph::write_png16(&png, &picture.unwrap()).unwrap();
    let flags = ["--json", "--spacing-mm", "0.15,0.2", "--bone", "dark", "--window", "none"];
    let mut arguments = vec![png.as_os_str()];
    arguments.extend(flags.map(OsStr::new));
    let output = radiograph(&arguments);
    let line: serde_json::Value = serde_json::from_str(&said(&output).0).unwrap();
    assert_eq!((&line["spacing"]["row_mm"], &line["inverted"]), (&0.15.into(), &true.into()));
    let output = streamed(&film("A"), &["--json", "--window", "2000,100"]);
    let line: serde_json::Value = serde_json::from_str(&said(&output).0).unwrap();
    assert_eq!(line["voi"], "linear");
    // A picture is never written over itself.
    let output = radiograph(&[png.as_os_str(), OsStr::new("--png"), png.as_os_str()]);
    assert_eq!(output.status.code(), Some(1));
}
