//! One vertebral body as a small picture in its own frame.
//!
//! The body is cut into slices along `z`. In each slice and each column the body occupies at most
//! a few intervals of `b`; each adds the slice's thickness between its ends. Running sums down the
//! columns then give path lengths, with oblique rays (divergence, rotation, bending) for free:
//! they only shift the slices.

use crate::anatomy::body::{VertebralBody, bowl};
use crate::anatomy::bone::Bone;
use crate::dice::Dice;
use crate::tissues::canvas::Canvas;
use crate::tissues::projection::Frame;
use crate::tissues::texture::trabeculae;

const SLICES: usize = 30;

/// Attenuation of one body over its own frame.
pub(crate) struct Patch {
    origin: (f64, f64),
    step: f64,
    columns: usize,
    rows: usize,
    /// `[columns, rows]`, a column's rows next to each other.
    values: Vec<f32>,
}

impl Patch {
    /// Renders a body at `step` mm per sample, seen along rays sheared by `shear`.
    pub(crate) fn of_body(
        body: &VertebralBody,
        bone: &Bone,
        shear: (f64, f64),
        step: f64,
        dice: &mut Dice,
    ) -> Self {
        let mut patch = Self::around(body, shear, step);
        let outer = patch.path_lengths(body, shear, 0.0, 0.0);
        let inner = patch.path_lengths(body, shear, bone.wall, bone.end_plate);
        let texture = trabeculae(patch.columns, patch.rows, step, bone, dice);
        patch.compose(body, bone, &outer, &inner, &texture);
        patch
    }

    fn around(body: &VertebralBody, shear: (f64, f64), step: f64) -> Self {
        let h = body.heights();
        let half_a = 0.5 * body.depth() + 2.0 + shear.0.abs() * 0.5 * body.width;
        let half_b = 0.5 * h.anterior.max(h.posterior) + 2.0 + shear.1.abs() * 0.5 * body.width;
        let middle = 0.25
            * (body.superior.anterior
                + body.superior.posterior
                + body.inferior.anterior
                + body.inferior.posterior);
        let size = |half: f64| (2.0 * half / step).ceil() as usize + 2;
        let (columns, rows) = (size(half_a), size(half_b));
        Self {
            origin: (-half_a, middle - half_b),
            step,
            columns,
            rows,
            values: vec![0.0; columns * rows],
        }
    }

    /// Length of the rays in the body whose walls lie `wall` and whose end plates lie `plate`
    /// inside the true ones, mm.
    fn path_lengths(
        &self,
        body: &VertebralBody,
        shear: (f64, f64),
        wall: f64,
        plate: f64,
    ) -> Vec<f32> {
        let mut sums = vec![0.0f32; self.columns * self.rows];
        let width = body.width - 2.0 * wall;
        let thickness = width / SLICES as f64;
        for slice in 0..SLICES {
            let z = width * ((slice as f64 + 0.5) / SLICES as f64 - 0.5);
            let plan = Plan::new(body, 2.0 * z / width, wall);
            for column in 0..self.columns {
                let a = self.origin.0 + (column as f64 + 0.5) * self.step - shear.0 * z;
                let Some((top, bottom)) = plan.rows(body, a, plate) else { continue };
                let line = &mut sums[column * self.rows..][..self.rows];
                for (t0, t1, cover) in plan.intervals(a, self.step) {
                    let at = |t: f64| {
                        (top + t * (bottom - top) + shear.1 * z - self.origin.1) / self.step
                    };
                    let weight = (thickness * cover) as f32;
                    step_at(line, at(t0), weight);
                    step_at(line, at(t1), -weight);
                }
            }
        }
        for line in sums.chunks_exact_mut(self.rows) {
            let mut sum = 0.0;
            for value in line {
                sum += *value;
                *value = sum;
            }
        }
        sums
    }

    fn compose(
        &mut self,
        body: &VertebralBody,
        bone: &Bone,
        outer: &[f32],
        inner: &[f32],
        texture: &[f32],
    ) {
        let (cortical, trabecular) = (bone.cortical_mu as f32, bone.trabecular_mu as f32);
        for column in 0..self.columns {
            let a = self.origin.0 + (column as f64 + 0.5) * self.step;
            let (top, bottom) = (body.superior.height_at(a, 1.0), body.inferior.height_at(a, -1.0));
            for row in 0..self.rows {
                let b = self.origin.1 + (row as f64 + 0.5) * self.step;
                let near = (b - top).min(bottom - b).max(0.0);
                let dense = 1.0 + (body.sclerosis * (-near / 3.5).exp()) as f32;
                let i = column * self.rows + row;
                let core = inner[i].max(0.0);
                let shell = self.smoothed_shell(outer, inner, i);
                self.values[i] = shell * cortical + core * trabecular * dense * (1.0 + texture[i]);
            }
        }
    }

    /// Length in the shell, spread over three columns so that a tilted thin wall does not break
    /// into dots when it is resampled.
    fn smoothed_shell(&self, outer: &[f32], inner: &[f32], i: usize) -> f32 {
        let at = |j: usize| (outer[j] - inner[j]).max(0.0);
        if i < self.rows || i + self.rows >= outer.len() {
            return at(i);
        }
        0.5 * at(i) + 0.25 * (at(i - self.rows) + at(i + self.rows))
    }

    /// Adds the patch to the film by bilinear interpolation.
    pub(crate) fn draw(&self, canvas: &mut Canvas, frame: Frame) {
        let low = self.origin;
        let high = (low.0 + self.columns as f64 * self.step, low.1 + self.rows as f64 * self.step);
        let (a0, b0) = (low.0 as f32, low.1 as f32);
        let per_mm = 1.0 / self.step as f32;
        let (last_column, last_row) = ((self.columns - 1) as f32, (self.rows - 1) as f32);
        canvas.add(frame, low, high, |a, b| {
            let (x, y) = ((a - a0) * per_mm - 0.5, (b - b0) * per_mm - 0.5);
            if x < 0.0 || y < 0.0 || x >= last_column || y >= last_row {
                return 0.0;
            }
            let (i, j) = (x as usize, y as usize);
            let (fx, fy) = (x - i as f32, y - j as f32);
            let k = i * self.rows + j;
            let left = self.values[k] + fy * (self.values[k + 1] - self.values[k]);
            let k = k + self.rows;
            let right = self.values[k] + fy * (self.values[k + 1] - self.values[k]);
            left + fx * (right - left)
        });
    }
}

/// Adds a step of height `weight` at a fractional position of a line that will be summed up.
fn step_at(line: &mut [f32], position: f64, weight: f32) {
    let position = position.clamp(0.0, (line.len() - 2) as f64);
    let cell = position as usize;
    let fraction = (position - cell as f64) as f32;
    line[cell] += weight * (1.0 - fraction);
    line[cell + 1] += weight * fraction;
}

/// The section of a body at one `z`.
struct Plan {
    /// Front and back of the section at the superior and the inferior end plate, mm.
    front: [f64; 2],
    back: [f64; 2],
    front_waist: f64,
    back_waist: f64,
    /// Fraction of the concavity left at this `z`.
    hollow: f64,
}

impl Plan {
    /// `side` is the position from left to right, -1 to 1.
    fn new(body: &VertebralBody, side: f64, wall: f64) -> Self {
        let side = side.abs();
        let front = (1.0 - side.powf(3.2)).max(0.0).powf(1.0 / 2.2);
        let back = (1.0 - side.powi(5)).max(0.0).powf(0.2);
        let canal = 0.6 * (1.0 - side * side); // the back wall is hollow towards the canal
        let halves = [body.superior.length, body.inferior.length].map(|l| 0.5 * l - wall);
        Self {
            front: halves.map(|half| half * (1.7 * front - 0.7)),
            back: halves.map(|half| -half * back + canal - 0.6),
            front_waist: body.waist,
            back_waist: body.back_waist(),
            hollow: 1.0 - side.powi(4),
        }
    }

    /// End plates at `a`, each moved `plate` mm inwards; `None` where they meet.
    fn rows(&self, body: &VertebralBody, a: f64, plate: f64) -> Option<(f64, f64)> {
        let depth = |length: f64| bowl((2.0 * a / length).clamp(-1.0, 1.0)) * self.hollow;
        let (s, i) = (&body.superior, &body.inferior);
        let top = s.rim_at(a) + s.concavity * depth(s.length) + plate;
        let bottom = i.rim_at(a) - i.concavity * depth(i.length) - plate;
        (bottom > top).then_some((top, bottom))
    }

    /// Parts of the height, as fractions from top to bottom with the covered share of a column
    /// `step` mm wide, in which the section reaches `a`.
    fn intervals(&self, a: f64, step: f64) -> impl Iterator<Item = (f64, f64, f64)> {
        let front = outside(self.front, self.front_waist, a);
        let back = outside(self.back.map(|b| -b), self.back_waist, -a);
        let gap = match (front, back) {
            (None, None) => None,
            (Some(g), None) | (None, Some(g)) => Some(g),
            (Some(f), Some(b)) => Some((f.0.min(b.0), f.1.max(b.1))),
        };
        let ends = gap.map_or([(0.0, 1.0), (1.0, 1.0)], |(t0, t1)| [(0.0, t0), (t1, 1.0)]);
        let reach = self.front[0].max(self.front[1]);
        let rear = self.back[0].min(self.back[1]);
        let cover = ((reach - a).min(a - rear) / step + 0.5).clamp(0.0, 1.0);
        ends.into_iter()
            .filter(move |(t0, t1)| t1 > t0 && cover > 0.0)
            .map(move |(t0, t1)| (t0, t1, cover))
    }
}

/// Where a wall `reach(t) = lerp(ends, t) - 4 waist t (1 - t)` stays short of `a`: the open
/// interval of `t` in `[0, 1]`, if any.
fn outside(ends: [f64; 2], waist: f64, a: f64) -> Option<(f64, f64)> {
    let (quadratic, linear) = (4.0 * waist, ends[1] - ends[0] - 4.0 * waist);
    let constant = ends[0] - a;
    let discriminant = linear * linear - 4.0 * quadratic * constant;
    if quadratic <= 0.0 || discriminant <= 0.0 {
        return (constant < 0.0).then_some((0.0, 1.0));
    }
    let root = discriminant.sqrt();
    let (t0, t1) = ((-linear - root) / (2.0 * quadratic), (-linear + root) / (2.0 * quadratic));
    let (t0, t1) = (t0.clamp(0.0, 1.0), t1.clamp(0.0, 1.0));
    (t1 > t0).then_some((t0, t1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anatomy::body::tests::example;

    fn lengths(shear: (f64, f64), step: f64) -> (Patch, Vec<f32>) {
        let patch = Patch::around(&example(), shear, step);
        let sums = patch.path_lengths(&example(), shear, 0.0, 0.0);
        (patch, sums)
    }

    #[test]
    fn the_volume_does_not_depend_on_the_direction_or_the_step() {
        let volume = |shear, step: f64| {
            let (_, sums) = lengths(shear, step);
            sums.iter().map(|&v| f64::from(v)).sum::<f64>() * step * step
        };
        let straight = volume((0.0, 0.0), 0.5);
        assert!(straight > 0.6 * 42.0 * 31.5 * 25.0 && straight < 42.0 * 31.5 * 26.0, "{straight}");
        assert!((volume((0.1, -0.08), 0.5) / straight - 1.0).abs() < 0.01);
        assert!((volume((0.0, 0.0), 0.25) / straight - 1.0).abs() < 0.01);
    }

    #[test]
    fn the_longest_ray_is_the_width() {
        let (_, sums) = lengths((0.0, 0.0), 0.5);
        let longest = sums.iter().copied().fold(0.0, f32::max);
        assert!((longest - 42.0).abs() < 0.1, "{longest}");
    }

    #[test]
    fn the_waist_leaves_the_front_wall_free_at_mid_height() {
        let gap = outside([15.0, 15.0], 2.0, 14.0).unwrap();
        assert!(
            (gap.0 - (0.5 - 0.5f64.sqrt() / 2.0)).abs() < 1e-12
                && (gap.0 + gap.1 - 1.0).abs() < 1e-12
        );
        assert_eq!(outside([15.0, 15.0], 2.0, 12.9), None);
        assert_eq!(outside([15.0, 15.0], 2.0, 15.5), Some((0.0, 1.0)));
    }
}
