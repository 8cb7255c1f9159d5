//! What a caller may choose or state: windows by number, name or value, spacing, polarity.
#![allow(clippy::unwrap_used)]

mod support;

use support::{EXPLICIT, File};
use vertebra_radiograph::{
    Bone, Error, Grey, Radiograph, ReadOptions, Spacing, SpacingKind, Voi, VoiChoice, Warning,
    encode_png16,
};

/// A film of one row with two windows, `NORMAL` and `Größe` (in Latin-1), and a VOI LUT `TABLE`.
fn film() -> File {
    let mut table = File::empty(EXPLICIT);
    table.words(0x0028, 0x3002, b"US", &[2, 1, 12]).words(0x0028, 0x3006, b"OW", &[0, 4095]);
    table.text(0x0028, 0x3003, b"LO", "TABLE");
    let mut file = File::empty(EXPLICIT);
    file.layout(1, 3, 12).text(0x0028, 0x0004, b"CS", "MONOCHROME2").native(&[0, 0, 1, 0, 2, 0]);
    file.text(0x0028, 0x1050, b"DS", "1.5\\9").text(0x0028, 0x1051, b"DS", "3\\1");
    file.put(0x0028, 0x1055, b"LO", b"NORMAL \\Gr\xF6\xDFe ").sequence(0x0028, 0x3010, &table);
    file
}

fn read(file: &File, options: ReadOptions) -> Result<Radiograph, Error> {
    options.read_bytes(&file.bytes())
}

fn named(name: &str) -> ReadOptions {
    ReadOptions::default().with_voi(VoiChoice::Named(name.into()))
}

#[test]
fn a_window_or_table_is_chosen_by_its_name() {
    let film = film();
    let voi = |name| read(&film, named(name)).unwrap().provenance().voi;
    assert_eq!(voi("normal"), Voi::Linear { center: 1.5, width: 3.0 });
    assert_eq!(voi("GRÖßE"), Voi::Linear { center: 9.0, width: 1.0 });
    assert_eq!(voi(" Table"), Voi::Sequence { item: 0, entries: 2, first: 1, bits: 12 });
    let error = read(&film, named("bone")).unwrap_err().to_string();
    assert!(error.contains("one of \"NORMAL\", \"Größe\", \"TABLE\"; got \"bone\""), "{error}");
}

#[test]
fn a_window_that_leaves_nearly_nothing_to_see_is_a_warning() {
    let film = film();
    let saturated = |options| {
        let film = read(&film, options).unwrap();
        film.provenance().warnings.iter().any(|w| matches!(w, Warning::Saturated { .. }))
    };
    assert!(saturated(named("Größe")) && !saturated(named("NORMAL")));
    let given = |center, width| ReadOptions::default().with_voi(VoiChoice::Given(center, width));
    assert!(saturated(given(-10.0, 2.0)) && !saturated(given(1.0, 8.0)));
    assert!(!saturated(ReadOptions::default().with_voi(VoiChoice::None)));
    let error = read(&film, given(1.0, 0.0)).unwrap_err().to_string();
    assert!(error.contains("Window Width (0028,1051): expected at least 1; got 0"), "{error}");
}

#[test]
fn spacing_is_stated_for_films_that_carry_none() {
    let options = ReadOptions::default().with_spacing_mm([0.2, 0.25]);
    let mut film = film();
    let read = |film: &File| options.read_bytes(&film.bytes()).unwrap();
    let stated = read(&film);
    let expected = Spacing { row_mm: 0.2, col_mm: 0.25, kind: SpacingKind::Stated };
    assert_eq!(stated.spacing(), expected);
    assert_eq!(stated.provenance().spacing_stated_mm, Some([0.2, 0.25]));
    assert!(!stated.provenance().warnings.contains(&Warning::MissingSpacing));
    assert_eq!(options.read_header_bytes(&film.bytes()).unwrap().spacing, expected);
    film.text(0x0018, 0x1164, b"DS", "0.1\\0.1");
    let own = read(&film);
    assert_eq!(own.spacing().mm(), Some([0.1, 0.1]));
    assert_eq!(own.provenance().spacing_stated_mm, None);
    assert!(own.provenance().warnings.iter().any(|w| w.to_string().contains("which was used")));
    let micrometres = ReadOptions::default().with_spacing_mm([143.0, 143.0]);
    let error = micrometres.read_bytes(&film.bytes()).unwrap_err().to_string();
    assert!(error.contains("expected 0.005 to 10 mm; got 143 x 143"), "{error}");
}

#[test]
fn pictures_take_spacing_polarity_and_a_window_by_its_numbers() {
    let grey = Radiograph::new(1, 3, vec![0.0, 0.5, 1.0], Spacing::UNKNOWN).unwrap();
    let png = encode_png16(&grey).unwrap();
    let options = ReadOptions::default().with_spacing_mm([0.1, 0.1]).with_bone(Bone::Dark);
    let dark = options.read_bytes(&png).unwrap();
    assert_eq!((dark.pixels()[0], dark.pixels()[2]), (1.0, 0.0));
    assert_eq!(dark.spacing().kind, SpacingKind::Stated);
    let provenance = dark.provenance();
    assert_eq!((provenance.bone_stated, provenance.inverted), (Some(Bone::Dark), true));
    assert_eq!((provenance.spacing_stated_mm, &provenance.warnings[..]), (Some([0.1; 2]), &[][..]));
    // Stored 0, 32768 and 65535: a window from 32768 - 1000 to 32768 + 1000.
    let window = ReadOptions::default().with_voi(VoiChoice::Given(32768.5, 2001.0));
    let film = window.read_bytes(&png).unwrap();
    assert_eq!(film.pixels(), [0.0, 0.5, 1.0]);
    assert_eq!(film.provenance().voi, Voi::Linear { center: 32768.5, width: 2001.0 });
    let error = ReadOptions::default().with_voi(VoiChoice::Window(0)).read_bytes(&png);
    assert!(error.unwrap_err().to_string().contains("which only DICOM has"));
}

#[test]
fn dicom_says_itself_how_bone_looks() {
    let film = film();
    let ignored = |bone| {
        let film = read(&film, ReadOptions::default().with_bone(bone)).unwrap();
        assert!(!film.provenance().inverted);
        film.provenance().warnings.iter().any(|w| w.to_string().contains("polarity"))
    };
    assert!(ignored(Bone::Dark) && !ignored(Bone::Bright));
}

#[test]
fn colour_takes_a_window_by_its_numbers() {
    let mut file = File::empty(EXPLICIT);
    file.layout(1, 2, 8).word(0x0028, 0x0002, 3).word(0x0028, 0x0006, 0);
    file.text(0x0028, 0x0004, b"CS", "RGB").native(&[10, 10, 10, 200, 200, 200]);
    let with = |voi| read(&file, ReadOptions::default().with_voi(voi)).unwrap();
    let close = |film: &Radiograph, right: [f32; 2]| {
        film.pixels().iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-6)
    };
    assert!(close(&with(VoiChoice::First), [10.0 / 255.0, 200.0 / 255.0]));
    assert!(close(&with(VoiChoice::None), [0.0, 1.0]));
    assert!(close(&with(VoiChoice::Given(100.5, 201.0)), [0.05, 1.0]));
    let numbered = with(VoiChoice::Window(0));
    assert!(close(&numbered, [10.0 / 255.0, 200.0 / 255.0]));
    assert!(
        numbered.provenance().warnings.iter().any(|w| w.to_string().contains("colour has none"))
    );
    let modality = ReadOptions::default().with_grey(Grey::Modality);
    assert!(close(&read(&file, modality).unwrap(), [10.0, 200.0]));
}
