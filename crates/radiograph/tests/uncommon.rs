//! Kinds of DICOM pixels that are rare: floats, segmented palettes, frames bounded by the lengths
//! of an extended offset table, frames of one bit a pixel.
#![allow(clippy::unwrap_used)]

mod support;

use support::{BIG_ENDIAN, EXPLICIT, File, HEIGHT, IMPLICIT, WIDTH, picture};
use vertebra_radiograph::{Error, Grey, Radiograph, ReadOptions, Voi, VoiChoice, Warning};

fn modality() -> ReadOptions {
    ReadOptions::default().with_grey(Grey::Modality)
}

fn stored(file: &File) -> Vec<f32> {
    modality().read_bytes(&file.bytes()).unwrap().into_pixels()
}

fn shown(file: &File) -> Radiograph {
    ReadOptions::default().read_bytes(&file.bytes()).unwrap()
}

const FLOATS: [f64; 4] = [-1.5, 0.25, 2.5, 1e3];

/// A film of two rows of floats of `size` bytes.
fn floats(syntax: &str, size: usize, values: &[f64]) -> File {
    let mut file = File::empty(syntax);
    file.layout(2, 2, 16).word(0x0028, 0x0100, 8 * size as u16);
    file.text(0x0028, 0x0004, b"CS", "MONOCHROME2");
    let little = |v: &f64| match size {
        4 => (*v as f32).to_le_bytes().to_vec(),
        _ => v.to_le_bytes().to_vec(),
    };
    let mut bytes: Vec<Vec<u8>> = values.iter().map(little).collect();
    if syntax == BIG_ENDIAN {
        bytes.iter_mut().for_each(|b| b.reverse());
    }
    // Written with a VR whose length the test's writer makes four bytes long; readers look at the
    // tag.
    file.put(0x7FE0, if size == 4 { 8 } else { 9 }, b"OW", &bytes.concat());
    file
}

#[test]
fn floats_of_both_sizes_and_orders_are_read() {
    let expected: Vec<f32> = FLOATS.iter().map(|v| *v as f32).collect();
    for syntax in [EXPLICIT, IMPLICIT, BIG_ENDIAN] {
        for size in [4, 8] {
            let file = floats(syntax, size, &FLOATS);
            assert_eq!(stored(&file), expected, "{syntax}, {size} bytes");
            let film = shown(&file);
            assert_eq!(film.provenance().grey_range, Some([-1.5, 1000.0]));
            assert_eq!((film.pixels()[0], film.pixels()[3]), (0.0, 1.0));
        }
    }
    let second = [FLOATS, FLOATS.map(|v| v * 2.0)].concat();
    let mut frames = floats(EXPLICIT, 4, &second);
    frames.text(0x0028, 0x0008, b"IS", "2");
    let film = modality().with_frame(1).read_bytes(&frames.bytes()).unwrap();
    assert_eq!(film.pixels(), expected.iter().map(|v| v * 2.0).collect::<Vec<_>>());
    frames.text(0x0028, 0x0008, b"IS", "3");
    let error = modality().with_frame(2).read_bytes(&frames.bytes()).unwrap_err();
    assert!(matches!(error, Error::Truncated { expected: 48, got: 32, .. }), "{error}");
}

#[test]
fn floats_are_rescaled_and_windowed() {
    let mut file = floats(EXPLICIT, 4, &FLOATS);
    file.text(0x0028, 0x1053, b"DS", "2").text(0x0028, 0x1052, b"DS", "1");
    assert_eq!(stored(&file), [-2.0, 1.5, 6.0, 2001.0]);
    file.text(0x0028, 0x1050, b"DS", "2").text(0x0028, 0x1051, b"DS", "8");
    file.text(0x0028, 0x1056, b"CS", "LINEAR_EXACT");
    let film = shown(&file);
    assert_eq!(film.pixels(), [0.0, 0.4375, 1.0, 1.0]);
    assert_eq!(film.provenance().voi, Voi::LinearExact { center: 2.0, width: 8.0 });
    file.text(0x0028, 0x0004, b"CS", "MONOCHROME1");
    assert_eq!(shown(&file).pixels(), [1.0, 0.5625, 0.0, 0.0]);
}

#[test]
fn floats_that_are_padding_or_no_number_are_no_film() {
    let mut file = floats(EXPLICIT, 4, &[f64::NAN, 0.0, 4.0, -999.0]);
    file.put(0x0028, 0x0122, b"FL", &(-999.0_f32).to_le_bytes());
    let film = shown(&file);
    assert_eq!(film.valid(), Some(&[false, true, true, false][..]));
    assert_eq!(film.pixels(), [0.0, 0.0, 1.0, 0.0]);
    assert_eq!(film.provenance().padded_pixels, 2);
    assert_eq!(stored(&file), [0.0, 0.0, 4.0, 0.0]);
}

#[test]
fn floats_need_cells_of_their_size() {
    let mut file = floats(EXPLICIT, 4, &FLOATS);
    file.word(0x0028, 0x0100, 16);
    let error = modality().read_bytes(&file.bytes()).unwrap_err().to_string();
    assert!(error.contains("expected 32 and one sample for floats; got 16 and 1"), "{error}");
}

/// A film whose palettes are segments, of the indices 0 to `count - 1`.
fn segmented(bits: u16, count: u16, segments: &[u8]) -> File {
    let mut file = File::empty(EXPLICIT);
    let indices: Vec<u8> = (0..count as u8).collect();
    file.layout(1, count, 8).text(0x0028, 0x0004, b"CS", "PALETTE COLOR").native(&indices);
    for i in 1..=3 {
        file.words(0x0028, 0x1100 + i, b"US", &[count, 0, bits]);
        file.put(0x0028, 0x1220 + i, b"OW", segments);
    }
    file
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

/// Tables as pydicom 3.0.2 expands them.
#[test]
fn segmented_palettes_are_expanded() {
    let close = |file: &File, right: &[f32]| {
        let pixels = stored(file);
        assert_eq!(pixels.len(), right.len());
        let pairs = pixels.iter().zip(right);
        assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-2), "{pixels:?} for {right:?}");
    };
    let bytes = [0, 2, 10, 20, 1, 6, 200, 2, 2, 0, 0, 0, 0, 0, 1, 7];
    let right = [
        10.0, 20.0, 50.0, 80.0, 110.0, 140.0, 170.0, 200.0, 10.0, 20.0, 50.0, 80.0, 110.0, 140.0,
        170.0, 200.0, 7.0,
    ];
    close(&segmented(8, 17, &bytes), &right);
    let discrete_and_line = words(&[0, 2, 100, 200, 1, 5, 50001, 0, 3, 7, 8, 9]);
    let right = [100.0, 200.0, 10160.0, 20120.0, 30081.0, 40041.0, 50001.0, 7.0, 8.0, 9.0];
    close(&segmented(16, 10, &discrete_and_line), &right);
    // Offsets of words count bytes too (PS3.3 C.7.9.2.3).
    let repeated = words(&[0, 2, 100, 200, 0, 1, 7, 2, 2, 0, 0]);
    close(&segmented(16, 6, &repeated), &[100.0, 200.0, 7.0, 100.0, 200.0, 7.0]);
}

#[test]
fn segments_that_are_none_are_refused() {
    for segments in [
        words(&[1, 5, 9]),
        words(&[3, 1, 9]),
        words(&[0, 9, 1]),
        words(&[0, 1, 5, 2, 1, 6, 0]),
        words(&[0, 1, 5, 2, 1, 3, 0]),
    ] {
        let error = modality().read_bytes(&segmented(16, 6, &segments).bytes()).unwrap_err();
        assert!(error.to_string().contains("segments that make 6 entries"), "{error}");
    }
}

/// Three JPEG-LS frames of which the fragments hold more than the frames.
fn extended(lengths: [u64; 3]) -> File {
    let path = format!("{}/testdata/ls_12.jls", env!("CARGO_MANIFEST_DIR"));
    let stream = std::fs::read(path).unwrap();
    let mut fragment = stream.clone();
    fragment.extend([0xFF; 40]);
    fragment.resize(fragment.len().next_multiple_of(2), 0);
    let mut file = File::grey("1.2.840.10008.1.2.4.80", 12);
    file.text(0x0028, 0x0008, b"IS", "3").encapsulated(&[&fragment[..]; 3]);
    let numbers = |numbers: [u64; 3]| numbers.map(u64::to_le_bytes).concat();
    let step = fragment.len() as u64 + 8;
    file.put(0x7FE0, 0x0001, b"OW", &numbers([0, step, 2 * step]));
    file.put(0x7FE0, 0x0002, b"OW", &numbers(lengths.map(|l| l + stream.len() as u64)));
    file
}

#[test]
fn extended_lengths_bound_the_frame() {
    let right: Vec<f32> = picture(12).iter().map(|&v| f32::from(v)).collect();
    assert_eq!(right.len(), HEIGHT * WIDTH);
    let read = |file: &File, frame| modality().with_frame(frame).read_bytes(&file.bytes());
    for frame in 0..3 {
        assert_eq!(read(&extended([0; 3]), frame).unwrap().pixels(), right);
    }
    // A length that cuts the stream short cuts the frame.
    let short = extended([0, 0_u64.wrapping_sub(200), 0]);
    assert_eq!(read(&short, 0).unwrap().pixels(), right);
    let error = read(&short, 1).unwrap_err().to_string();
    assert!(error.contains("truncated file?"), "{error}");
    // One that goes beyond the fragment is no length.
    let error = read(&extended([0, 0, 1000]), 2).unwrap_err().to_string();
    assert!(error.contains("Extended Offset Table Lengths (7FE0,0002)"), "{error}");
}

#[test]
fn a_window_by_its_numbers_holds_for_floats() {
    let options = ReadOptions::default().with_voi(VoiChoice::Given(1.5, 3.0));
    let film = options.read_bytes(&floats(EXPLICIT, 8, &[0.0, 1.0, 2.0, 9.0]).bytes()).unwrap();
    assert_eq!(film.pixels(), [0.0, 0.5, 1.0, 1.0]);
    let warnings = &film.provenance().warnings;
    assert!(!warnings.iter().any(|w| matches!(w, Warning::Saturated { .. })));
}

/// Frames of one bit a pixel follow each other without a gap, whatever their size (PS3.5 8.1.1).
#[test]
fn frames_of_one_bit_a_pixel_need_not_fill_bytes() {
    let bit = |i: usize| (i * i + i / 3) % 3 % 2;
    for (rows, columns) in [(5_usize, 3_usize), (13, 7), (4, 16)] {
        let (size, frames): (usize, usize) = (rows * columns, 5);
        let mut bytes = vec![0_u8; (frames * size).div_ceil(16) * 2];
        (0..frames * size).for_each(|i| bytes[i / 8] |= (bit(i) as u8) << (i % 8));
        let mut file = File::empty(EXPLICIT);
        file.layout(rows as u16, columns as u16, 1).word(0x0028, 0x0100, 1);
        file.text(0x0028, 0x0004, b"CS", "MONOCHROME2").text(0x0028, 0x0008, b"IS", "5");
        file.native(&bytes);
        for frame in 0..frames {
            let film = modality().with_frame(frame).read_bytes(&file.bytes()).unwrap();
            let right: Vec<f32> = (0..size).map(|i| bit(frame * size + i) as f32).collect();
            assert_eq!(film.pixels(), right, "{rows} x {columns}, frame {frame}");
        }
        file.native(&bytes[..bytes.len() / 2]);
        let last = modality().with_frame(4);
        assert!(last.read_bytes(&file.bytes()).is_err());
        let film = last.with_lenient(true).read_bytes(&file.bytes()).unwrap();
        assert_eq!(film.valid(), Some(&vec![false; size][..]));
    }
}

/// A syntax that says one codec over another's codestream: refused, or leniently read with a
/// warning.
#[test]
fn a_syntax_that_lies_is_refused_or_leniently_read() {
    let golden = |name: &str| {
        std::fs::read(format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let right: Vec<f32> = picture(12).iter().map(|&v| f32::from(v)).collect();
    let (jpeg_ls, jpeg_2000) = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90");
    for (syntax, name) in [
        (jpeg_ls, "j2k_12.j2k"),
        (jpeg_ls, "lossless_12_1.jpg"),
        (jpeg_2000, "ls_12.jls"),
        ("1.2.840.10008.1.2.5", "ls_12.jls"),
        (EXPLICIT, "ls_12.jls"),
        (EXPLICIT, "j2k_12.j2k"),
    ] {
        for encapsulated in [true, false] {
            let mut file = File::grey(syntax, 12);
            match encapsulated {
                true => file.encapsulated(&[&golden(name)]),
                false => file.native(&golden(name)),
            };
            assert!(modality().read_bytes(&file.bytes()).is_err(), "{syntax}, {name}");
            let film = modality().with_lenient(true).read_bytes(&file.bytes()).unwrap();
            assert_eq!(film.pixels(), right, "{syntax}, {name}");
            let warnings = &film.provenance().warnings;
            assert!(warnings.iter().any(|w| w.to_string().contains("where the syntax is")));
        }
    }
}

/// Found by the fuzz target `jpeg2000`: what opens by its syntax opens leniently, too, whatever its
/// first bytes look like.
#[test]
fn the_stated_syntax_is_tried_first() {
    let path = format!("{}/testdata/j2k_12.j2k", env!("CARGO_MANIFEST_DIR"));
    let codestream = [&[0xFF, 0xD8, 0xFF, 0x51, 0, 0x2F][..], &std::fs::read(path).unwrap()];
    let mut file = File::grey("1.2.840.10008.1.2.4.90", 12);
    file.encapsulated(&[&codestream.concat()]);
    let right: Vec<f32> = picture(12).iter().map(|&v| f32::from(v)).collect();
    for lenient in [false, true] {
        let film = modality().with_lenient(lenient).read_bytes(&file.bytes()).unwrap();
        assert_eq!((film.pixels(), &film.provenance().warnings[..]), (&right[..], &[][..]));
    }
}
