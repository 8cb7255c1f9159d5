//! Nothing that could identify a person is left, and what belongs together stays together.
#![allow(clippy::unwrap_used)]

mod support;

use support::{BIG_ENDIAN, DEFLATED, EXPLICIT, File, IMPLICIT, picture};
use vertebra_radiograph::{Deidentifier, Grey, ReadOptions, Warning};

const SECRETS: [&str; 8] = [
    "Doe^Jane",
    "SECRET42",
    "19380712",
    "Mercy Hospital",
    "1.2.3.4.5",
    "Dr^House",
    "fell on stairs",
    "NESTED^NAME",
];

fn film(syntax: &str) -> File {
    let mut item = File::empty(syntax);
    item.remove(0x0008, 0x0060).text(0x0008, 0x1155, b"UI", "1.2.3.4.5.6");
    item.text(0x0010, 0x0010, b"PN", "NESTED^NAME").text(0x0008, 0x0070, b"LO", "Maker");
    let mut file = File::grey(syntax, 12);
    file.sequence(0x0008, 0x1140, &item);
    file.text(0x0008, 0x0016, b"UI", "1.2.840.10008.5.1.4.1.1.1.1");
    file.text(0x0008, 0x0018, b"UI", "1.2.3.4.5.6").text(0x0020, 0x000D, b"UI", "1.2.3.4.5");
    file.text(0x0008, 0x0020, b"DA", "20120304").text(0x0008, 0x0080, b"LO", "Mercy Hospital");
    file.text(0x0008, 0x0090, b"PN", "Dr^House").text(0x0010, 0x0010, b"PN", "Doe^Jane");
    file.text(0x0010, 0x0020, b"LO", "SECRET42").text(0x0010, 0x0030, b"DA", "19380712");
    file.text(0x0010, 0x0040, b"CS", "F").text(0x0010, 0x1010, b"AS", "073Y");
    file.text(0x0010, 0x4000, b"LT", "fell on stairs");
    file.text(0x0011, 0x0010, b"LO", "Doe^Jane").text(0x0018, 0x5101, b"CS", "LL");
    file
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

#[test]
fn no_secret_is_left_and_the_film_is_the_same() {
    for syntax in [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED] {
        let before = film(syntax).bytes();
        let (after, report) = Deidentifier::new(b"key").bytes(&before).unwrap();
        for secret in SECRETS {
            assert!(!contains(&after, secret), "{syntax}: {secret}");
        }
        for kept in ["MONOCHROME2", "0.2\\0.2", "LL", "YES", "1.2.840.10008.5.1.4.1.1.1.1"] {
            assert!(contains(&after, kept), "{syntax}: {kept}");
        }
        let read = ReadOptions::default().with_grey(Grey::Modality).read_bytes(&after).unwrap();
        let expected: Vec<f32> = picture(12).into_iter().map(f32::from).collect();
        assert_eq!(read.pixels(), expected);
        assert_eq!((read.view(), read.spacing().row_mm), (Some("LL"), 0.2));
        assert_eq!(report.replaced_uids, 3, "{report:?}");
        assert_eq!(report.removed.get("0011,0010"), Some(&1));
        assert!(matches!(report.warnings[..], [Warning::Guessed { .. }]));
    }
}

#[test]
fn pseudonyms_depend_on_the_key_and_the_subject_only() {
    let bytes = film(EXPLICIT).bytes();
    let with = |key: &[u8], bytes: &[u8]| Deidentifier::new(key).bytes(bytes).unwrap().0;
    assert_eq!(with(b"a", &bytes), with(b"a", &bytes));
    assert_ne!(with(b"a", &bytes), with(b"b", &bytes));
}

#[test]
fn dates_and_characteristics_stay_when_asked() {
    let deidentifier = Deidentifier::new(b"key").with_date_shift(-40).with_characteristics(true);
    let (after, report) = deidentifier.bytes(&film(EXPLICIT).bytes()).unwrap();
    assert!(contains(&after, "20120124") && !contains(&after, "20120304"));
    assert!(contains(&after, "073Y"));
    assert_eq!(report.shifted_dates, 1);
    let mut old = film(EXPLICIT);
    old.text(0x0010, 0x1010, b"AS", "093Y");
    assert!(!contains(&deidentifier.bytes(&old.bytes()).unwrap().0, "093Y"));
}

#[test]
fn compressed_pixels_stay_as_they_are() {
    let path = format!("{}/testdata/lossless_12_1.jpg", env!("CARGO_MANIFEST_DIR"));
    let mut film = film("1.2.840.10008.1.2.4.57");
    film.encapsulated(&[&std::fs::read(path).unwrap()]);
    let (after, _) = Deidentifier::new(b"key").bytes(&film.bytes()).unwrap();
    let read = ReadOptions::default().with_grey(Grey::Modality).read_bytes(&after).unwrap();
    assert_eq!(read.pixels()[44], f32::from(picture(12)[44]));
}

/// The reader knows attributes by tag, whatever VR a careless program gave them: were they removed
/// for their VR, the pixels would change without a word.
#[test]
fn what_the_pixels_depend_on_stays_whatever_its_vr() {
    let modality = |bytes: &[u8]| {
        ReadOptions::default().with_grey(Grey::Modality).read_bytes(bytes).unwrap().into_pixels()
    };
    for syntax in [EXPLICIT, BIG_ENDIAN] {
        let mut rescaled = File::grey(syntax, 12);
        rescaled.text(0x0028, 0x1053, b"LO", "2").text(0x0028, 0x1052, b"UN", "-5");
        rescaled.text(0x0028, 0x0004, b"LO", "MONOCHROME2");
        let mut item = File::empty(IMPLICIT);
        item.words(0x0028, 0x3002, b"US", &[4, 0, 16]).words(0x0028, 0x3006, b"OW", &[9, 8, 7, 6]);
        item.text(0x0010, 0x0010, b"PN", "NESTED^NAME");
        let mut implicit = File::empty(IMPLICIT);
        implicit.sequence(0x0028, 0x3000, &item);
        let value = implicit.value(0x0028, 0x3000).to_vec();
        let mut tabled = File::grey(syntax, 12);
        tabled.put(0x0028, 0x3000, b"UN", &value);
        for film in [rescaled, tabled] {
            let before = film.bytes();
            let (after, _) = Deidentifier::new(b"key").bytes(&before).unwrap();
            assert_eq!(modality(&after), modality(&before), "{syntax}");
            assert!(!contains(&after, "NESTED"));
        }
    }
}

#[test]
fn a_name_stored_as_a_code_goes() {
    let mut film = File::grey(EXPLICIT, 12);
    film.text(0x0008, 0x1070, b"CS", "OPERATOR NAME");
    let (after, report) = Deidentifier::new(b"key").bytes(&film.bytes()).unwrap();
    assert!(!contains(&after, "OPERATOR"));
    assert_eq!(report.emptied.get("0008,1070"), Some(&1));
}

#[test]
fn a_sequence_where_none_can_be_is_refused() {
    let mut film = File::grey(EXPLICIT, 12);
    film.sequence(0x0028, 0x1053, &File::empty(EXPLICIT));
    let error = Deidentifier::new(b"key").bytes(&film.bytes()).unwrap_err().to_string();
    assert_eq!(
        error,
        "the VR of (0028,1053): expected SQ for a sequence and for nothing else; got SQ"
    );
}

#[test]
fn a_folder_becomes_another_without_its_names() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    std::fs::create_dir_all(input.join("Doe Jane")).unwrap();
    let mut second = film(EXPLICIT);
    second.text(0x0008, 0x0018, b"UI", "1.2.3.4.5.7");
    std::fs::write(input.join("Doe Jane/a.dcm"), film(EXPLICIT).bytes()).unwrap();
    std::fs::write(input.join("b.dcm"), second.bytes()).unwrap();
    // The same instance again may not overwrite the first.
    std::fs::write(input.join("c.dcm"), second.bytes()).unwrap();
    std::fs::write(input.join("notes.txt"), "not a film").unwrap();
    // Another film of its UID is kept.
    second.text(0x0018, 0x5101, b"CS", "AP");
    std::fs::write(input.join("d.dcm"), second.bytes()).unwrap();
    let report = Deidentifier::new(b"key").folder(&input, &output, |_, _| {}).unwrap();
    assert_eq!((report.films.len(), report.failures.len(), report.skipped.len()), (3, 1, 1));
    let names: Vec<_> = report.films.iter().map(|(_, (new, _))| new.file_stem().unwrap()).collect();
    assert_eq!(names[2].to_string_lossy(), format!("{}-2", names[1].to_string_lossy()));
    assert!(report.failures[0].0.ends_with("c.dcm"), "the second by its path");
    let left = std::fs::read_dir(&output).unwrap().count();
    assert_eq!(left, 3, "no unfinished copy");
    for (_, (path, _)) in &report.films {
        let bytes = std::fs::read(path).unwrap();
        assert!(!contains(&bytes, "Doe") && !path.to_string_lossy().contains("Doe"));
        assert!(ReadOptions::default().read_bytes(&bytes).is_ok());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let uid = name.split('-').next().unwrap();
        assert!(contains(&bytes, uid), "named after its instance");
    }
}

fn treated(file: &File) -> Vec<u8> {
    Deidentifier::new(b"key").with_characteristics(true).bytes(&file.bytes()).unwrap().0
}

#[test]
fn values_that_break_their_vr_and_unknown_attributes_go() {
    let mut film = film(EXPLICIT);
    film.text(0x0018, 0x0015, b"CS", "Smith^John").text(0x0018, 0x0060, b"DS", "Smith");
    film.text(0x0020, 0x0011, b"IS", "tel 555").text(0x0018, 0x7777, b"CS", "SMITH");
    film.text(0x0028, 0x0301, b"CS", "NO Smith").text(0x0018, 0x1150, b"IS", "25");
    film.put(0x0008, 0x0000, b"UL", &[1, 2, 3, 4]);
    let after = treated(&film);
    assert!(!contains(&after, "Smith") && !contains(&after, "SMITH") && !contains(&after, "555"));
    assert!(contains(&after, "25") && !contains(&after, "\x08\0\0\0UL"));
}

#[test]
fn ages_above_89_go_in_every_unit() {
    for (age, stays) in
        [("089Y", true), ("1079M", true), ("1200M", false), ("5000W", false), ("090Y", false)]
    {
        let mut film = film(EXPLICIT);
        film.text(0x0010, 0x1010, b"AS", age);
        assert_eq!(contains(&treated(&film), age), stays, "{age}");
    }
}

#[test]
fn the_mark_of_modified_dates_is_there_once() {
    let once = treated(&film(EXPLICIT));
    let twice = Deidentifier::new(b"key").bytes(&once).unwrap().0;
    let mark = b"\x28\0\x03\x03CS";
    assert_eq!(twice.windows(mark.len()).filter(|w| w == mark).count(), 1);
}

#[test]
fn what_is_no_pixel_is_not_in_pixel_data() {
    let native: Vec<u8> =
        picture(12).into_iter().flat_map(|p| (p | 0x8000).to_le_bytes()).collect();
    let mut file = film(EXPLICIT);
    file.native(&[&native[..], b"Smith John"].concat()).word(0x6000, 0x0102, 15);
    let after = treated(&file);
    assert!(!contains(&after, "Smith"));
    let cleared: Vec<u8> = picture(12).into_iter().flat_map(u16::to_le_bytes).collect();
    assert!(after.ends_with(&cleared[cleared.len() - 100..]));
    let path = format!("{}/testdata/lossless_12_1.jpg", env!("CARGO_MANIFEST_DIR"));
    let frame = std::fs::read(path).unwrap();
    let noted = [&frame[..2], b"\xFF\xFE\0\x0ASmith Jo", &frame[2..], b"Smith"].concat();
    let mut file = film("1.2.840.10008.1.2.4.57");
    file.encapsulated(&[&noted, b"Smith Jo"]);
    let after = treated(&file);
    assert!(!contains(&after, "Smith"));
    let read = ReadOptions::default().with_grey(Grey::Modality).read_bytes(&after).unwrap();
    assert_eq!(read.pixels()[44], f32::from(picture(12)[44]));
}

#[test]
fn numbers_and_tables_that_are_text_go_whatever_their_vr() {
    let mut film = film(EXPLICIT);
    film.put(0x0018, 0x1150, b"UL", b"Smith Jo").put(0x0018, 0x0015, b"US", b"Smith Jo");
    film.put(0x0018, 0x9074, b"AE", b"Smith ");
    film.put(0x0028, 0x0003, b"US", b"Smith ").put(0x0028, 0x0120, b"US", b"Smith ");
    film.text(0x0018, 0x0060, b"DS", "555-1234").text(0x0018, 0x1401, b"CS", "ID 19380712");
    film.put(0x0028, 0x1201, b"OW", b"Smith John").text(0x0008, 0x0070, b"LO", "Smith^John");
    film.text(0x0010, 0x0040, b"CS", "SMITH").put(0x0010, 0x1010, b"AS", b"Sm\xEFth ");
    film.text(0x0008, 0x0016, b"UI", "1.2.840.10008.19380712");
    let after = treated(&film);
    for secret in ["Smith", "SMITH", "555-1234", "19380712"] {
        assert!(!contains(&after, secret), "{secret}");
    }
    assert!(!after.windows(4).any(|w| w == b"Sm\xEFt"));
    // A table is cut to its entries.
    let mut item = File::empty(EXPLICIT);
    item.words(0x0028, 0x3002, b"US", &[2, 0, 16]).put(
        0x0028,
        0x3006,
        b"OW",
        b"\x01\0\x02\0Smith!",
    );
    film.sequence(0x0028, 0x3010, &item);
    let after = treated(&film);
    assert!(!contains(&after, "Smith") && after.windows(4).any(|w| w == b"\x01\0\x02\0"));
    // What grey values are computed from cannot go without a word.
    film.text(0x0028, 0x1053, b"DS", "Smith");
    let error = Deidentifier::new(b"key").bytes(&film.bytes()).unwrap_err().to_string();
    assert!(error.contains("0028,1053") && !error.contains("Smith"), "{error}");
}

#[test]
fn bits_that_are_not_of_the_value_are_cleared_with_or_without_an_overlay_group() {
    for (signed, value, cleared) in [(0, 0x8123, 0x0123), (1, 0x8123, 0x0123), (1, 0x1923, 0xF923)]
    {
        let mut film = film(EXPLICIT);
        film.word(0x0028, 0x0103, signed);
        film.native(&u16::to_le_bytes(value).repeat(support::HEIGHT * support::WIDTH));
        let (after, report) = Deidentifier::new(b"key").bytes(&film.bytes()).unwrap();
        assert!(after.ends_with(&u16::to_le_bytes(cleared).repeat(9)));
        let count = (support::HEIGHT * support::WIDTH) as u64;
        assert!(report.warnings.contains(&Warning::BitsAboveHighBit { pixels: count }));
    }
}

#[test]
fn fragments_of_no_frame_and_false_offset_tables_go() {
    let path = format!("{}/testdata/lossless_12_1.jpg", env!("CARGO_MANIFEST_DIR"));
    let frame = std::fs::read(path).unwrap();
    let mut file = film("1.2.840.10008.1.2.4.57");
    // A second picture, which no reader shows.
    file.encapsulated(&[&frame, &frame, b"Smith"]);
    let (after, _) = Deidentifier::new(b"key").bytes(&file.bytes()).unwrap();
    let starts = after.windows(3).filter(|w| w == b"\xFF\xD8\xFF").count();
    assert_eq!((starts, contains(&after, "Smith")), (1, false));
    assert!(ReadOptions::default().read_bytes(&after).is_ok());
    file.encapsulated(&[b"Smith"]);
    let error = Deidentifier::new(b"key").bytes(&file.bytes()).unwrap_err().to_string();
    assert!(error.contains("expected a codestream"), "{error}");
}

#[test]
fn copies_are_not_written_among_the_originals() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.dcm"), film(EXPLICIT).bytes()).unwrap();
    for output in [folder.path().to_path_buf(), folder.path().join("copies")] {
        let error = Deidentifier::new(b"key").folder(folder.path(), output, |_, _| {}).unwrap_err();
        assert!(error.to_string().contains("apart from the films"), "{error}");
    }
    assert!(Deidentifier::new(b" \n").bytes(&film(EXPLICIT).bytes()).is_err());
}

#[test]
fn an_empty_key_and_an_existing_output_are_refused() {
    let bytes = film(EXPLICIT).bytes();
    let error = Deidentifier::new(b"").bytes(&bytes).unwrap_err().to_string();
    assert!(error.contains("key"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.dcm");
    std::fs::write(&path, &bytes).unwrap();
    assert!(Deidentifier::new(b"key").file(&path, &path).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}
