//! Phantom films as other scanners and other hands would give them: other curves, blurred, noisy,
//! cut, turned.

use rand::{Rng, RngExt};
use vertebra_hrnet::FilmSample;
use vertebra_keypoints::VertebraKeypoints;
use vertebra_raster::{Affine, GaussianBlur, Image, ResampleOptions};
use vertebra_run::Seed;

/// A film cut to a part of itself, turned a little, its grey values changed; and whether the
/// centres of all five vertebrae are still on it.
///
/// # Errors
/// Points that are not finite.
pub fn altered(film: &FilmSample, seed: Seed) -> anyhow::Result<(FilmSample, bool)> {
    let mut dice = seed.generator();
    let mut within = |low: f64, high: f64| low + (high - low) * dice.random::<f64>();
    let size = film.image.size();
    // Most films keep nearly all; some lose the lower or the upper end of the spine.
    let [mut top, mut bottom] = [within(0.0, 0.12), within(0.0, 0.12)];
    let lost = within(0.0, 1.0);
    if lost < 0.15 {
        bottom = within(0.2, 0.55);
    } else if lost < 0.3 {
        top = within(0.2, 0.55);
    }
    let (left, right) = (within(0.0, 0.15), within(0.0, 0.15));
    let [height, width] = [size[0] as f64, size[1] as f64];
    let kept = [height * (1.0 - top - bottom), width * (1.0 - left - right)].map(|n| n as usize);
    let middle = (0.5 * width, 0.5 * height);
    let turn = Affine::about(middle, within(-0.15, 0.15), within(0.9, 1.1), (0.0, 0.0));
    let cut = Affine::new([[1.0, 0.0, -left * width], [0.0, 1.0, -top * height]])?;
    let change = turn.then(&cut);
    let resample = ResampleOptions::default().with_prefilter(false);
    let mut pixels = resample.resample(&film.as_film(), &change, kept[0], kept[1])?.pixels;
    let keypoints = film.keypoints.mapped(|point| change.apply(point))?;
    recolour(&mut pixels, kept[1], &mut dice);
    let whole = is_within(&keypoints, kept);
    let image = Image { pixels, height: kept[0], width: kept[1] };
    let sample = FilmSample::from_image(image, keypoints);
    let sample = match film.spacing_mm {
        Some(spacing) => sample.with_spacing_mm(spacing),
        None => sample,
    };
    Ok((sample, whole))
}

fn is_within(keypoints: &VertebraKeypoints, [height, width]: [usize; 2]) -> bool {
    keypoints
        .points()
        .iter()
        .all(|p| p.x > 0.0 && p.y > 0.0 && p.x < width as f64 - 1.0 && p.y < height as f64 - 1.0)
}

/// Gamma, a blur or an edge enhancement, noise, steps of grey.
fn recolour(pixels: &mut [f32], width: usize, dice: &mut impl Rng) {
    let mut within = |low: f64, high: f64| low + (high - low) * dice.random::<f64>();
    let gamma = within(-1.0, 1.0).exp() as f32;
    let (blur, sharpen) = (within(0.0, 1.0).powi(2) * 4.0, within(-1.0, 2.0).max(0.0) as f32);
    let (noise, steps) = (within(0.0, 1.0).powi(3) as f32 * 0.25, within(8.0, 300.0) as f32);
    let low = pixels.iter().copied().fold(f32::INFINITY, f32::min);
    let high = pixels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let range = (high - low).max(f32::MIN_POSITIVE);
    pixels.iter_mut().for_each(|p| *p = ((*p - low) / range).powf(gamma));
    if let Ok(blur) = GaussianBlur::new(blur) {
        blur.apply(pixels, width);
    }
    if let Ok(wide) = GaussianBlur::new(6.0) {
        let mut smooth = pixels.to_vec();
        wide.apply(&mut smooth, width);
        pixels.iter_mut().zip(smooth).for_each(|(p, s)| *p += sharpen * (*p - s));
    }
    for p in pixels {
        let grain = noise * (dice.random::<f32>() + dice.random::<f32>() - 1.0);
        *p = ((*p + grain) * steps).round() / steps;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // in a test that is how it fails

    use super::*;

    fn film() -> FilmSample {
        // A spot at each centre.
        let centres = [30., 60., 90., 120., 150.].map(|y| (70.0, y));
        let mut image = Image::zeros(200, 140);
        for (x, y) in centres {
            for (i, pixel) in image.pixels.iter_mut().enumerate() {
                let (dx, dy) = ((i % 140) as f64 - x, (i / 140) as f64 - y);
                *pixel += (-(dx * dx + dy * dy) / 40.0).exp() as f32;
            }
        }
        FilmSample::from_image(image, VertebraKeypoints::from_xy(centres).unwrap())
    }

    #[test]
    fn centres_go_where_the_picture_goes() {
        let (mut seen, film) = (0, film());
        for seed in 0..20 {
            let (altered, whole) = altered(&film, Seed::new(seed)).unwrap();
            if !whole {
                continue;
            }
            let mean = altered.image.pixels.iter().sum::<f32>() / altered.image.pixels.len() as f32;
            for p in altered.keypoints.points() {
                let at = p.y.round() as usize * altered.image.width + p.x.round() as usize;
                seen += usize::from(altered.image.pixels[at] > mean);
            }
        }
        assert!(seen >= 40, "{seen}");
    }

    #[test]
    fn some_films_lose_vertebrae_and_most_do_not() {
        let film = film();
        let whole = |seed: u64| altered(&film, Seed::new(seed)).unwrap().1;
        let n = (0..100).filter(|&seed| whole(seed)).count();
        assert!((60..90).contains(&n), "{n}");
    }
}
