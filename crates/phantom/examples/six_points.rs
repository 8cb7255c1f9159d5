//! Draws docs/images/six_points.svg: two vertebrae of a synthetic film with their six points and
//! their centres.
//!
//! `cargo run --release -p vertebra-phantom --example six_points -- docs/images/six_points.svg`

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;
use vertebra_cohort::Sex;
use vertebra_keypoints::Level;
use vertebra_phantom::{Anatomy, Exposure, PhantomFilm, render_film};
use vertebra_radiograph::{Film, PngOptions};

/// Screen px per px of the film.
const SCALE: f64 = 2.5;
const SUFFIXES: [&str; 6] = ["AS", "MS", "PS", "AI", "MI", "PI"];
/// Where a label goes from its point: beside the corners, outside of the middles.
const PLACES: [(f64, f64); 6] =
    [(-32.0, -6.0), (-12.0, -10.0), (12.0, 9.0), (-32.0, 16.0), (-10.0, 22.0), (12.0, 2.0)];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "six_points.svg".to_owned());
    let anatomy = Anatomy::sample(Sex::Female, 62.0, 23.0, 0.5, 3);
    let film = render_film(&anatomy, &Exposure::sample([900, 720], 3), "film", 3)?;
    std::fs::write(path, drawn(&film)?)?;
    Ok(())
}

/// The part of the film with L2 and L3, and the points on it.
fn drawn(film: &PhantomFilm) -> Result<String, Box<dyn std::error::Error>> {
    let levels = [Level::L2, Level::L3];
    let points = levels.map(|level| film.annotation.vertebra(level).and_then(|v| v.six_points));
    let [Some(upper), Some(lower)] = points else { return Err("no points".into()) };
    let both = [upper.to_array(), lower.to_array()].concat();
    let ends = |of: fn(&(f64, f64)) -> f64| {
        let low = both.iter().map(of).fold(f64::INFINITY, f64::min) - 40.0;
        let high = both.iter().map(of).fold(f64::NEG_INFINITY, f64::max) + 40.0;
        (low.max(0.0) as usize, high as usize)
    };
    let ((left, right), (top, bottom)) = (ends(|p| p.0), ends(|p| p.1));
    let [width, height] = [right - left, bottom - top].map(|n| n as f64 * SCALE);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"15\" \
         font-weight=\"bold\">\n<title>L2 and L3 of a synthetic film, the subject facing left, \
         with their six points and centres</title>\n<image width=\"{width}\" height=\"{height}\" \
         href=\"data:image/png;base64,{}\"/>\n",
        STANDARD.encode(cropped(film, [left, right], [top, bottom])?)
    );
    let place =
        |(x, y): (f64, f64)| ((x + 0.5 - left as f64) * SCALE, (y + 0.5 - top as f64) * SCALE);
    for (level, six) in levels.iter().zip([upper, lower]) {
        let points = six.to_array().map(place);
        for (a, b) in [(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)] {
            let dash = if b == a + 3 { " stroke-dasharray=\"5 4\"" } else { "" };
            let ((x1, y1), (x2, y2)) = (points[a], points[b]);
            writeln!(
                svg,
                "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" \
                 stroke=\"#f5aa28\" stroke-width=\"1.5\"{dash}/>"
            )?;
        }
        for ((x, y), (suffix, (dx, dy))) in points.iter().zip(SUFFIXES.iter().zip(PLACES)) {
            writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"#f5aa28\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" fill=\"#ffd27a\">{suffix}</text>",
                x + dx,
                y + dy
            )?;
        }
        let (x, y) = place(six.centre());
        writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"none\" stroke=\"#3cbedc\" \
             stroke-width=\"3\"/><text x=\"{:.1}\" y=\"{:.1}\" fill=\"#8fe3f5\">{level}</text>",
            x + 12.0,
            y + 5.0
        )?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn cropped(
    film: &PhantomFilm,
    [left, right]: [usize; 2],
    [top, bottom]: [usize; 2],
) -> Result<Vec<u8>, vertebra_radiograph::Error> {
    let rows = (top..bottom).map(|y| y * film.image.width);
    let pixels: Vec<f32> = rows
        .flat_map(|row| &film.image.pixels[row + left..row + right])
        .map(|v| f32::from(*v))
        .collect();
    let (height, width) = (bottom - top, right - left);
    let part = Film { pixels: &pixels, height, width, spacing_mm: None };
    PngOptions::default().with_8_bits(true).encode(part)
}
