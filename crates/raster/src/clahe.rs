//! Contrast-limited adaptive histogram equalisation.
//!
//! Zuiderveld K, "Contrast limited adaptive histogram equalization", in: Graphics Gems IV, 1994,
//! 474-485. The grey range is divided into as many bins as given; within a bin the equalised value
//! runs linearly, so that no grey level of a 16-bit film is lost.

use crate::limits::limits;
use crate::{Error, Field, Film, Image, Sample};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How local contrast is equalised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClaheOptions {
    tiles: usize,
    clip_limit: f64,
    bins: usize,
}

impl Default for ClaheOptions {
    /// 8 x 8 tiles, no bin over twice the mean, 1024 bins.
    fn default() -> Self {
        Self { tiles: 8, clip_limit: 2.0, bins: 1024 }
    }
}

impl ClaheOptions {
    /// Tiles in each direction.
    #[must_use]
    pub fn with_tiles(self, tiles: usize) -> Self {
        Self { tiles, ..self }
    }

    /// Greatest share of a bin, relative to the mean of all; from 1 (hardly any change of local
    /// contrast) on.
    #[must_use]
    pub fn with_clip_limit(self, clip_limit: f64) -> Self {
        Self { clip_limit, ..self }
    }

    /// Bins of a histogram.
    #[must_use]
    pub fn with_bins(self, bins: usize) -> Self {
        Self { bins, ..self }
    }

    /// The film's `field` equalised to `[0, 1]`; 0 outside of it.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`]; [`Error::EmptyRegion`];
    /// [`Error::NoContrast`]; [`Error::PixelCount`].
    ///
    /// # Examples
    /// ```
    /// use vertebra_raster::{ClaheOptions, Field, Film};
    /// let grey = |i: usize| ((i % 64) as f32 / 8.0).sin() + i as f32;
    /// let pixels: Vec<f32> = (0..64 * 64).map(grey).collect();
    /// let film = Film { pixels: &pixels, height: 64, width: 64, spacing_mm: None };
    /// let equalised = ClaheOptions::default().equalise(&film, &Field::whole(&film))?;
    /// assert!(equalised.pixels.iter().all(|v| (0.0..=1.0).contains(v)));
    /// # Ok::<(), vertebra_raster::Error>(())
    /// ```
    pub fn equalise<S: Sample>(&self, film: &Film<'_, S>, field: &Field) -> Result<Image, Error> {
        film.check()?;
        self.check()?;
        let field = Field {
            right: field.right.min(film.width),
            bottom: field.bottom.min(film.height),
            ..*field
        };
        if !field.is_not_empty() {
            return Err(Error::EmptyRegion);
        }
        let part = |y: usize| y * film.width + field.left..y * film.width + field.right;
        let (min, max) = limits((field.top..field.bottom).map(|y| &film.pixels[part(y)]));
        if !(max > min && (max - min).is_finite()) {
            return Err(Error::NoContrast { min, max });
        }
        // A value at `max` falls just inside the last bin.
        let scale = (self.bins as f32 - 1e-3) / (max - min);
        let grey = GreyScale { min, scale, last: self.bins - 1 };
        let columns = Tiling::new(field.left, field.right, self.tiles);
        let rows = Tiling::new(field.top, field.bottom, self.tiles);
        let curves = self.curves(film, &columns, &rows, grey);
        let mut image = Image::zeros(film.height, film.width);
        let across = columns.runs();
        let of_one_row = self.tiles * (self.bins + 1);
        let mut mixed = vec![0.0; of_one_row];
        for y in field.top..field.bottom {
            let (above, below, down) = rows.neighbours(y);
            let curves_of = |row: usize| &curves[row * of_one_row..(row + 1) * of_one_row];
            // Once per row of pixels instead of once per pixel.
            for ((m, u), l) in mixed.iter_mut().zip(curves_of(above)).zip(curves_of(below)) {
                *m = mix(*u, *l, down);
            }
            let (out, row) = (&mut image.pixels[part(y)], &film.pixels[part(y)]);
            for run in &across {
                let [left, right] = run.tiles.map(|t| &mixed[t * (self.bins + 1)..]);
                let pixels = row[run.columns.clone()].iter().zip(&run.shares);
                for (out, (v, share)) in out[run.columns.clone()].iter_mut().zip(pixels) {
                    let (bin, rest) = grey.bin(v.grey());
                    let (l, r) = (&left[bin..bin + 2], &right[bin..bin + 2]);
                    let value = mix(mix(l[0], l[1], rest), mix(r[0], r[1], rest), *share);
                    *out = value.clamp(0.0, 1.0);
                }
            }
        }
        Ok(image)
    }

    /// `[row][column][bins + 1]`: the equalised value at each edge between bins.
    fn curves<S: Sample>(
        &self,
        film: &Film<'_, S>,
        columns: &Tiling,
        rows: &Tiling,
        grey: GreyScale,
    ) -> Vec<f32> {
        let mut curves = Vec::with_capacity(self.tiles * self.tiles * (self.bins + 1));
        // Neighbours often share a bin: two tables spare the processor waiting for its own writes.
        let mut counts = [vec![0_u32; self.bins], vec![0_u32; self.bins]];
        for (top, bottom) in rows.ranges() {
            for (left, right) in columns.ranges() {
                let [even, odd] = &mut counts;
                even.fill(0);
                odd.fill(0);
                for y in top..bottom {
                    let row = &film.pixels[y * film.width + left..y * film.width + right];
                    let (pairs, rest) = row.as_chunks::<2>();
                    for [a, b] in pairs {
                        even[grey.bin(a.grey()).0] += 1;
                        odd[grey.bin(b.grey()).0] += 1;
                    }
                    rest.iter().for_each(|v| even[grey.bin(v.grey()).0] += 1);
                }
                even.iter_mut().zip(odd).for_each(|(e, o)| *e += *o);
                self.push_curve(even, ((bottom - top) * (right - left)) as f64, &mut curves);
            }
        }
        curves
    }

    /// Clips the histogram, spreads what was cut off evenly, and sums up.
    fn push_curve(&self, counts: &[u32], n: f64, curves: &mut Vec<f32>) {
        let limit = self.clip_limit * n / self.bins as f64;
        let kept = |c: u32| f64::from(c).min(limit);
        let cut = n - counts.iter().map(|c| kept(*c)).sum::<f64>();
        let share = cut / self.bins as f64;
        let mut total = 0.0;
        curves.push(0.0);
        curves.extend(counts.iter().map(|c| {
            total += kept(*c) + share;
            (total / n) as f32
        }));
    }

    fn check(&self) -> Result<(), Error> {
        if self.tiles == 0 {
            return Err(Error::setting("tiles", "at least 1", self.tiles));
        }
        if self.bins < 2 {
            return Err(Error::setting("bins", "at least 2", self.bins));
        }
        if self.clip_limit.is_nan() || self.clip_limit < 1.0 {
            return Err(Error::setting("clip_limit", "a number from 1", self.clip_limit));
        }
        Ok(())
    }
}

fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

/// Grey values to bins, and where within a bin.
#[derive(Clone, Copy)]
struct GreyScale {
    min: f32,
    scale: f32,
    last: usize,
}

impl GreyScale {
    #[inline(always)]
    fn bin(self, v: f32) -> (usize, f32) {
        let at = (v - self.min) * self.scale;
        // Never negative; signed numbers convert faster.
        let bin = (at as i32 as usize).min(self.last);
        (bin, at - bin as f32)
    }
}

/// One direction of the tiles; each has at least one pixel.
struct Tiling {
    first: usize,
    size: f64,
    n: usize,
}

impl Tiling {
    fn new(first: usize, end: usize, n: usize) -> Self {
        Self { first, size: (end - first) as f64 / n as f64, n }
    }

    fn ranges(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.n).map(|i| {
            let start = self.first + (i as f64 * self.size) as usize;
            let end = self.first + ((i + 1) as f64 * self.size).round() as usize;
            (start, end.max(start + 1))
        })
    }

    /// Pixels that lie between the same two tiles, side by side; columns count from `first`.
    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::with_capacity(self.n + 1);
        let end = self.first + (self.size * self.n as f64).round() as usize;
        for pixel in self.first..end {
            let (left, right, share) = self.neighbours(pixel);
            let column = pixel - self.first;
            match runs.last_mut().filter(|run| run.tiles == [left, right]) {
                Some(run) => {
                    run.columns.end = column + 1;
                    run.shares.push(share);
                }
                None => runs.push(Run {
                    tiles: [left, right],
                    columns: column..column + 1,
                    shares: vec![share],
                }),
            }
        }
        runs
    }

    /// The two tiles whose centres are next to a pixel, and the share of the second.
    fn neighbours(&self, pixel: usize) -> (usize, usize, f32) {
        let at = (pixel - self.first) as f64 + 0.5;
        let tile = (at / self.size - 0.5).clamp(0.0, self.n as f64 - 1.0);
        let before = tile as usize;
        (before, (before + 1).min(self.n - 1), (tile - before as f64) as f32)
    }
}

/// Columns between the centres of two tiles, and the share of the second tile in each.
struct Run {
    tiles: [usize; 2],
    columns: Range<usize>,
    shares: Vec<f32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(pixels: &[f32], width: usize) -> Film<'_> {
        Film { pixels, height: pixels.len() / width, width, spacing_mm: None }
    }

    #[test]
    fn one_tile_without_limit_is_plain_histogram_equalisation() {
        let pixels: Vec<f32> =
            (0..400).map(|i| ((i * 37) % 400) as f32 / 399.0).map(|v| v * v).collect();
        let film = film(&pixels, 20);
        let options = ClaheOptions::default().with_tiles(1).with_clip_limit(1e9).with_bins(4000);
        let got = options.equalise(&film, &Field::whole(&film)).unwrap();
        for (i, v) in pixels.iter().enumerate() {
            let rank = pixels.iter().filter(|p| *p < v).count() as f32 / 400.0;
            assert!((got.pixels[i] - rank).abs() <= 3.0 / 400.0, "{i}: {} {rank}", got.pixels[i]);
        }
    }

    #[test]
    fn order_is_kept_within_a_tile_and_a_limit_of_one_changes_little() {
        let pixels: Vec<f32> = (0..1600).map(|i| ((i * 73) % 1600) as f32).collect();
        let film = film(&pixels, 40);
        let options = ClaheOptions::default().with_clip_limit(1.0);
        let got = options.equalise(&film, &Field::whole(&film)).unwrap();
        for (v, g) in pixels.iter().zip(&got.pixels) {
            assert!((v / 1599.0 - g).abs() < 0.05, "{v} became {g}");
        }
        let one = ClaheOptions::default().with_tiles(1);
        let got = one.equalise(&film, &Field::whole(&film)).unwrap();
        let mut pairs: Vec<(f32, f32)> = pixels.into_iter().zip(got.pixels).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(pairs.windows(2).all(|w| w[0].1 <= w[1].1));
    }

    #[test]
    fn neighbouring_16_bit_grey_levels_stay_apart() {
        let pixels: Vec<f32> = (0..65_536).map(|i| i as f32).collect();
        let film = film(&pixels, 256);
        let options = ClaheOptions::default().with_tiles(1);
        let got = options.equalise(&film, &Field::whole(&film)).unwrap();
        assert!(got.pixels.windows(2).all(|w| w[1] > w[0]));
    }

    fn png_16(name: &str) -> (Vec<u16>, usize) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
        let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let values = bytes.chunks_exact(2).map(|b| u16::from_be_bytes([b[0], b[1]]));
        (values.collect(), info.width as usize)
    }

    /// `testdata/clahe_opencv.py`. With a bin per grey level, OpenCV differs by whole numbers in
    /// its tables; and between tiles by half a pixel, as it interpolates at a pixel's corner. (With
    /// that convention the greatest difference would be 8e-4; tiles are but 40 px wide here.)
    #[test]
    fn agrees_with_opencv_at_a_bin_per_grey_level() {
        let (pixels, width) = png_16("clahe_film.png");
        let film = Film { pixels: &pixels[..], height: 128, width, spacing_mm: None };
        for (tiles, clip_limit, tolerance) in [(1, 6.4, 3e-4), (4, 102.4, 0.025)] {
            let (expected, _) = png_16(&format!("clahe_opencv_{tiles}.png"));
            let options = ClaheOptions::default().with_tiles(tiles).with_bins(65_536);
            let options = options.with_clip_limit(clip_limit);
            let got = options.equalise(&film, &Field::whole(&film)).unwrap();
            let pairs = got.pixels.iter().zip(&expected);
            let errors: Vec<f32> =
                pairs.map(|(g, e)| (g - f32::from(*e) / 65_535.0).abs()).collect();
            let worst = errors.iter().copied().fold(0.0, f32::max);
            let mean = errors.iter().sum::<f32>() / errors.len() as f32;
            assert!(worst < tolerance && mean < 0.006, "{tiles}: {worst}, {mean}");
        }
    }

    #[test]
    fn a_nan_is_named() {
        let mut pixels = [1.0_f32; 36];
        pixels[0] = 0.0;
        pixels[20] = f32::NAN;
        let film = film(&pixels, 6);
        let error = ClaheOptions::default().equalise(&film, &Field::whole(&film)).unwrap_err();
        assert!(matches!(error, Error::NoContrast { min, .. } if min.is_nan()), "{error}");
    }

    #[test]
    fn only_the_field_is_equalised() {
        let mut pixels: Vec<f32> = (0..900).map(|i| (i % 31) as f32).collect();
        pixels[0] = 1e6;
        let film = film(&pixels, 30);
        let field = Field { left: 5, top: 5, right: 90, bottom: 25 };
        let got = ClaheOptions::default().equalise(&film, &field).unwrap();
        assert_eq!((got.pixels[0], got.pixels[29 * 30 + 8]), (0.0, 0.0));
        assert!(got.pixels.iter().copied().fold(0.0, f32::max) > 0.9);
    }

    #[test]
    fn settings_and_films_without_meaning_are_errors() {
        let film = film(&[1.0; 12], 4);
        let whole = Field::whole(&film);
        let options = ClaheOptions::default();
        for bad in [options.with_tiles(0), options.with_bins(1), options.with_clip_limit(0.5)] {
            assert!(matches!(bad.equalise(&film, &whole), Err(Error::InvalidSetting { .. })));
        }
        assert_eq!(options.equalise(&film, &whole), Err(Error::NoContrast { min: 1.0, max: 1.0 }));
        let empty = Field { right: 0, ..whole };
        assert_eq!(options.equalise(&film, &empty), Err(Error::EmptyRegion));
    }
}
