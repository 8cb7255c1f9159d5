//! Small RGB pictures: films with points drawn on them, and heat maps over aligned images.

use crate::Error;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use std::path::Path;
use vertebra_raster::{ContactSheet, Film, Image};
use vertebra_run::write_whole;

/// An RGB picture, 8 bits a channel.
pub(crate) struct Canvas {
    image: Image<[u8; 3]>,
}

const BLACK: [u8; 3] = [0; 3];

impl Canvas {
    /// A grey film stretched from its minimum and maximum to black and white.
    pub(crate) fn from_grey(film: &Film<'_>) -> Self {
        // In f64: the distance between two f32 can be more than f32 holds.
        let (low, high) = range(film.pixels);
        let (low, high) = (f64::from(low), f64::from(high));
        let scale = if high > low { 255.0 / (high - low) } else { 0.0 };
        let grey = |p: &f32| [((f64::from(*p) - low) * scale).clamp(0.0, 255.0) as u8; 3];
        let (pixels, Film { height, width, .. }) = (film.pixels.iter().map(grey).collect(), *film);
        Self { image: Image { pixels, height, width } }
    }

    /// Lays a signed map of the same size over the picture: red where it raises the log hazard,
    /// blue where it lowers it, transparent at zero. `scale` is the value shown at full strength.
    pub(crate) fn overlay(&mut self, map: &[f32], scale: f32) {
        let scale = if scale > 0.0 { scale } else { 1.0 };
        for (pixel, value) in self.image.pixels.iter_mut().zip(map) {
            let strength = (value / scale).clamp(-1.0, 1.0);
            let colour = if strength > 0.0 { [214, 47, 39] } else { [33, 102, 172] };
            *pixel = blend(*pixel, colour, 0.7 * strength.abs());
        }
    }

    /// A ring of `radius` px around `(x, y)`.
    pub(crate) fn ring(&mut self, (x, y): (f64, f64), radius: f64, colour: [u8; 3]) {
        let reach = radius as i64 + 2;
        for row in (y as i64 - reach)..=(y as i64 + reach) {
            for col in (x as i64 - reach)..=(x as i64 + reach) {
                let distance = (col as f64 - x).hypot(row as f64 - y);
                let cover = (1.2 - (distance - radius).abs()).clamp(0.0, 1.0);
                self.paint(row, col, colour, cover as f32);
            }
        }
    }

    /// A cross of half-length `arm` px at `(x, y)`.
    pub(crate) fn cross(&mut self, (x, y): (f64, f64), arm: i64, colour: [u8; 3]) {
        let (col, row) = (x.round() as i64, y.round() as i64);
        for step in -arm..=arm {
            self.paint(row + step, col, colour, 1.0);
            self.paint(row, col + step, colour, 1.0);
        }
    }

    /// Pictures side by side, tops aligned, on black.
    pub(crate) fn beside(parts: Vec<Self>) -> Self {
        Self { image: ContactSheet::new(BLACK).beside(&images(parts)) }
    }

    /// Pictures one below the other, on black.
    pub(crate) fn below(parts: Vec<Self>) -> Self {
        Self { image: ContactSheet::new(BLACK).below(&images(parts)) }
    }

    /// Each pixel repeated `factor` times in both directions.
    pub(crate) fn enlarged(&self, factor: usize) -> Self {
        let from = &self.image;
        let (width, height) = (from.width * factor, from.height * factor);
        let source =
            |i: usize| from.pixels[(i / width / factor) * from.width + (i % width) / factor];
        let pixels = (0..width * height).map(source).collect();
        Self { image: Image { pixels, height, width } }
    }

    /// Writes an 8-bit PNG, whole or not at all.
    pub(crate) fn write_png(&self, path: &Path) -> Result<(), Error> {
        let picture = |source| Error::Picture { path: path.to_owned(), source: Box::new(source) };
        Ok(write_whole(path, self.png().map_err(picture)?)?)
    }

    /// An 8-bit PNG, RGB, or grey where all of it is grey.
    pub(crate) fn png(&self) -> Result<Vec<u8>, image::ImageError> {
        let pixels = &self.image.pixels;
        let is_grey = pixels.iter().all(|[red, green, blue]| red == green && green == blue);
        let (bytes, kind): (Vec<u8>, _) = match is_grey {
            true => (pixels.iter().map(|pixel| pixel[0]).collect(), ExtendedColorType::L8),
            false => (pixels.as_flattened().to_vec(), ExtendedColorType::Rgb8),
        };
        let (width, height) = (self.image.width as u32, self.image.height as u32);
        let mut file = Vec::new();
        PngEncoder::new(&mut file).write_image(&bytes, width, height, kind)?;
        Ok(file)
    }

    fn paint(&mut self, row: i64, col: i64, colour: [u8; 3], cover: f32) {
        let inside = |v: i64, size: usize| usize::try_from(v).ok().filter(|v| *v < size);
        let [height, width] = self.image.size();
        if let (Some(row), Some(col)) = (inside(row, height), inside(col, width)) {
            let pixel = &mut self.image.pixels[row * width + col];
            *pixel = blend(*pixel, colour, cover);
        }
    }
}

fn images(parts: Vec<Canvas>) -> Vec<Image<[u8; 3]>> {
    parts.into_iter().map(|part| part.image).collect()
}

fn blend(under: [u8; 3], over: [u8; 3], cover: f32) -> [u8; 3] {
    std::array::from_fn(|i| {
        (f32::from(under[i]) * (1.0 - cover) + f32::from(over[i]) * cover).round() as u8
    })
}

fn range(pixels: &[f32]) -> (f32, f32) {
    let wider = |(low, high): (f32, f32), p: &f32| (low.min(*p), high.max(*p));
    pixels.iter().filter(|p| p.is_finite()).fold((f32::INFINITY, f32::NEG_INFINITY), wider)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_is_stretched_and_a_map_colours_by_its_sign() {
        let row = |pixels: &[f32]| {
            let film = Film { pixels, height: 1, width: pixels.len(), spacing_mm: None };
            Canvas::from_grey(&film)
        };
        let mut canvas = row(&[1.0, 3.0]);
        assert_eq!(canvas.image.pixels, [[0; 3], [255; 3]]);
        let widest = row(&[f32::MIN, 0.0, f32::MAX]);
        assert_eq!(widest.image.pixels, [[0; 3], [127; 3], [255; 3]]);
        canvas.overlay(&[2.0, -2.0], 2.0);
        let [raised, lowered] = canvas.image.pixels[..] else { panic!("two pixels") };
        assert!(raised[0] > raised[2], "raises: red");
        assert!(lowered[2] > lowered[0], "lowers: blue");
    }

    #[test]
    fn drawing_outside_the_picture_is_ignored() {
        let film = Film { pixels: &[0.0; 4], height: 2, width: 2, spacing_mm: None };
        let mut canvas = Canvas::from_grey(&film);
        canvas.ring((-50.0, 90.0), 3.0, [255, 0, 0]);
        canvas.cross((1.0, 1.0), 9, [0, 255, 0]);
        assert_eq!(canvas.image.pixels[3], [0, 255, 0]);
    }
}
