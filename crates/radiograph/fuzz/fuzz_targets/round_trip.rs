//! What the writers write is read back equal.
#![no_main]
use libfuzzer_sys::fuzz_target;
use vertebra_radiograph::{
    DicomImage, Grey, Radiograph, Spacing, SpacingKind, encode_dicom, encode_npy, encode_png16,
};
use vertebra_radiograph_fuzz::{bounded, options};

fuzz_target!(|data: &[u8]| {
    let [height, width, bits, flags, mm @ .., _, _] = data.first_chunk::<22>().unwrap_or(&[0; 22]);
    let (height, width) = (usize::from(height % 16) + 1, usize::from(width % 16) + 1);
    let bits = u16::from(bits % 16) + 1;
    let content = data.get(22..).unwrap_or_default();
    let byte = |i: usize| content.get(i % content.len().max(1)).copied().unwrap_or(0);
    let mask = ((1_u32 << bits) - 1) as u16;
    let word = |i: usize| u16::from_le_bytes([byte(2 * i), byte(2 * i + 1)]) & mask;
    let pixels: Vec<u16> = (0..height * width).map(word).collect();
    let mm = mm.as_chunks::<8>().0;
    let [row_mm, col_mm] = [0, 1].map(|i| f64::from_le_bytes(mm[i]));
    let kinds = [
        SpacingKind::Calibrated,
        SpacingKind::Detector,
        SpacingKind::Corrected,
        SpacingKind::Unknown,
    ];
    let image = DicomImage {
        monochrome1: flags & 1 != 0,
        modality: ["DX", "CR", "OT", "XX"][usize::from(flags >> 1 & 3)],
        spacing: Spacing { row_mm, col_mm, kind: kinds[usize::from(flags >> 3 & 3)] },
        window: (flags & 32 != 0).then_some((col_mm, row_mm)),
        view: (flags & 64 != 0).then_some("LL"),
        age_years: (flags & 128 != 0).then_some(u16::from(byte(0)) * 6),
        ..DicomImage::new(height, width, &pixels, bits)
    };
    dicom(&image);
    let values =
        |i: usize| f32::from_bits(u32::from(word(2 * i)) << 16 | u32::from(word(2 * i + 1)));
    let values: Vec<f32> = (0..height * width).map(values).collect();
    if let Ok(film) = Radiograph::new(height, width, values, Spacing::UNKNOWN) {
        pictures(&film);
    }
});

fn dicom(image: &DicomImage<'_>) {
    let Ok(bytes) = bounded(|| encode_dicom(image)) else { return };
    let film = options().with_grey(Grey::Modality).read_bytes(&bytes).expect("our own file");
    let stored: Vec<f32> = image.pixels.iter().map(|&p| f32::from(p)).collect();
    assert_eq!((film.height(), film.width()), (image.height, image.width));
    assert_eq!(film.pixels(), stored);
    assert_eq!(film.view(), image.view);
    options().read_bytes(&bytes).expect("our own file to display");
}

fn pictures(film: &Radiograph) {
    let npy = bounded(|| encode_npy(film));
    let read = options().with_grey(Grey::Modality).read_bytes(&npy).expect("our own array");
    assert_eq!(read.pixels(), film.pixels());
    let Ok(png) = bounded(|| encode_png16(film)) else { return };
    let read = options().with_grey(Grey::Modality).read_bytes(&png).expect("our own picture");
    let again = encode_png16(&options().read_bytes(&png).unwrap()).unwrap();
    assert!(again == png, "a picture written twice differs");
    assert_eq!((read.height(), read.width()), (film.height(), film.width()));
}
