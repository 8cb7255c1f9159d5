//! Small RGB pictures: films with points drawn on them, and heat maps over aligned images.

use crate::Error;
use std::path::Path;

/// An RGB picture `[height, width]`, 8 bits a channel, row-major.
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    rgb: Vec<[u8; 3]>,
}

impl Canvas {
    /// A grey image `[height, width]` stretched from its minimum and maximum to black and white.
    pub(crate) fn from_grey(pixels: &[f32], height: usize, width: usize) -> Self {
        // In f64: the distance between two f32 can be more than f32 holds.
        let (low, high) = range(pixels);
        let (low, high) = (f64::from(low), f64::from(high));
        let scale = if high > low { 255.0 / (high - low) } else { 0.0 };
        let grey = |p: &f32| [((f64::from(*p) - low) * scale).clamp(0.0, 255.0) as u8; 3];
        Self { width, height, rgb: pixels.iter().map(grey).collect() }
    }

    /// Lays a signed map of the same size over the picture: red where it raises the log hazard,
    /// blue where it lowers it, transparent at zero. `scale` is the value shown at full strength.
    pub(crate) fn overlay(&mut self, map: &[f32], scale: f32) {
        let scale = if scale > 0.0 { scale } else { 1.0 };
        for (pixel, value) in self.rgb.iter_mut().zip(map) {
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
        const GAP: usize = 2;
        let height = parts.iter().map(|p| p.height).max().unwrap_or(0);
        let width = parts.iter().map(|p| p.width + GAP).sum::<usize>().saturating_sub(GAP);
        let mut joined = Self { width, height, rgb: vec![[0; 3]; width * height] };
        let mut left = 0;
        for part in &parts {
            for (row, line) in part.rgb.chunks_exact(part.width.max(1)).enumerate() {
                let start = row * width + left;
                joined.rgb[start..start + part.width].copy_from_slice(line);
            }
            left += part.width + GAP;
        }
        joined
    }

    /// Pictures of equal width one below the other, in black gaps.
    pub(crate) fn below(parts: Vec<Self>) -> Self {
        const GAP: usize = 2;
        let width = parts.iter().map(|p| p.width).max().unwrap_or(0);
        let mut rgb = Vec::new();
        for part in &parts {
            if !rgb.is_empty() {
                rgb.extend(vec![[0; 3]; GAP * width]);
            }
            for line in part.rgb.chunks_exact(part.width.max(1)) {
                rgb.extend_from_slice(line);
                rgb.extend(vec![[0; 3]; width - part.width]);
            }
        }
        Self { width, height: rgb.len() / width.max(1), rgb }
    }

    /// Each pixel repeated `factor` times in both directions.
    pub(crate) fn enlarged(&self, factor: usize) -> Self {
        let (width, height) = (self.width * factor, self.height * factor);
        let source = |i: usize| self.rgb[(i / width / factor) * self.width + (i % width) / factor];
        Self { width, height, rgb: (0..width * height).map(source).collect() }
    }

    /// Writes an 8-bit RGB PNG.
    pub(crate) fn write_png(&self, path: &Path) -> Result<(), Error> {
        let bytes: Vec<u8> = self.rgb.iter().flatten().copied().collect();
        let (width, height) = (self.width as u32, self.height as u32);
        image::save_buffer(path, &bytes, width, height, image::ColorType::Rgb8)
            .map_err(|source| Error::Picture { path: path.to_owned(), source: Box::new(source) })
    }

    fn paint(&mut self, row: i64, col: i64, colour: [u8; 3], cover: f32) {
        let inside = |v: i64, size: usize| usize::try_from(v).ok().filter(|v| *v < size);
        if let (Some(row), Some(col)) = (inside(row, self.height), inside(col, self.width)) {
            let pixel = &mut self.rgb[row * self.width + col];
            *pixel = blend(*pixel, colour, cover);
        }
    }
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
        let mut canvas = Canvas::from_grey(&[1.0, 3.0], 1, 2);
        assert_eq!(canvas.rgb, [[0; 3], [255; 3]]);
        let widest = Canvas::from_grey(&[f32::MIN, 0.0, f32::MAX], 1, 3);
        assert_eq!(widest.rgb, [[0; 3], [127; 3], [255; 3]]);
        canvas.overlay(&[2.0, -2.0], 2.0);
        assert!(canvas.rgb[0][0] > canvas.rgb[0][2], "raises: red");
        assert!(canvas.rgb[1][2] > canvas.rgb[1][0], "lowers: blue");
    }

    #[test]
    fn drawing_outside_the_picture_is_ignored() {
        let mut canvas = Canvas::from_grey(&[0.0; 4], 2, 2);
        canvas.ring((-50.0, 90.0), 3.0, [255, 0, 0]);
        canvas.cross((1.0, 1.0), 9, [0, 255, 0]);
        assert_eq!(canvas.rgb[3], [0, 255, 0]);
    }
}
