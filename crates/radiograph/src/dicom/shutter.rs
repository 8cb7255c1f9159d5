//! Display shutter and collimator: outlines outside which there is no film (PS3.3 C.7.6.11,
//! C.8.7.3).
//!
//! Edges are 1-based; the pixels on a shutter's edge are outside a rectangle's shutter by the
//! standard's "edge of the rectangular shutter" and are kept here: at most a pixel's width is at
//! stake.

use super::file::Header;
use super::layout::Layout;
use super::tag::{self, Tag};
use crate::{Error, Warning};

/// Part of the film that an outline leaves at least.
const LEAST_BELIEVABLE: f64 = 0.1;
/// Names of shapes that are looked at: the standard has four.
const MOST_SHAPES: usize = 8;
/// Corners of a polygon: more is no shutter, and would take its time.
const MOST_VERTICES: usize = 1000;

struct Tags {
    shape: Tag,
    edges: [Tag; 4], // left, right, upper, lower
    center: Tag,
    radius: Tag,
    vertices: Tag,
}

const SHUTTER: Tags = Tags {
    shape: tag::SHUTTER_SHAPE,
    edges: [tag::SHUTTER_LEFT, tag::SHUTTER_RIGHT, tag::SHUTTER_UPPER, tag::SHUTTER_LOWER],
    center: tag::SHUTTER_CENTER,
    radius: tag::SHUTTER_RADIUS,
    vertices: tag::SHUTTER_VERTICES,
};
const COLLIMATOR: Tags = Tags {
    shape: tag::COLLIMATOR_SHAPE,
    edges: [
        tag::COLLIMATOR_LEFT,
        tag::COLLIMATOR_RIGHT,
        tag::COLLIMATOR_UPPER,
        tag::COLLIMATOR_LOWER,
    ],
    center: tag::COLLIMATOR_CENTER,
    radius: tag::COLLIMATOR_RADIUS,
    vertices: tag::COLLIMATOR_VERTICES,
};

/// Clears, in `valid`, what lies outside shutter and collimator; says whether either was used.
///
/// An outline that is incomplete, or that leaves less of the film than is believable (a NEMA test
/// film has one of 2 %), is a warning: the film is whole.
pub(crate) fn clear_outside(
    header: &Header<'_>,
    layout: &Layout,
    valid: &mut Option<Vec<bool>>,
    warnings: &mut Vec<Warning>,
) -> bool {
    let mut used = false;
    for tags in [SHUTTER, COLLIMATOR] {
        let outlines = shapes(header, &tags).unwrap_or_else(|error| {
            warnings.push(Warning::Ignored { what: format!("{}: {error}", tags.shape.name) });
            Vec::new()
        });
        if outlines.is_empty() {
            continue;
        }
        let mut mask = valid.clone().unwrap_or_else(|| vec![true; layout.pixels()]);
        outlines.iter().for_each(|shape| clear(&mut mask, layout.columns, shape));
        let left = mask.iter().filter(|valid| **valid).count() as f64 / mask.len() as f64;
        if left >= LEAST_BELIEVABLE {
            *valid = Some(mask);
            used = true;
        } else {
            let what = format!("{}: leaves {:.1} % of the film", tags.shape.name, 100.0 * left);
            warnings.push(Warning::Ignored { what });
        }
    }
    used
}

enum Shape {
    /// First and last row and column, from 0.
    Rectangle {
        left: f64,
        right: f64,
        upper: f64,
        lower: f64,
    },
    Circle {
        row: f64,
        column: f64,
        radius: f64,
    },
    /// `(row, column)` from 0.
    Polygon(Vec<(f64, f64)>),
}

fn shapes(header: &Header<'_>, tags: &Tags) -> Result<Vec<Shape>, Error> {
    let mut shapes = Vec::new();
    let names = header.texts(tags.shape);
    for (i, name) in names.iter().enumerate().take(MOST_SHAPES) {
        if names[..i].contains(name) {
            continue; // there is one set of attributes for each shape
        }
        match *name {
            "RECTANGULAR" => {
                let mut edges = [0.0; 4];
                for (edge, tag) in edges.iter_mut().zip(tags.edges) {
                    *edge = header.number(tag)?.ok_or(Error::Missing { name: tag.name })? - 1.0;
                }
                let [left, right, upper, lower] = edges;
                shapes.push(Shape::Rectangle { left, right, upper, lower });
            }
            "CIRCULAR" => {
                let center = header.numbers(tags.center)?;
                let radius = header.number(tags.radius)?;
                let (&[row, column], Some(radius)) = (center.as_slice(), radius) else {
                    return Err(Error::Missing { name: tags.center.name });
                };
                shapes.push(Shape::Circle { row: row - 1.0, column: column - 1.0, radius });
            }
            "POLYGONAL" => {
                let numbers = header.numbers(tags.vertices)?;
                let pairs = numbers.as_chunks::<2>().0;
                if !(3..=MOST_VERTICES).contains(&pairs.len()) {
                    let expected = format!("3 to {MOST_VERTICES} vertices");
                    return Err(Error::invalid(tags.vertices.name, expected, pairs.len()));
                }
                shapes
                    .push(Shape::Polygon(pairs.iter().map(|[r, c]| (r - 1.0, c - 1.0)).collect()));
            }
            _ => {} // BITMAP refers to an overlay, which is left out
        }
    }
    Ok(shapes)
}

fn clear(mask: &mut [bool], columns: usize, shape: &Shape) {
    for (row, line) in mask.chunks_mut(columns).enumerate() {
        let row = row as f64;
        let crossings = match shape {
            Shape::Polygon(vertices) => crossings(vertices, row),
            _ => Vec::new(),
        };
        let mut left = 0; // crossings at or left of the column
        for (column, valid) in line.iter_mut().enumerate() {
            let column = column as f64;
            *valid &= match shape {
                Shape::Rectangle { left, right, upper, lower } => {
                    (*left..=*right).contains(&column) && (*upper..=*lower).contains(&row)
                }
                Shape::Circle { row: r, column: c, radius } => {
                    (row - r).hypot(column - c) <= *radius
                }
                Shape::Polygon(_) => {
                    left += crossings[left..].iter().take_while(|&&x| x <= column).count();
                    left % 2 == 1
                }
            };
        }
    }
}

/// Columns at which the outline crosses a row (even-odd rule), from the left.
fn crossings(vertices: &[(f64, f64)], row: f64) -> Vec<f64> {
    let next = vertices.iter().cycle().skip(1);
    let mut columns: Vec<f64> = vertices
        .iter()
        .zip(next)
        .filter(|((r0, _), (r1, _))| (*r0 <= row) != (*r1 <= row))
        .map(|((r0, c0), (r1, c1))| c0 + (row - r0) / (r1 - r0) * (c1 - c0))
        .collect();
    columns.sort_by(f64::total_cmp);
    columns
}
