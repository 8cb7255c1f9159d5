//! Writes `fuzz/seeds`, what each fuzz target starts from: small films of each syntax made by the
//! tests' writer, and the tests' codestreams.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use support::{BIG_ENDIAN, DEFLATED, EXPLICIT, File, IMPLICIT};
use vertebra_radiograph::{
    DicomImage, Radiograph, Spacing, encode_dicom, encode_npy, encode_png16,
};

#[test]
#[ignore = "writes fuzz/seeds"]
fn write_seeds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("fuzz/seeds");
    let mut streams = Vec::new();
    for entry in std::fs::read_dir(root.join("testdata")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        streams.push((name, std::fs::read(path).unwrap()));
    }
    streams.sort();
    for (name, stream) in &streams {
        if let Some(target) = target(name) {
            around(&folder, target, name, stream);
        }
        if name.ends_with(".jpg") {
            put(&folder, "jpeg", name, &stream[3..]);
        }
    }
    films(&folder, &streams);
    pictures(&folder);
}

fn put(folder: &Path, target: &str, name: &str, bytes: &[u8]) {
    std::fs::create_dir_all(folder.join(target)).unwrap();
    std::fs::write(folder.join(target).join(name), bytes).unwrap();
}

/// The target of a codestream of the tests, by its name.
fn target(name: &str) -> Option<&'static str> {
    let starts: [(&str, &str); 7] = [
        ("dct_", "jpeg_dct"),
        ("lossless_", "jpeg_lossless"),
        ("ls_", "jpeg_ls"),
        ("j2k_", "jpeg2000"),
        ("ht_", "htj2k"),
        ("xl_", "jpeg_xl"),
        ("rle_", "rle"),
    ];
    let found = starts.iter().find(|(start, _)| name.starts_with(start) && !name.ends_with(".ref"));
    found.map(|(_, target)| *target)
}

fn bits(name: &str) -> u8 {
    match name {
        n if n.contains("16") => 16,
        n if n.contains("12") || n.contains("near3") || n.contains("lossy") => 12,
        _ => 8,
    }
}

/// A codestream with the layout bytes that `around` reads.
fn around(folder: &Path, target: &str, name: &str, stream: &[u8]) {
    let layout = if name.contains("rgb") { 3 } else { 8 * u8::from(name.contains("signed")) };
    let mut bytes = if target == "rle" { vec![36, 44] } else { Vec::new() };
    bytes.extend([bits(name) - 1, layout]);
    bytes.extend(stream);
    put(folder, target, name, &bytes);
}

/// Whole files for the targets that take them.
fn films(folder: &Path, streams: &[(String, Vec<u8>)]) {
    let mut films: Vec<(String, File)> = Vec::new();
    for (name, syntax) in [
        ("explicit", EXPLICIT),
        ("implicit", IMPLICIT),
        ("big", BIG_ENDIAN),
        ("deflated", DEFLATED),
    ] {
        films.push((name.into(), small(syntax, 12)));
        films.push((format!("{name}_8"), small(syntax, 8)));
    }
    for (name, stream) in streams {
        let syntax = match target(name) {
            Some("jpeg_dct") => "1.2.840.10008.1.2.4.51",
            Some("jpeg_lossless") => "1.2.840.10008.1.2.4.57",
            Some("jpeg_ls") => "1.2.840.10008.1.2.4.80",
            Some("jpeg2000") => "1.2.840.10008.1.2.4.90",
            Some("htj2k") => "1.2.840.10008.1.2.4.201",
            Some("jpeg_xl") => "1.2.840.10008.1.2.4.110",
            Some("rle") => "1.2.840.10008.1.2.5",
            _ => continue,
        };
        let mut film = File::grey(syntax, u16::from(bits(name)));
        film.encapsulated(&[stream]);
        if name.contains("rgb") {
            film.word(0x0028, 0x0002, 3).text(0x0028, 0x0004, b"CS", "RGB");
        }
        films.push((name.clone(), film));
    }
    for (name, film) in &mut films {
        if name == "deflated" {
            let bytes = film.bytes();
            put(folder, "deflate", name, &bytes[film.head().len()..]);
        }
        for rich in [false, true] {
            if rich {
                attributes(film);
            }
            let kind = if rich { "rich" } else { "plain" };
            put(folder, "film", &format!("{name}_{kind}"), &film.bytes());
        }
    }
}

/// A native film of a few pixels.
fn small(syntax: &str, bits: u16) -> File {
    let mut film = File::grey(syntax, bits);
    film.layout(5, 7, bits);
    film.native(&(0..70).collect::<Vec<u8>>()[..if bits > 8 { 70 } else { 36 }]);
    film
}

/// Tables, windows, padding, shutters and spacings.
fn attributes(film: &mut File) {
    let mut lut = File::empty(&film.syntax);
    lut.words(0x0028, 0x3002, b"US", &[4, 0, 16]).words(0x0028, 0x3006, b"OW", &[1, 2, 3, 4]);
    film.sequence(0x0028, 0x3000, &lut).sequence(0x0028, 0x3010, &lut);
    film.text(0x0028, 0x1050, b"DS", "2\\3").text(0x0028, 0x1051, b"DS", "4\\5");
    film.text(0x0028, 0x1056, b"CS", "SIGMOID").word(0x0028, 0x0120, 7);
    film.text(0x0018, 0x1600, b"CS", "CIRCULAR\\POLYGONAL\\RECTANGULAR");
    film.text(0x0018, 0x1610, b"IS", "9\\9").text(0x0018, 0x1612, b"IS", "8");
    film.text(0x0018, 0x1620, b"IS", "1\\1\\1\\30\\30\\30\\30\\1");
    film.text(0x0018, 0x1602, b"IS", "1").text(0x0018, 0x1604, b"IS", "40");
    film.text(0x0018, 0x1606, b"IS", "1").text(0x0018, 0x1608, b"IS", "40");
    film.text(0x0028, 0x0030, b"DS", "0.1\\0.1").text(0x0018, 0x1110, b"DS", "1800");
    film.text(0x0018, 0x1111, b"DS", "1600").text(0x0028, 0x0034, b"IS", "1\\2");
    film.text(0x0010, 0x0010, b"PN", "Name^Of").text(0x0010, 0x0020, b"LO", "1234");
    film.text(0x0008, 0x0020, b"DA", "20200131").text(0x0020, 0x000D, b"UI", "1.2.3.4");
    film.text(0x0020, 0x0020, b"CS", "A\\F").text(0x0028, 0x0301, b"CS", "YES");
}

fn pictures(folder: &Path) {
    let values: Vec<f32> = (0..63).map(|i| i as f32 / 62.0).collect();
    let film = Radiograph::new(7, 9, values, Spacing::UNKNOWN).unwrap();
    put(folder, "png", "grey16", &encode_png16(&film).unwrap()[8..]);
    put(folder, "npy", "f4", &encode_npy(&film)[6..]);
    for descr in ["|u1", "<u2", ">u2", "<i2", "<u4", "<i4", "<f8"] {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (2, 3), }}\n");
        let mut bytes = vec![1, 0, header.len() as u8, 0];
        bytes.extend(header.bytes());
        let size = usize::from(descr.as_bytes()[2] - b'0');
        bytes.extend(vec![3; 6 * size]);
        put(folder, "npy", &descr[1..], &bytes);
    }
    for (name, little) in [("little", true), ("big", false)] {
        put(folder, "tiff", name, &[&[u8::from(!little)], &tiff(little)[4..]].concat());
    }
    for entry in std::fs::read_dir(folder.join("../../testdata/pictures")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        match path.extension().and_then(|e| e.to_str()) {
            Some("bmp") => put(folder, "bmp", &name, &bytes[2..]),
            Some("tif") => {
                put(folder, "tiff", &name, &[&[u8::from(bytes[0] == b'M')], &bytes[4..]].concat())
            }
            _ => {}
        }
    }
    let film = encode_dicom(&DicomImage::new(2, 3, &[1, 2, 3, 4, 5, 6], 12)).unwrap();
    put(folder, "film", "written", &film);
    for flags in [0, 0b0010_1010, 0b1111_0101] {
        let mut bytes = vec![7, 5, 11, flags];
        bytes.extend(0.15_f64.to_le_bytes());
        bytes.extend(2000.0_f64.to_le_bytes());
        bytes.extend(0..=255);
        put(folder, "round_trip", &format!("flags_{flags}"), &bytes);
    }
}

/// A TIFF of 2 x 3 pixels of 16 bits.
fn tiff(little: bool) -> Vec<u8> {
    let word = |v: u16| if little { v.to_le_bytes() } else { v.to_be_bytes() };
    let long = |v: u32| if little { v.to_le_bytes() } else { v.to_be_bytes() };
    let mut bytes = if little { b"II".to_vec() } else { b"MM".to_vec() };
    bytes.extend(word(42));
    bytes.extend(long(20));
    (1..=6).for_each(|v| bytes.extend(word(v * 9000)));
    let entries = [(256, 3), (257, 2), (258, 16), (259, 1), (262, 1), (273, 8), (277, 1), (278, 2)];
    bytes.extend(word(entries.len() as u16 + 1));
    for (tag, value) in entries.into_iter().chain([(279, 12)]) {
        bytes.extend(word(tag));
        bytes.extend(word(4));
        bytes.extend(long(1));
        bytes.extend(long(value));
    }
    bytes.extend(long(0));
    bytes
}
