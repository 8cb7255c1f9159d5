//! A folder of anything, and what stands for one.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use support::{EXPLICIT, File};
use vertebra_radiograph::{
    Attribute, Deidentifier, FolderReport, OutputPattern, ReadOptions, find_films, is_folder,
    read_folder, read_headers,
};

fn film(patient: &str) -> File {
    let mut film = File::grey(EXPLICIT, 12);
    film.text(0x0010, 0x0020, b"LO", patient).text(0x0008, 0x0020, b"DA", "20200131");
    film.text(0x0008, 0x0018, b"UI", &format!("1.2.3.{}", patient.len()));
    film
}

/// A data set that is no picture.
fn report(class: &str, modality: &str) -> Vec<u8> {
    let mut file = File::empty(EXPLICIT);
    file.text(0x0008, 0x0016, b"UI", class).text(0x0008, 0x0060, b"CS", modality);
    file.bytes()
}

fn widths(folder: impl AsRef<Path>) -> FolderReport<usize> {
    read_folder(folder, &ReadOptions::default(), |_, film| film.width(), |_, _| {}).unwrap()
}

fn names<T>(list: &[(PathBuf, T)], folder: &Path) -> Vec<String> {
    let name = |path: &PathBuf| path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
    list.iter().map(|(path, _)| name(path)).collect()
}

#[test]
fn films_failures_and_what_is_no_picture_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("b.dcm", &film("A").bytes());
    write("a.dcm", &film("B").bytes());
    write("cut.dcm", &film("C").bytes()[..900]);
    write("notes.txt", b"not a film");
    write("sr", &report("1.2.840.10008.5.1.4.1.1.88.11", "SR"));
    write("ko", &report("1.2.840.10008.5.1.4.1.1.88.59", "KO"));
    write("pr", &report("", "PR"));
    // A film without rows and pixels is a film that cannot be read.
    write("empty.dcm", &report("1.2.840.10008.5.1.4.1.1.1.1", "DX"));
    let done = widths(folder.path());
    assert_eq!(names(&done.films, folder.path()), ["a.dcm", "b.dcm"]);
    assert_eq!(names(&done.failures, folder.path()), ["cut.dcm", "empty.dcm"]);
    assert_eq!(names(&done.not_pictures, folder.path()), ["ko", "pr", "sr"]);
    assert!(done.not_pictures[0].1.contains("KO") && done.not_pictures[2].1.contains("SR"));
    assert_eq!(done.skipped, [folder.path().join("notes.txt")]);
    let headers = read_headers(folder.path(), &ReadOptions::default(), |_, _| {}).unwrap();
    assert_eq!((headers.films.len(), headers.not_pictures.len()), (3, 3));
    // What is a film is found without reading it; those that cannot be read are among them.
    write("picture.png", b"\x89PNG\r\n\x1a\n");
    let found = find_films(folder.path(), &ReadOptions::default()).unwrap();
    let films = ["a.dcm", "b.dcm", "cut.dcm", "empty.dcm", "picture.png"];
    assert_eq!(names(&found.films, folder.path()), films);
    assert_eq!((found.not_pictures.len(), found.skipped.len()), (3, 1));
    std::fs::remove_file(folder.path().join("picture.png")).unwrap();
    let copies = folder.path().with_extension("copies");
    let copied = Deidentifier::new(b"key").folder(folder.path(), &copies, |_, _| {}).unwrap();
    assert_eq!(names(&copied.not_pictures, folder.path()), ["ko", "pr", "sr"]);
    std::fs::remove_dir_all(copies).unwrap();
}

#[test]
#[cfg(unix)]
fn links_in_circles_and_names_of_any_bytes_are_no_obstacle() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &[u8]| folder.path().join(std::ffi::OsStr::from_bytes(name));
    std::fs::write(place(b"f\xE4hre.dcm"), film("A").bytes()).unwrap();
    std::os::unix::fs::symlink(folder.path(), place(b"again")).unwrap();
    std::os::unix::fs::symlink(place(b"loop"), place(b"loop")).unwrap();
    std::os::unix::fs::symlink(place(b"f\xE4hre.dcm"), place(b"link.dcm")).unwrap();
    let done = widths(folder.path());
    assert_eq!((done.films.len(), done.failures.len()), (2, 1));
    assert!(done.failures[0].1.to_string().contains("loop"));
}

fn zip(path: &Path, members: &[(&str, &[u8])]) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (i, (name, bytes)) in members.iter().enumerate() {
        let stored = [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated][i % 2];
        let options = zip::write::SimpleFileOptions::default().compression_method(stored);
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
}

#[test]
fn an_archive_is_read_as_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("films.zip");
    let (one, two) = (film("A").bytes(), film("BB").bytes());
    zip(
        &path,
        &[("x/a.dcm", &one), ("../../b.dcm", &two), ("c.txt", b"text"), ("d.dcm", &one[..200])],
    );
    assert!(is_folder(&path) && !is_folder(folder.path().join("nothing")));
    let done = widths(&path);
    assert_eq!(names(&done.films, &path), ["b.dcm", "x/a.dcm"]);
    assert_eq!((names(&done.failures, &path), done.skipped.len()), (vec!["d.dcm".into()], 1));
    assert_eq!(read_headers(&path, &ReadOptions::default(), |_, _| {}).unwrap().films.len(), 2);
    let found = find_films(&path, &ReadOptions::default()).unwrap().films;
    assert_eq!(names(&found, &path), ["b.dcm", "d.dcm", "x/a.dcm"]);
    let read = |i: usize| found[i].1.read(&ReadOptions::default());
    assert!(read(0).is_ok() && read(1).unwrap_err().to_string().contains("films.zip"));
    let copies = folder.path().join("copies");
    assert_eq!(Deidentifier::new(b"k").folder(&path, copies, |_, _| {}).unwrap().films.len(), 2);
    // A member longer than the limit is refused, whatever the archive says of it.
    let mut options = vertebra_radiograph::Limits::default();
    options.bytes = 1000;
    let options = ReadOptions::default().with_limits(options);
    let done = read_folder(&path, &options, |_, _| (), |_, _| {}).unwrap();
    assert_eq!((done.films.len(), done.failures.len()), (0, 3));
    // A damaged archive is an error, not a folder without films.
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(read_folder(&path, &options, |_, _| (), |_, _| {}).is_err());
}

fn dicomdir(records: &[(&str, u16)]) -> Vec<u8> {
    let mut directory = File::empty(EXPLICIT);
    directory.remove(0x0008, 0x0060);
    let mut value = Vec::new();
    for (id, in_use) in records {
        let mut record = File::empty(EXPLICIT);
        record.remove(0x0008, 0x0060).word(0x0004, 0x1410, *in_use);
        record.text(0x0004, 0x1430, b"CS", "IMAGE").text(0x0004, 0x1500, b"CS", id);
        let mut sequence = File::empty(EXPLICIT);
        sequence.sequence(0x0004, 0x1220, &record);
        value.extend(sequence.value(0x0004, 0x1220));
    }
    directory.put(0x0004, 0x1220, b"SQ", &value).word(0x0004, 0x1212, 0);
    directory.bytes()
}

#[test]
fn a_dicomdir_is_read_as_the_folder_of_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("images");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(inside.join("im1"), film("A").bytes()).unwrap();
    std::fs::write(inside.join("im2"), film("B").bytes()).unwrap();
    std::fs::write(inside.join("im3"), film("C").bytes()).unwrap();
    let path = folder.path().join("DICOMDIR");
    let records = [("IMAGES\\IM1", 0xFFFF), ("IMAGES\\IM2", 0), ("IMAGES\\IM9", 0xFFFF)];
    std::fs::write(&path, dicomdir(&records)).unwrap();
    assert!(is_folder(&path));
    let done = widths(&path);
    assert_eq!(names(&done.films, folder.path()), ["images/im1"], "in use, whatever its case");
    assert_eq!(names(&done.failures, folder.path()), ["images/IM9"]);
    // Within a folder the directory itself is no picture.
    let done = widths(folder.path());
    assert_eq!(
        (done.films.len(), names(&done.not_pictures, folder.path())),
        (3, vec!["DICOMDIR".into()])
    );
    // It cannot lead out of its folder.
    std::fs::write(&path, dicomdir(&[("..\\SECRET", 0xFFFF)])).unwrap();
    let error = read_headers(&path, &ReadOptions::default(), |_, _| {}).unwrap_err().to_string();
    assert!(error.contains("names within the folder"), "{error}");
}

#[test]
fn each_film_gets_a_name_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.dcm"), film("P/1").bytes()).unwrap();
    std::fs::write(folder.path().join("b.dcm"), film("p/1").bytes()).unwrap();
    std::fs::write(folder.path().join("c.txt"), "text").unwrap();
    let names = |pattern: &str| {
        let pattern: OutputPattern = pattern.parse().unwrap();
        let names = pattern.names(folder.path(), &ReadOptions::default())?;
        let name = |path: PathBuf| path.to_string_lossy().into_owned();
        Ok::<Vec<String>, vertebra_radiograph::Error>(names.into_values().map(name).collect())
    };
    assert_eq!(
        names("{patient}_{date}_{n:2}.png").unwrap(),
        ["P_1_20200131_01.png", "p_1_20200131_02.png"]
    );
    assert_eq!(names("{name}.npy").unwrap(), ["a.npy", "b.npy"]);
    // Names that differ in case alone are one on many file systems.
    for pattern in ["{date}.png", "{patient}.png"] {
        let error = names(pattern).unwrap_err().to_string();
        assert!(error.contains("a.dcm") && error.contains("b.dcm"), "{error}");
    }
    // No film is overwritten, nor anything else.
    let films = format!("{}/{{name}}.dcm", folder.path().display());
    assert!(names(&films).unwrap_err().to_string().contains("exists"));
}

#[test]
fn attributes_are_read_as_text_whatever_their_vr() {
    let mut film = film("Ä-1");
    film.words(0x0028, 0x3002, b"US", &[1, 2, 3]).put(0x0009, 0x1001, b"OB", &[1, 2, 3, 4]);
    let asked = ["PatientID", "(0018,1164)", "0028,3002", "(0009,1001)", "KVP", "Rows"];
    let asked: Vec<Attribute> = asked.iter().map(|name| name.parse().unwrap()).collect();
    let options = ReadOptions::default().with_attributes(asked);
    let read = options.read_bytes(&film.bytes()).unwrap();
    let got = read.acquisition().attributes.iter();
    let got: Vec<String> = got.map(|(name, value)| format!("{name} = {value}")).collect();
    assert_eq!(
        got,
        [
            "(0009,1001) = 4 bytes",
            "(0018,1164) = 0.2\\0.2",
            "0028,3002 = 1\\2\\3",
            "PatientID = Ä-1",
            "Rows = 37"
        ]
    );
    for bad in ["PatientsName", "(0018,116)", "0002,0010", ""] {
        assert!(bad.parse::<Attribute>().is_err(), "{bad}");
    }
}
