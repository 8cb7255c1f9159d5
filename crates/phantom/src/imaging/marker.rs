//! The collimated field and the lead letter that marks the side.

use crate::imaging::exposure::Exposure;

/// Exposed pixels.
pub(crate) struct Field {
    pub(crate) columns: std::ops::Range<usize>,
    pub(crate) rows: std::ops::Range<usize>,
}

impl Field {
    pub(crate) fn new(exposure: &Exposure) -> Self {
        let [left, top, right, bottom] = exposure.field;
        let pixel = |fraction: f64, n: usize| (fraction.clamp(0.0, 1.0) * n as f64) as usize;
        let columns = pixel(left, exposure.width)..pixel(right, exposure.width);
        Self { columns, rows: pixel(top, exposure.height)..pixel(bottom, exposure.height) }
    }
}

/// Five columns by seven rows, one byte a row.
fn glyph(letter: char) -> [u8; 7] {
    match letter {
        'R' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001],
        _ => [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111],
    }
}

/// Height of the letter at the detector, mm.
const LETTER_MM: f64 = 14.0;
/// What passes the collimator's blades and the lead of the letter, of the intensity there.
const BLADE: f32 = 0.004;
const LEAD: f32 = 0.01;

/// Keeps the beam inside the field and off the letter.
pub(crate) fn collimate(picture: &mut [f32], width: usize, exposure: &Exposure) {
    let field = Field::new(exposure);
    for (row, line) in picture.chunks_exact_mut(width).enumerate() {
        let exposed = field.rows.contains(&row);
        for (column, value) in line.iter_mut().enumerate() {
            if !exposed || !field.columns.contains(&column) {
                *value = value.min(1.0) * BLADE;
            }
        }
    }
    if let Some(letter) = exposure.marker {
        stamp(picture, width, exposure, &field, letter);
    }
}

fn stamp(picture: &mut [f32], width: usize, exposure: &Exposure, field: &Field, letter: char) {
    let cell = LETTER_MM / 7.0 / exposure.pitch_mm;
    let (w, h) = ((5.0 * cell) as usize, (7.0 * cell) as usize);
    let margin = (2.0 * cell) as usize;
    let near = |low: usize, high: usize, size: usize, at_end: bool| {
        if at_end { high.saturating_sub(size + margin) } else { low + margin }
    };
    let right = matches!(exposure.marker_corner, 1 | 2);
    let lower = matches!(exposure.marker_corner, 2 | 3);
    let (x0, y0) = (
        near(field.columns.start, field.columns.end, w, right),
        near(field.rows.start, field.rows.end, h, lower),
    );
    let rows = glyph(letter);
    for y in 0..h {
        for x in 0..w {
            let (i, j) = ((x as f64 / cell) as usize, (y as f64 / cell) as usize);
            let lead = rows.get(j).is_some_and(|row| row >> (4 - i.min(4)) & 1 == 1);
            let index = (y0 + y) * width + x0 + x;
            if lead && x0 + x < width && index < picture.len() {
                picture[index] = picture[index].min(1.0) * LEAD;
            }
        }
    }
}
