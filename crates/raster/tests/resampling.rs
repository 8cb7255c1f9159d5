//! What resampling keeps and what it removes.

#![allow(clippy::unwrap_used)] // helpers of tests

use vertebra_raster::{Affine, Field, Film, Filter, Image, ResampleOptions, resample};

/// The first pixel of the picture covers the first 1 / scale film pixels.
fn scaling(scale: f64) -> Affine {
    Affine::scale([scale; 2]).unwrap()
}

fn image(height: usize, width: usize, grey: impl Fn(f64, f64) -> f64) -> Image {
    let at = |i: usize| grey((i % width) as f64, (i / width) as f64) as f32;
    Image { pixels: (0..height * width).map(at).collect(), height, width }
}

#[test]
fn the_identity_changes_nothing() {
    let film = image(37, 23, |x, y| (x * 7.0 + y * 13.0) % 11.0);
    for filter in [Filter::Bilinear, Filter::Lanczos] {
        let options = ResampleOptions::default().with_filter(filter);
        let same = options.resample(&film.as_film(), &scaling(1.0), 37, 23).unwrap();
        assert!(same.pixels == film.pixels, "{filter:?}");
    }
}

#[test]
fn a_constant_film_stays_constant_up_to_its_border() {
    let film = image(90, 70, |_, _| 3.0);
    for filter in [Filter::Bilinear, Filter::Lanczos] {
        let options = ResampleOptions::default().with_filter(filter);
        for scale in [0.1, 0.37, 1.7] {
            let (h, w) = ((90.0 * scale) as usize, (70.0 * scale) as usize);
            let small = options.resample(&film.as_film(), &scaling(scale), h, w).unwrap();
            for v in &small.pixels {
                assert!((v - 3.0).abs() < 1e-5, "{filter:?} at {scale}: {v}");
            }
        }
    }
}

#[test]
fn what_lies_outside_the_film_or_the_field_is_zero_and_never_read() {
    let mut film = image(40, 50, |_, _| 2.0);
    let field = Field { left: 10, top: 5, right: 50, bottom: 30 };
    for (i, v) in film.pixels.iter_mut().enumerate() {
        let (x, y) = (i % 50, i / 50);
        if !(field.left..field.right).contains(&x) || !(field.top..field.bottom).contains(&y) {
            *v = f32::NAN;
        }
    }
    let options = ResampleOptions::default().with_field(field);
    for (scale, shift) in [(0.3, 2.0), (1.4, -3.0)] {
        let matrix = [[scale, 0.0, shift], [0.0, scale, shift]];
        let map = Affine::new(matrix).unwrap();
        let got = options.resample(&film.as_film(), &map, 64, 64).unwrap();
        for (i, v) in got.pixels.iter().enumerate() {
            let (x, y) = map.apply_inverse(((i % 64) as f64, (i / 64) as f64));
            let inside = (9.5..=49.5).contains(&x) && (4.5..=29.5).contains(&y);
            let expected = if inside { 2.0 } else { 0.0 };
            assert!((v - expected).abs() < 1e-5, "pixel {i} shows ({x}, {y}): {v}");
        }
    }
}

#[test]
fn a_picture_that_misses_the_film_is_black() {
    let film = image(20, 20, |_, _| 1.0);
    let away = Affine::new([[0.2, 0.0, 500.0], [0.0, 0.2, 500.0]]).unwrap();
    let got = resample(&film.as_film(), &away, 16, 16).unwrap();
    assert!(got == Image::zeros(16, 16));
}

#[test]
fn a_picture_of_one_pixel_is_the_mean_of_the_film() {
    let film = image(30, 20, |x, _| x);
    for scale in [1e-3, 1e-9, 1e-100] {
        let matrix = [[scale, 0.0, -9.5 * scale], [0.0, scale, -14.5 * scale]];
        let map = Affine::new(matrix).unwrap();
        let got = resample(&film.as_film(), &map, 1, 1).unwrap();
        assert!((got.pixels[0] - 9.5).abs() < 0.02, "{scale}: {}", got.pixels[0]);
    }
}

#[test]
fn tiny_films_and_lines_are_resampled() {
    for (h, w) in [(1, 1), (1, 9), (9, 1), (2, 3)] {
        let film = image(h, w, |_, _| 1.0);
        for scale in [0.2, 1.0, 3.0] {
            let matrix = [[scale, 0.0, 1.0], [0.0, scale, 1.0]];
            let map = Affine::new(matrix).unwrap();
            let got = resample(&film.as_film(), &map, 8, 8).unwrap();
            assert!(got.pixels.iter().all(|v| *v == 0.0 || (*v - 1.0).abs() < 1e-6));
            assert!((got.pixels[9] - 1.0).abs() < 1e-6);
        }
    }
}

/// Contrast (1 = that of the film) left in a picture `reduction` times smaller than a zone plate,
/// per tenth of the picture's sampling frequency, from 0 to what the film holds.
fn zone_plate(options: ResampleOptions, reduction: f64, angle: f64) -> Vec<f64> {
    let size = 1536;
    let middle = (size as f64 - 1.0) / 2.0;
    // Local frequency in cycles per film px: r / size, so half a cycle at the middle of the sides.
    let phase = |x: f64, y: f64| {
        std::f64::consts::PI * ((x - middle).powi(2) + (y - middle).powi(2)) / size as f64
    };
    let film = image(size, size, |x, y| phase(x, y).cos());
    let out = (size as f64 / reduction) as usize;
    let (sin, cos) = (angle.sin() / reduction, angle.cos() / reduction);
    let centre = (out as f64 - 1.0) / 2.0;
    let offset = |a: f64, b: f64| centre - (a + b) * middle;
    let matrix = [[cos, -sin, offset(cos, -sin)], [sin, cos, offset(sin, cos)]];
    let map = Affine::new(matrix).unwrap();
    let got = options.resample(&film.as_film(), &map, out, out).unwrap();
    let mut sums = vec![(0.0, 0.0); 1 + (5.0 * reduction) as usize];
    for (i, v) in got.pixels.iter().enumerate() {
        let (x, y) = map.apply_inverse(((i % out) as f64, (i / out) as f64));
        let radius = (x - middle).hypot(y - middle);
        let per_canonical = radius / size as f64 * reduction;
        if let Some(bin) = sums.get_mut((per_canonical * 10.0) as usize)
            && radius < 0.49 * size as f64
        {
            *bin = (bin.0 + f64::from(*v).powi(2), bin.1 + 1.0);
        }
    }
    sums.iter().filter(|b| b.1 > 0.0).map(|b| (2.0 * b.0 / b.1).sqrt()).collect()
}

#[test]
fn a_zone_plate_reduced_six_times_does_not_alias() {
    let plain = ResampleOptions::default().with_prefilter(false);
    let [bilinear, lanczos] =
        [Filter::Bilinear, Filter::Lanczos].map(|f| ResampleOptions::default().with_filter(f));
    for angle in [0.0, 0.4] {
        let [plain, bilinear, lanczos] =
            [plain, bilinear, lanczos].map(|options| zone_plate(options, 6.0, angle));
        let worst = |bins: &[f64], from: usize| bins[from..].iter().copied().fold(0.0, f64::max);
        // Above the sampling frequency nothing may be left; plain interpolation keeps almost all.
        assert!(worst(&plain, 10) > 0.7);
        assert!(worst(&bilinear, 10) < 0.05, "{}", worst(&bilinear, 10));
        assert!(worst(&lanczos, 10) < 0.02, "{}", worst(&lanczos, 10));
        // And what the picture can show must stay.
        let kept = |bins: &[f64], i: usize| bins[i] / plain[i];
        assert!(kept(&bilinear, 1) > 0.85 && kept(&bilinear, 3) > 0.5);
        assert!(kept(&lanczos, 1) > 0.95 && kept(&lanczos, 3) > 0.9);
    }
}

#[test]
fn reducing_keeps_the_mean() {
    let film = image(480, 360, |x, y| ((x * 0.37).sin() + (y * 0.11).cos()) * ((x * y) % 5.0));
    let small = resample(&film.as_film(), &scaling(1.0 / 6.0), 80, 60).unwrap();
    let mean = |i: &Image| i.pixels.iter().sum::<f32>() / i.pixels.len() as f32;
    assert!((mean(&film) - mean(&small)).abs() < 0.01, "{} {}", mean(&film), mean(&small));
}

#[test]
fn the_field_is_the_film_without_its_border() {
    let noisy = |x: f64, y: f64| 500.0 + 300.0 * (x * 0.13 + y * 0.07).sin();
    let border = |x: f64, y: f64| !(20.0..230.0).contains(&x) || !(33.0..280.0).contains(&y);
    let mut film = image(300, 250, |x, y| if border(x, y) { 4000.0 } else { noisy(x, y) });
    let expected = Field { left: 20, top: 33, right: 230, bottom: 280 };
    assert_eq!(Field::estimate(&film.as_film()), expected);
    // A side marker on the blade, and noise of 1 % of the middle's range.
    for (i, v) in film.pixels.iter_mut().enumerate() {
        let (x, y) = (i % 250, i / 250);
        *v += ((i * 7919) % 101) as f32 / 101.0 * 6.0;
        if (2..14).contains(&x) && (40..60).contains(&y) {
            *v = 0.0;
        }
    }
    assert_eq!(Field::estimate(&film.as_film()), expected);
    let valid: Vec<bool> = (0..300 * 250).map(|i| (60..90).contains(&(i % 250))).collect();
    let narrow = Field { left: 60, top: 0, right: 90, bottom: 300 };
    assert_eq!(Field::exposed(&film.as_film(), Some(&valid)), Ok(narrow));
    assert_eq!(Field::exposed(&film.as_film(), None), Ok(expected));
    assert!(Field::exposed(&film.as_film(), Some(&valid[1..])).is_err());
    assert!(Field::exposed(&film.as_film(), Some(&[false; 300 * 250])).is_err());
}

#[test]
fn films_without_a_border_or_without_contrast_are_their_own_field() {
    let film = image(60, 50, |x, y| x + 3.0 * y);
    assert_eq!(Field::estimate(&film.as_film()), Field::whole(&film.as_film()));
    let flat = Film { pixels: &[1.0; 12], height: 3, width: 4, spacing_mm: None };
    assert_eq!(Field::estimate(&flat), Field::whole(&flat));
}

#[test]
fn a_film_of_integers_gives_the_picture_of_the_same_film_in_floats() {
    let integers: Vec<u16> = (0..300 * 250).map(|i| ((i * 7919) % 65_536) as u16).collect();
    let floats: Vec<f32> = integers.iter().map(|v| f32::from(*v)).collect();
    let (height, width, spacing_mm) = (300, 250, None);
    let stored = Film { pixels: &integers[..], height, width, spacing_mm };
    let decoded = Film { pixels: &floats[..], height, width, spacing_mm };
    assert_eq!(Field::estimate(&stored), Field::estimate(&decoded));
    for filter in [Filter::Bilinear, Filter::Lanczos] {
        for scale in [0.2, 0.7, 1.5] {
            let options = ResampleOptions::default().with_filter(filter);
            let map = scaling(scale);
            let [a, b] = [
                options.resample(&stored, &map, 90, 70).unwrap(),
                options.resample(&decoded, &map, 90, 70).unwrap(),
            ];
            assert!(a == b, "{filter:?} at {scale}");
        }
    }
    let eight: Vec<u8> = integers.iter().map(|v| (v >> 8) as u8).collect();
    let eight = Film { pixels: &eight[..], height, width, spacing_mm };
    assert!(resample(&eight, &scaling(0.2), 60, 50).unwrap().pixels.iter().all(|v| *v <= 255.0));
}
