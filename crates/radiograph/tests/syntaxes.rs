//! One picture in every transfer syntax gives the same pixels. The compressed frames were made by
//! other encoders: `golden/make.py`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use support::{BIG_ENDIAN, DEFLATED, EXPLICIT, File, HEIGHT, IMPLICIT, WIDTH, picture};
use vertebra_radiograph::{Grey, Radiograph, ReadOptions, Warning};

const RLE: &str = "1.2.840.10008.1.2.5";
const JPEG_BASELINE: &str = "1.2.840.10008.1.2.4.50";
const JPEG_EXTENDED: &str = "1.2.840.10008.1.2.4.51";
const JPEG_LOSSLESS: &str = "1.2.840.10008.1.2.4.57";
const JPEG_LS: &str = "1.2.840.10008.1.2.4.80";
const JPEG_LS_NEAR: &str = "1.2.840.10008.1.2.4.81";
const JPEG_2000: &str = "1.2.840.10008.1.2.4.90";
const JPEG_2000_LOSSY: &str = "1.2.840.10008.1.2.4.91";
const JPEG_XL: &str = "1.2.840.10008.1.2.4.110";
const JPEG_XL_RECOMPRESSED: &str = "1.2.840.10008.1.2.4.111";
const JPEG_XL_LOSSY: &str = "1.2.840.10008.1.2.4.112";
const HTJ2K: &str = "1.2.840.10008.1.2.4.201";
const HTJ2K_RPCL: &str = "1.2.840.10008.1.2.4.202";
const HTJ2K_LOSSY: &str = "1.2.840.10008.1.2.4.203";

fn stored(bytes: &[u8]) -> Radiograph {
    ReadOptions::default().with_grey(Grey::Modality).read_bytes(bytes).unwrap()
}

fn golden(name: &str) -> Vec<u8> {
    let path = format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn compressed(syntax: &str, bits: u16, name: &str) -> File {
    let mut file = File::grey(syntax, bits);
    file.encapsulated(&[&golden(name)]);
    file
}

/// Compares with expected values; the largest difference may be `tolerance`.
fn assert_close(name: &str, film: &Radiograph, expected: &[u16], tolerance: f32) {
    assert_eq!((film.height(), film.width()), (HEIGHT, WIDTH), "{name}");
    for (i, (got, expected)) in film.pixels().iter().zip(expected).enumerate() {
        let difference = (got - f32::from(*expected)).abs();
        assert!(difference <= tolerance, "{name}, pixel {i}: got {got}, expected {expected}");
    }
}

fn reference(name: &str) -> Vec<u16> {
    golden(name).as_chunks::<2>().0.iter().map(|b| u16::from_le_bytes(*b)).collect()
}

#[test]
fn uncompressed_in_every_byte_order() {
    for syntax in [EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED] {
        for bits in [8, 12, 16] {
            let film = stored(&File::grey(syntax, bits).bytes());
            assert_close(syntax, &film, &picture(u32::from(bits)), 0.0);
            assert_eq!(film.provenance().transfer_syntax.as_deref(), Some(syntax));
        }
    }
}

#[test]
fn bytes_in_big_endian_words_are_swapped() {
    let mut file = File::empty(BIG_ENDIAN);
    file.layout(1, 3, 8).text(0x0028, 0x0004, b"CS", "MONOCHROME2").native(&[2, 1, 0, 3]);
    assert_eq!(stored(&file.bytes()).pixels(), [1.0, 2.0, 3.0]);
    file.bytewise = true;
    assert_eq!(stored(&file.bytes()).pixels(), [2.0, 1.0, 0.0]);
}

#[test]
fn an_adobe_segment_that_is_too_short_does_no_harm() {
    let plain = golden("dct_8.jpg");
    let mut frame = plain[..2].to_vec();
    frame.extend(b"\xff\xee\x00\x0cAdobe\x00\x00\x00\x00\x00");
    frame.extend(&plain[2..]);
    let mut file = File::grey(JPEG_BASELINE, 8);
    file.encapsulated(&[&frame]);
    assert_close("app14", &stored(&file.bytes()), &reference("dct_8.jpg.ref"), 1.0);
}

#[test]
fn ybr_is_clipped_as_on_a_screen() {
    let mut file = File::empty(EXPLICIT);
    file.layout(1, 2, 8).word(0x0028, 0x0002, 3).text(0x0028, 0x0004, b"CS", "YBR_FULL");
    file.native(&[100, 128, 128, 200, 128, 255]);
    let film = stored(&file.bytes());
    assert_eq!(film.pixels()[0], 100.0);
    let green = (200.0_f32 - 0.714_136 * 127.0).round();
    assert!((film.pixels()[1] - (0.299 * 255.0 + 0.587 * green + 0.114 * 200.0)).abs() < 1e-4);
    file.text(0x0028, 0x0004, b"CS", "YBR_FULL_422").native(&[100, 120, 128, 128]);
    let film = stored(&file.bytes());
    assert!((film.pixels()[0] - 100.0).abs() + (film.pixels()[1] - 120.0).abs() < 1e-4);
}

#[test]
fn lossless_compression_is_exact() {
    let mut cases = vec![(RLE, 16, "rle_16.rle".to_string())];
    for bits in [8, 12, 16] {
        cases.push((JPEG_LS, bits, format!("ls_{bits}.jls")));
        cases.push((JPEG_2000, bits, format!("j2k_{bits}.j2k")));
        cases.push((JPEG_XL, bits, format!("xl_{bits}.jxl")));
        cases.push((HTJ2K, bits, format!("ht_{bits}.j2c")));
        for predictor in if bits == 12 { 1..=7 } else { 1..=1 } {
            cases.push((JPEG_LOSSLESS, bits, format!("lossless_{bits}_{predictor}.jpg")));
        }
    }
    cases.push((HTJ2K_RPCL, 12, "ht_tiles.j2c".into()));
    cases.push((HTJ2K_RPCL, 12, "ht_precincts.j2c".into()));
    for name in [
        "modes", "bypass", "causal", "rlcp", "rpcl", "pcrl", "cprl", "parts", "changes", "ppt",
        "ppm",
    ] {
        cases.push((JPEG_2000, 12, format!("j2k_12_{name}.j2k")));
    }
    cases.push((JPEG_2000, 8, "j2k_8_region.j2k".into()));
    cases.extend([8, 16].map(|bits| (JPEG_LOSSLESS, bits, format!("lossless_{bits}_7.jpg"))));
    for (syntax, bits, name) in cases {
        let film = stored(&compressed(syntax, bits, &name).bytes());
        assert_close(&name, &film, &picture(u32::from(bits)), 0.0);
        assert_eq!(film.provenance().warnings, [], "{name}");
    }
}

#[test]
fn lossy_compression_agrees_with_the_decoder_of_its_encoder() {
    // JPEG and JPEG 2000 leave rounding to the decoder: one grey level.
    for (syntax, bits, name, tolerance) in [
        (JPEG_LS_NEAR, 12, "ls_near3.jls", 0.0),
        (JPEG_EXTENDED, 12, "dct_12.jpg", 1.0),
        (JPEG_BASELINE, 8, "dct_8.jpg", 1.0),
        (JPEG_2000_LOSSY, 12, "j2k_lossy.j2k", 1.0),
        (HTJ2K_LOSSY, 12, "ht_lossy.j2c", 1.0),
        // Propagation and refinement, whose bits are random.
        (HTJ2K_LOSSY, 8, "ht_pass2.j2c", 0.0),
        (HTJ2K_LOSSY, 8, "ht_pass3.j2c", 0.0),
        (JPEG_XL_LOSSY, 12, "xl_lossy.jxl", 1.0),
        (JPEG_XL_RECOMPRESSED, 8, "xl_jpeg.jxl", 1.0),
    ] {
        let film = stored(&compressed(syntax, bits, name).bytes());
        assert_close(name, &film, &reference(&format!("{name}.ref")), tolerance);
    }
}

#[test]
fn near_lossless_keeps_its_promise() {
    let film = stored(&compressed(JPEG_LS_NEAR, 12, "ls_near3.jls").bytes());
    assert_close("NEAR = 3", &film, &picture(12), 3.0);
}

/// A codestream with other bytes between its main header and its tile, and other ones in the header
/// of its one tile-part in place of the change of the order of packets (POC) that OpenJPEG wrote.
fn with_orders(stream: &[u8], main: &[u8], tile: &[u8]) -> Vec<u8> {
    let at = |marker: u8| stream.windows(2).position(|w| w == [0xFF, marker]).unwrap();
    let (sot, poc, sod) = (at(0x90), at(0x5F), at(0x93));
    let len = u32::from_be_bytes(stream[sot + 6..sot + 10].try_into().unwrap());
    let len = len as usize - (sod - poc) + tile.len();
    let mut bytes = [&stream[..sot], main, &stream[sot..poc], tile, &stream[sod..]].concat();
    bytes[sot + main.len() + 6..][..4].copy_from_slice(&(len as u32).to_be_bytes());
    bytes
}

#[test]
fn changes_of_the_order_of_packets_stand_in_the_main_header_or_in_a_tile() {
    let stream = golden("j2k_12_changes.j2k");
    let at = stream.windows(2).position(|w| w == [0xFF, 0x5F]).unwrap();
    let own = &stream[at..at + 18];
    // All at once, layer by layer.
    let other = [0xFF, 0x5F, 0, 9, 0, 0, 0, 3, 4, 1, 0];
    let read = |main: &[u8], tile: &[u8]| {
        let mut file = File::grey(JPEG_2000, 12);
        file.encapsulated(&[&with_orders(&stream, main, tile)]);
        ReadOptions::default().with_grey(Grey::Modality).read_bytes(&file.bytes())
    };
    for (main, tile) in [(&[][..], own), (own, &[]), (&other, own)] {
        assert_close("changes", &read(main, tile).unwrap(), &picture(12), 0.0);
    }
    // The other order is not that of the packets.
    let wrong = read(&other, &[]);
    assert!(wrong.is_err() || wrong.unwrap().pixels() != read(&[], own).unwrap().pixels());
    let many = [&[0xFF, 0x5F, 0, 2 + 7 * 33][..], &other[4..].repeat(33)].concat();
    let error = read(&many, own).unwrap_err().to_string();
    assert!(error.contains("changes of the progression order"), "{error}");
}

#[test]
fn signed_jpeg_2000_has_no_level_shift() {
    let mut file = compressed(JPEG_2000, 12, "j2k_signed.j2k");
    file.word(0x0028, 0x0103, 1);
    let film = stored(&file.bytes());
    for (got, expected) in film.pixels().iter().zip(picture(12)) {
        assert_eq!(*got, f32::from(expected) - 2048.0);
    }
}

#[test]
fn colour_becomes_luma_whatever_carries_it() {
    let grey = picture(8);
    let luma: Vec<f32> = (0..HEIGHT * WIDTH)
        .map(|i| {
            let flipped = (HEIGHT - 1 - i / WIDTH) * WIDTH + i % WIDTH;
            let [r, g, b] = [grey[i], grey[flipped], 255 - grey[i]].map(f32::from);
            0.299 * r + 0.587 * g + 0.114 * b
        })
        .collect();
    for (syntax, name, photometric) in [
        (JPEG_LS, "ls_rgb_line.jls", "RGB"),
        (JPEG_LS, "ls_rgb_sample.jls", "RGB"),
        (JPEG_2000, "j2k_rgb.j2k", "YBR_RCT"),
        (HTJ2K, "ht_rgb.j2c", "YBR_RCT"),
        (JPEG_XL, "xl_rgb.jxl", "RGB"),
        (JPEG_LOSSLESS, "lossless_rgb.jpg", "RGB"),
    ] {
        let mut file = compressed(syntax, 8, name);
        file.word(0x0028, 0x0002, 3).word(0x0028, 0x0006, 0);
        file.text(0x0028, 0x0004, b"CS", photometric);
        let film = stored(&file.bytes());
        for (i, (got, expected)) in film.pixels().iter().zip(&luma).enumerate() {
            assert!((got - expected).abs() < 1e-4, "{name}, pixel {i}: {got} and {expected}");
        }
        let photometric = photometric.to_string();
        assert_eq!(film.provenance().warnings, [Warning::ColourToGrey { photometric }]);
    }
}

#[test]
fn a_frame_in_several_fragments_is_put_together() {
    let whole = golden("lossless_12_1.jpg");
    let (a, b) = whole.split_at(700);
    let mut file = File::grey(JPEG_LOSSLESS, 12);
    file.encapsulated(&[a, b]);
    assert_close("two fragments", &stored(&file.bytes()), &picture(12), 0.0);
}

#[test]
fn frames_are_chosen_explicitly() {
    let other = golden("lossless_12_7.jpg");
    let mut file = File::grey(JPEG_LOSSLESS, 12);
    file.text(0x0028, 0x0008, b"IS", "2").encapsulated(&[&golden("lossless_12_1.jpg"), &other]);
    let film = stored(&file.bytes());
    assert_eq!(film.provenance().warnings, [Warning::SeveralFrames { frames: 2, used: 0 }]);
    let second = ReadOptions::default().with_grey(Grey::Modality).with_frame(1);
    assert_close("second", &second.read_bytes(&file.bytes()).unwrap(), &picture(12), 0.0);
    let third = ReadOptions::default().with_frame(2).read_bytes(&file.bytes());
    assert!(third.unwrap_err().to_string().contains("0 to 1"));
}

#[test]
fn native_colour_in_both_planar_configurations() {
    let pixels: Vec<[u8; 3]> = (0..6).map(|i| [i * 10, i * 20, 255 - i]).collect();
    let interleaved = pixels.concat();
    let planar: Vec<u8> = (0..3).flat_map(|c| pixels.iter().map(move |p| p[c])).collect();
    let mut films = Vec::new();
    for (configuration, bytes) in [(0, interleaved), (1, planar)] {
        let mut file = File::empty(EXPLICIT);
        file.layout(2, 3, 8).word(0x0028, 0x0002, 3).word(0x0028, 0x0006, configuration);
        file.text(0x0028, 0x0004, b"CS", "RGB").native(&bytes);
        films.push(stored(&file.bytes()).into_pixels());
    }
    let expected: Vec<f32> = pixels
        .iter()
        .map(|colour| {
            let [r, g, b] = colour.map(f64::from);
            (0.299 * r + 0.587 * g + 0.114 * b) as f32
        })
        .collect();
    assert_eq!(films[0], films[1]);
    assert_eq!(films[0], expected);
}

#[test]
fn palette_colour_is_looked_up() {
    let mut file = File::empty(EXPLICIT);
    file.layout(1, 4, 8).text(0x0028, 0x0004, b"CS", "PALETTE COLOR").native(&[0, 1, 2, 9]);
    for (i, scale) in [(1, 1), (2, 2), (3, 3)] {
        file.words(0x0028, 0x1100 + i, b"US", &[3, 0, 16]);
        file.words(0x0028, 0x1200 + i, b"OW", &[0, 1000 * scale, 10000 * scale]);
    }
    let grey = |n: f32| 0.299 * n + 0.587 * 2.0 * n + 0.114 * 3.0 * n;
    let expected = [0.0, 1000.0, 10000.0, 10000.0].map(grey);
    for (got, expected) in stored(&file.bytes()).pixels().iter().zip(expected) {
        assert!((got - expected).abs() < 1e-2, "{got} and {expected}");
    }
}

/// 600 rows of `(3 y + 5 x) % 256`, made by libjxl: groups of 256 rows arrive whole or not at all.
#[test]
fn rows_of_a_cut_jpeg_xl_are_marked() {
    let whole = golden("tall.jxl");
    let right: Vec<f32> = (0..600 * 20).map(|i| ((i / 20 * 3 + i % 20 * 5) % 256) as f32).collect();
    let mut file = File::empty(JPEG_XL);
    file.layout(600, 20, 8).text(0x0028, 0x0004, b"CS", "MONOCHROME2");
    let modality = ReadOptions::default().with_grey(Grey::Modality);
    let mut read = |len: usize, lenient| {
        let bytes = file.encapsulated(&[&whole[..len]]).bytes();
        modality.clone().with_lenient(lenient).read_bytes(&bytes)
    };
    assert_eq!(read(whole.len(), false).unwrap().pixels(), right);
    let mut most = 0;
    for len in (whole.len() / 2..whole.len() - 4).step_by(7) {
        assert!(read(len, false).is_err(), "{len}");
        let film = read(len, true).unwrap();
        let rows = film.valid().unwrap().iter().filter(|v| **v).count() / 20;
        assert_eq!(film.pixels()[..rows * 20], right[..rows * 20], "{len}");
        most = most.max(rows);
    }
    assert!((256..600).contains(&most), "{most}");
}

/// 12 bits in a lossy codestream of 16: white that became more than white stays white.
#[test]
fn an_overshoot_of_jpeg_xl_is_clipped() {
    let path = format!("{}/testdata/cases/jxl_lossy_overshoot.dcm", env!("CARGO_MANIFEST_DIR"));
    let options = ReadOptions::default().with_grey(Grey::Modality);
    let right = options.read(format!("{path}.right.npy")).unwrap();
    let film = options.read(path).unwrap();
    assert_eq!(right.range().1, 4095.0);
    let pairs = film.pixels().iter().zip(right.pixels());
    assert!(pairs.clone().count() == 768 && pairs.clone().all(|(a, b)| (a - b).abs() <= 2.0));
}
