//! The six variants of an analytic film.

#![allow(clippy::unwrap_used)] // helpers of tests

use vertebra_alignment::{AlignmentMode, Error, Film, Image, ImageVariant, VariantImages};
use vertebra_alignment::{VariantOptions, VertebraMasks};
use vertebra_keypoints::{Level, VertebraKeypoints};
use vertebra_raster::Error as RasterError;

const HEIGHT: usize = 620;
const WIDTH: usize = 480;
const SPINE: [(f64, f64); 5] =
    [(232.0, 110.0), (247.0, 205.0), (259.0, 304.0), (258.0, 405.0), (231.0, 500.0)];

/// Five bright bodies on a slope, some texture, smooth enough to be sampled anywhere.
fn grey(x: f64, y: f64) -> f64 {
    let body = |c: &(f64, f64)| {
        let (u, v) = ((x - c.0) / 44.0, (y - c.1) / 36.0);
        (-(u.powi(4) + v.powi(4))).exp()
    };
    let texture = 0.15 * (x * 0.045).sin() * (y * 0.035).cos();
    0.3 + 0.0008 * x + SPINE.iter().map(body).sum::<f64>() + texture
}

fn pixels() -> Vec<f32> {
    (0..HEIGHT * WIDTH).map(|i| grey((i % WIDTH) as f64, (i / WIDTH) as f64) as f32).collect()
}

fn film(pixels: &[f32]) -> Film<'_> {
    Film { pixels, height: HEIGHT, width: WIDTH, spacing_mm: Some([0.4, 0.4]) }
}

fn keypoints() -> VertebraKeypoints {
    VertebraKeypoints::from_xy(SPINE).unwrap()
}

fn outline((x, y): (f64, f64)) -> Vec<(f64, f64)> {
    vec![(x - 46.0, y - 35.5), (x + 44.0, y - 38.0), (x + 45.5, y + 36.0), (x - 44.0, y + 39.0)]
}

fn masks() -> VertebraMasks {
    VertebraMasks::from_polygons(SPINE.map(|c| Some(outline(c)))).unwrap()
}

fn options() -> VariantOptions {
    VariantOptions::default().with_size(96).with_patch_size(96)
}

fn render(options: VariantOptions, variant: ImageVariant) -> VariantImages {
    let pixels = pixels();
    options.render(&film(&pixels), &keypoints(), Some(&masks()), variant).unwrap()
}

fn at(image: &Image, x: usize, y: usize) -> f32 {
    image.pixels[y * image.width + x]
}

#[test]
fn grey_values_are_those_of_the_film_scaled_by_the_least_and_greatest() {
    for variant in [ImageVariant::L1L5, ImageVariant::L1L4, ImageVariant::Patches] {
        for flip in [false, true] {
            let made = render(options().with_flip(flip), variant);
            for (image, alignment) in made.images.iter().zip(&made.alignments) {
                let shown: Vec<(usize, f64)> = (0..image.pixels.len())
                    .filter(|&i| image.pixels[i] > 0.0)
                    .map(|i| {
                        let p = alignment.to_original(((i % 96) as f64, (i / 96) as f64));
                        (i, grey(p.0, p.1))
                    })
                    .collect();
                let least = shown.iter().map(|s| s.1).fold(f64::INFINITY, f64::min);
                let greatest = shown.iter().map(|s| s.1).fold(0.0, f64::max);
                assert!(shown.len() > 96 * 30);
                for (i, value) in shown {
                    let expected = (value - least) / (greatest - least);
                    let got = f64::from(image.pixels[i]);
                    assert!((got - expected).abs() < 0.02, "{variant:?} {i}: {got}, {expected}");
                }
            }
        }
    }
}

#[test]
fn vertebrae_of_a_masked_picture_are_those_of_the_unmasked_one() {
    let (whole, masked) =
        (render(options(), ImageVariant::L1L5), render(options(), ImageVariant::L1L5Masked));
    let (whole, image) = (&whole.images[0], &masked.images[0]);
    let inside = |p: (f64, f64)| {
        let near = |c: &(f64, f64)| (p.0 - c.0).abs() < 39.0 && (p.1 - c.1).abs() < 30.0;
        SPINE.iter().any(near)
    };
    let outside = |p: (f64, f64)| {
        let far = |c: &(f64, f64)| (p.0 - c.0).abs() > 53.0 || (p.1 - c.1).abs() > 46.0;
        SPINE.iter().all(far)
    };
    let (mut n_inside, mut n_outside) = (0, 0);
    for i in 0..image.pixels.len() {
        let p = masked.alignments[0].to_original(((i % 96) as f64, (i / 96) as f64));
        if inside(p) {
            n_inside += 1;
            assert!((image.pixels[i] - whole.pixels[i]).abs() < 1e-6);
        } else if outside(p) {
            n_outside += 1;
            assert_eq!(image.pixels[i], 0.0);
        }
    }
    assert!(n_inside > 500 && n_outside > 3000, "{n_inside} {n_outside}");
}

#[test]
fn the_l1_l4_picture_fixes_l4_and_its_mask_leaves_l5_out() {
    let made = render(options(), ImageVariant::L1L4Masked);
    let lower = made.alignments[0].to_canonical(SPINE[3]);
    assert!((lower.0 - 47.5).abs() < 1e-9 && (lower.1 - (96.0 * 3.75 / 4.5 - 0.5)).abs() < 1e-9);
    let below = made.alignments[0].to_canonical((SPINE[4].0, SPINE[4].1 - 20.0));
    if below.1 < 95.0 {
        assert_eq!(at(&made.images[0], below.0 as usize, below.1 as usize), 0.0);
    }
    let l4 = at(&made.images[0], 47, lower.1 as usize);
    assert!(l4 > 0.5, "{l4}");
}

#[test]
fn patches_are_centred_and_upright() {
    let made = render(options(), ImageVariant::Patches);
    assert_eq!((made.images.len(), made.alignments.len()), (5, 5));
    for (i, alignment) in made.alignments.iter().enumerate() {
        let centre = alignment.to_canonical(SPINE[i]);
        assert!((centre.0 - 47.5).hypot(centre.1 - 47.5) < 1e-9);
        assert!((alignment.scale() / made.alignments[0].scale() - 1.0).abs() < 1e-12);
    }
    for i in 1..4 {
        // The neighbours' connection runs straight down.
        let [a, b] = [SPINE[i - 1], SPINE[i + 1]].map(|p| made.alignments[i].to_canonical(p));
        assert!((a.0 - b.0).abs() < 1e-9 && a.1 < b.1);
    }
    let turns: Vec<f64> = made.alignments.iter().map(|a| a.rotation()).collect();
    assert!(turns.windows(2).all(|w| w[0] > w[1]), "{turns:?}");
}

#[test]
fn the_region_of_interest_is_padded_with_zeros() {
    let made = render(options().with_side_margin(0.5), ImageVariant::L1L5);
    let narrow = &made.images[0];
    let shown = |image: &Image| {
        let column = |x: &usize| (0..96).any(|y| at(image, *x, y) > 0.0);
        (0..96).filter(column).count()
    };
    let wide = render(options().with_side_margin(f64::INFINITY), ImageVariant::L1L5);
    // The film is narrower than the square.
    let film_width = WIDTH as f64 * wide.alignments[0].scale();
    assert!((shown(&wide.images[0]) as f64 - film_width).abs() <= 2.0);
    let step = made.alignments[0].scale() * (500.0_f64 - 110.0) / 4.0;
    let xs = SPINE.map(|p| made.alignments[0].to_canonical(p).0);
    let reach = xs.iter().copied().fold(0.0, f64::max) - xs.iter().copied().fold(96.0, f64::min);
    let expected = reach + step;
    assert!((shown(narrow) as f64 - expected).abs() <= 2.0, "{} {expected}", shown(narrow));
}

#[test]
fn a_border_neither_shows_nor_stretches_the_grey_values() {
    let mut framed = pixels();
    for (i, v) in framed.iter_mut().enumerate() {
        if !(60..430).contains(&(i % WIDTH)) {
            *v = 50.0;
        }
    }
    let options = options().with_side_margin(f64::INFINITY);
    let made = options.render(&film(&framed), &keypoints(), None, ImageVariant::L1L5).unwrap();
    let (image, alignment) = (&made.images[0], &made.alignments[0]);
    let body = alignment.to_canonical(SPINE[2]);
    assert!(at(image, body.0.round() as usize, body.1.round() as usize) > 0.7);
    for (x, inside) in [(40.0, false), (445.0, false), (90.0, true)] {
        let p = alignment.to_canonical((x, 320.0));
        if p.0 >= 0.0 && p.0 < 95.0 {
            let value = at(image, p.0.round() as usize, p.1.round() as usize);
            assert_eq!(value > 0.0, inside, "{x}: {value}");
        }
    }
}

#[test]
fn mask_pictures_and_outlines_agree() {
    let inside = |polygon: &[(f64, f64)], x: f64, y: f64| {
        let edges = polygon.iter().zip(polygon.iter().cycle().skip(1));
        let crossings = edges.filter(|(a, b)| {
            (a.1 > y) != (b.1 > y) && x < a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0)
        });
        crossings.count() % 2 == 1
    };
    let drawn = SPINE.map(|c| {
        let polygon = outline(c);
        let at = |i: usize| inside(&polygon, (i % WIDTH) as f64, (i / WIDTH) as f64);
        let pixels = (0..HEIGHT * WIDTH).map(|i| f32::from(u8::from(at(i)))).collect();
        Some(Image { pixels, height: HEIGHT, width: WIDTH })
    });
    let drawn = VertebraMasks::from_images(drawn).unwrap();
    let pixels = pixels();
    for variant in [ImageVariant::L1L5Masked, ImageVariant::PatchesMasked] {
        let [a, b] = [&drawn, &masks()]
            .map(|m| options().render(&film(&pixels), &keypoints(), Some(m), variant).unwrap());
        for (a, b) in a.images.iter().zip(&b.images) {
            let differences = a.pixels.iter().zip(&b.pixels).map(|(a, b)| (a - b).abs());
            let mean = differences.sum::<f32>() / a.pixels.len() as f32;
            assert!(mean < 0.01, "{variant:?}: {mean}");
        }
    }
}

#[test]
fn rigid_patches_keep_millimetres() {
    let options = options().with_mode(AlignmentMode::Rigid).with_patch_mm(48.0);
    for alignment in render(options, ImageVariant::PatchesMasked).alignments {
        assert!((alignment.mm_per_px().unwrap() - 0.5).abs() < 1e-9);
    }
}

#[test]
fn bad_input_is_named() {
    let pixels = pixels();
    let film = film(&pixels);
    let try_with = |spine: [(f64, f64); 5], masks: Option<&VertebraMasks>, variant| {
        let spine = VertebraKeypoints::from_xy(spine).unwrap();
        options().render(&film, &spine, masks, variant).err().unwrap()
    };
    let masked = ImageVariant::L1L5Masked;
    let error = try_with(SPINE, None, masked);
    assert_eq!(
        error.to_string(),
        "the variant \"L1-L5 with masks\" needs vertebra masks, got none"
    );

    let mut four = SPINE.map(|c| Some(outline(c)));
    four[1] = None;
    let four = VertebraMasks::from_polygons(four).unwrap();
    assert_eq!(try_with(SPINE, Some(&four), masked), Error::MissingMask { level: Level::L2 });

    let small = SPINE.map(|_| Some(Image::zeros(HEIGHT, WIDTH - 1)));
    let error = try_with(SPINE, Some(&VertebraMasks::from_images(small).unwrap()), masked);
    assert_eq!(error.to_string(), "the mask of L1 is 620 x 479, expected the film's 620 x 480");

    let mut outside = SPINE;
    outside[3].0 = 480.0;
    let error = try_with(outside, None, ImageVariant::L1L5);
    assert_eq!(
        error.to_string(),
        "L4 at x = 480.0, y = 405.0 is outside the film of 620 x 480 (height x width)"
    );

    let mut upside_down = SPINE;
    upside_down.reverse();
    for variant in [ImageVariant::L1L4, ImageVariant::L1L5, ImageVariant::Patches] {
        assert!(matches!(try_with(upside_down, None, variant), Error::UpsideDown { .. }));
    }
    let mut swapped = SPINE;
    swapped.swap(1, 3);
    let error = try_with(swapped, None, ImageVariant::Patches);
    let expected = Error::UpsideDown {
        upper: Level::L2,
        upper_y: swapped[1].1,
        lower: Level::L3,
        lower_y: swapped[2].1,
    };
    assert_eq!(error, expected);
    // In order, but L2 hangs so close below L1 that the curve through L1, L2 and L3 starts upwards.
    let mut uneven = SPINE;
    uneven[1].1 = uneven[0].1 + 3.0;
    let error = try_with(uneven, None, ImageVariant::Patches);
    assert!(
        matches!(error, Error::UnevenSpacing { level: Level::L1, three: [(Level::L1, _), ..] }),
        "{error}"
    );
    assert!(error.to_string().contains("L2 (y = ") && error.to_string().contains("upwards at L1"));
    assert!(matches!(
        try_with([SPINE[0]; 5], None, ImageVariant::L1L5),
        Error::CoincidentKeypoints { .. }
    ));
    assert!(
        VertebraMasks::from_polygons([Some(vec![(0.0, 0.0); 2]), None, None, None, None]).is_err()
    );
}

#[test]
fn flat_and_broken_films_are_errors() {
    let render = |pixels: &[f32]| {
        options().render(&film(pixels), &keypoints(), None, ImageVariant::L1L5).err().unwrap()
    };
    let Error::Raster { source: RasterError::NoContrast { min, max } } =
        render(&[0.7; HEIGHT * WIDTH])
    else {
        panic!("expected no contrast")
    };
    assert!(max - min < 1e-5);
    let mut broken = pixels();
    broken[300 * WIDTH + 240] = f32::NAN;
    let error = render(&broken);
    let expected = matches!(
        error, Error::Raster { source: RasterError::NoContrast { min, .. } } if min.is_nan()
    );
    assert!(expected, "{error}");
}

/// `testdata/variants_96.png`: the pictures as they were when they were looked at and found right.
/// `cargo test -p vertebra-alignment -- --ignored` writes it anew.
mod golden {
    use super::*;

    fn path() -> std::path::PathBuf {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/variants_96.png")
    }

    /// All 14 pictures below each other, 8 bits.
    fn column() -> Vec<u8> {
        let made = ImageVariant::ALL.into_iter().flat_map(|v| render(options(), v).images);
        made.flat_map(|image| image.pixels).map(|v| (v * 255.0).round() as u8).collect()
    }

    #[test]
    #[ignore = "writes the golden file"]
    fn write() {
        let file = std::io::BufWriter::new(std::fs::File::create(path()).unwrap());
        let mut encoder = png::Encoder::new(file, 96, 96 * 14);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&column()).unwrap();
    }

    #[test]
    fn pictures_are_as_they_were() {
        let file = std::io::BufReader::new(std::fs::File::open(path()).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut expected = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut expected).unwrap();
        let got = column();
        assert_eq!(got.len(), expected.len());
        for (i, (g, e)) in got.iter().zip(&expected).enumerate() {
            let (picture, row, x) = (i / 9216, i % 9216 / 96, i % 96);
            assert!(g.abs_diff(*e) <= 1, "picture {picture}, ({x}, {row}): got {g}, expected {e}");
        }
    }
}
