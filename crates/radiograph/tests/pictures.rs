//! TIFF, BMP and NPY as tifffile, Pillow and numpy read them (`testdata/make_pictures.py`), and
//! what is cut of them.
#![allow(clippy::unwrap_used)]

use vertebra_radiograph::{Grey, Radiograph, ReadOptions, Warning};

fn path(name: &str) -> String {
    format!("{}/testdata/pictures/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn modality() -> ReadOptions {
    ReadOptions::default().with_grey(Grey::Modality)
}

fn right(name: &str) -> Radiograph {
    modality().read(path(&format!("{name}.right.npy"))).unwrap()
}

#[test]
fn samples_are_those_of_other_libraries() {
    for (name, allowed) in [
        ("half.tif", 0.0),
        ("float_predictor.tif", 0.0),
        ("lzw_big.tif", 0.0),
        ("signed_tiles.tif", 0.0),
        ("packed12.tif", 0.0),
        ("bilevel.tif", 0.0),
        ("white_is_zero.tif", 0.0),
        ("jpeg.tif", 1.0),
        ("planar_tiles.tif", 1e-4),
        ("palette.tif", 0.01),
        ("rgb.bmp", 1e-4),
        ("palette.bmp", 1e-4),
        ("masks_from_top.bmp", 1e-4),
        ("runs.bmp", 1e-4),
        ("half.npy", 0.0),
    ] {
        let (film, right) = (modality().read(path(name)).unwrap(), right(name));
        assert_eq!((film.height(), film.width()), (right.height(), right.width()), "{name}");
        let pairs = film.pixels().iter().zip(right.pixels());
        let difference = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference <= allowed, "{name}: {difference}");
    }
}

#[test]
fn a_page_is_chosen_as_a_frame_is() {
    let page = |page| modality().with_frame(page).read(path("pages.tif"));
    assert_eq!(page(2).unwrap().pixels(), right("pages.tif").pixels());
    assert_eq!(page(2).unwrap().provenance().frame, 2);
    let error = page(3).unwrap_err().to_string();
    assert!(error.contains("page: expected 0 to 2, as the file has them; got 3"), "{error}");
    let first = modality().read(path("pages.tif")).unwrap();
    let several = Warning::SeveralFrames { frames: 3, used: 0 };
    assert!(first.provenance().warnings.contains(&several));
}

#[test]
fn where_zero_is_white_the_picture_is_inverted() {
    let film = Radiograph::open(path("white_is_zero.tif")).unwrap();
    let stored = right("white_is_zero.tif");
    let pairs = film.pixels().iter().zip(stored.pixels());
    assert!(pairs.clone().all(|(shown, v)| (shown - (1.0 - v / 255.0)).abs() < 1e-6));
    assert!(film.provenance().inverted);
}

/// Of every length of a picture, either all of it arrived or it is an error; leniently the rows
/// that are said to have arrived are right, and the rest is marked.
#[test]
fn no_cut_picture_opens() {
    for name in [
        "half.tif",
        "lzw_big.tif",
        "signed_tiles.tif",
        "jpeg.tif",
        "planar_tiles.tif",
        "masks_from_top.bmp",
        "half.npy",
    ] {
        let whole = std::fs::read(path(name)).unwrap();
        let right = modality().read_bytes(&whole).unwrap();
        let mut marked = 0;
        for len in 0..whole.len() {
            let cut = &whole[..len];
            if let Ok(film) = modality().read_bytes(cut) {
                assert_eq!(film.pixels(), right.pixels(), "{name} of {len} bytes");
                continue;
            }
            let Ok(film) = modality().with_lenient(true).read_bytes(cut) else { continue };
            let valid = film.valid().unwrap();
            let pairs = film.pixels().iter().zip(right.pixels()).zip(valid);
            assert!(pairs.clone().all(|((a, b), valid)| !valid || a == b), "{name} of {len} bytes");
            let is_cut = |w: &Warning| matches!(w, Warning::Truncated { .. });
            assert!(film.provenance().warnings.iter().any(is_cut));
            marked += usize::from(valid.contains(&true));
        }
        // The directory of a TIFF by tifffile comes first, so that rows can be saved.
        assert!(marked > 0, "{name}");
    }
}

#[test]
fn rows_of_a_cut_png_are_marked() {
    let pixels = (0..40 * 30).map(|i| (i * 37 % 251) as f32 / 250.0).collect();
    let film = Radiograph::new(40, 30, pixels, vertebra_radiograph::Spacing::UNKNOWN).unwrap();
    let png = vertebra_radiograph::encode_png16(&film).unwrap();
    let right = modality().read_bytes(&png).unwrap();
    let cut = &png[..png.len() / 2];
    assert!(modality().read_bytes(cut).is_err());
    let film = modality().with_lenient(true).read_bytes(cut).unwrap();
    let valid = film.valid().unwrap();
    let rows = valid.iter().filter(|v| **v).count() / 30;
    assert!((1..39).contains(&rows), "{rows}");
    assert_eq!(film.pixels()[..rows * 30], right.pixels()[..rows * 30]);
}
