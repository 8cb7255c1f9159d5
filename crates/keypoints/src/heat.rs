//! Maxima of one heatmap, and where between pixels they lie.

use std::borrow::Cow;

/// Least heat whose logarithm is taken.
const MIN_HEAT: f64 = 1e-10;
/// Least heat of a further maximum.
const LEAST_PEAK: f64 = 0.05;
/// Farthest that decoding may move from the greatest pixel, px.
const MAX_OFFSET: f64 = 1.0;

/// A heatmap as it is, or smoothed.
pub(crate) struct Smoothed<'a> {
    pub(crate) heat: Cow<'a, [f32]>,
    pub(crate) height: usize,
    pub(crate) width: usize,
}

impl Smoothed<'_> {
    pub(crate) fn view(&self) -> Map<'_> {
        Map { heat: &self.heat, height: self.height, width: self.width }
    }
}

pub(crate) struct Map<'a> {
    pub(crate) heat: &'a [f32],
    pub(crate) height: usize,
    pub(crate) width: usize,
}

impl Map<'_> {
    pub(crate) fn at(&self, column: usize, row: usize) -> f64 {
        f64::from(self.heat[row * self.width + column])
    }

    fn log(&self, column: usize, row: usize) -> f64 {
        self.at(column, row).max(MIN_HEAT).ln()
    }

    /// Column and row of the greatest pixel, the first of equals.
    pub(crate) fn peak(&self) -> (usize, usize) {
        let mut best = 0;
        for (i, v) in self.heat.iter().enumerate() {
            if *v > self.heat[best] {
                best = i;
            }
        }
        (best % self.width, best / self.width)
    }

    /// The greatest pixel and further maxima that lie at least `apart` px from greater ones.
    pub(crate) fn peaks(&self, most: usize, apart: f64) -> Vec<(usize, usize)> {
        let first = self.peak();
        let mut others: Vec<(usize, usize)> = (0..self.heat.len())
            .map(|i| (i % self.width, i / self.width))
            .filter(|&(c, r)| self.at(c, r) >= LEAST_PEAK && self.is_maximum(c, r))
            .collect();
        others.sort_by(|a, b| self.at(b.0, b.1).total_cmp(&self.at(a.0, a.1)));
        let mut peaks = vec![first];
        for (c, r) in others {
            let far = |p: &(usize, usize)| {
                (p.0 as f64 - c as f64).hypot(p.1 as f64 - r as f64) >= apart.max(1.0)
            };
            if peaks.len() < most && peaks.iter().all(far) {
                peaks.push((c, r));
            }
        }
        peaks
    }

    /// The greatest pixel within `reach` px of another.
    pub(crate) fn peak_near(&self, (column, row): (usize, usize), reach: f64) -> (usize, usize) {
        let across = reach.floor() as usize;
        let range = |i: usize, n: usize| i.saturating_sub(across)..(i + across + 1).min(n);
        let mut best = (column, row);
        for r in range(row, self.height) {
            for c in range(column, self.width) {
                let far = (c as f64 - column as f64).hypot(r as f64 - row as f64) > reach;
                if !far && self.at(c, r) > self.at(best.0, best.1) {
                    best = (c, r);
                }
            }
        }
        best
    }

    fn is_maximum(&self, column: usize, row: usize) -> bool {
        let near = |i: usize, n: usize| i.saturating_sub(1)..(i + 2).min(n);
        let here = self.at(column, row);
        near(row, self.height).all(|r| near(column, self.width).all(|c| self.at(c, r) <= here))
    }

    pub(crate) fn quarter_offset(&self, column: usize, row: usize) -> (f64, f64) {
        let towards = |less: Option<f64>, more: Option<f64>| match (less, more) {
            (Some(a), Some(b)) if a < b => 0.25,
            (Some(a), Some(b)) if a > b => -0.25,
            _ => 0.0,
        };
        let left = column.checked_sub(1).map(|c| self.at(c, row));
        let right = (column + 1 < self.width).then(|| self.at(column + 1, row));
        let above = row.checked_sub(1).map(|r| self.at(column, r));
        let below = (row + 1 < self.height).then(|| self.at(column, row + 1));
        (towards(left, right), towards(above, below))
    }

    /// Newton's step to the maximum of the log heat. At a border the differences are taken one
    /// pixel inside; `None` where the heat has no maximum there or the map is too small.
    pub(crate) fn dark_offset(&self, column: usize, row: usize) -> Option<(f64, f64)> {
        if self.width < 3 || self.height < 3 {
            return None;
        }
        let (c, r) = (column.clamp(1, self.width - 2), row.clamp(1, self.height - 2));
        let centre = self.log(c, r);
        let (left, right) = (self.log(c - 1, r), self.log(c + 1, r));
        let (above, below) = (self.log(c, r - 1), self.log(c, r + 1));
        let (gx, gy) = ((right - left) / 2.0, (below - above) / 2.0);
        let (xx, yy) = (right - 2.0 * centre + left, below - 2.0 * centre + above);
        let falling = self.log(c + 1, r + 1) + self.log(c - 1, r - 1);
        let rising = self.log(c + 1, r - 1) + self.log(c - 1, r + 1);
        let xy = (falling - rising) / 4.0;
        let determinant = xx * yy - xy * xy;
        if !(xx < 0.0 && determinant > 0.0) {
            return None;
        }
        let dx = (xy * gy - yy * gx) / determinant + c as f64 - column as f64;
        let dy = (xy * gx - xx * gy) / determinant + r as f64 - row as f64;
        Some((dx.clamp(-MAX_OFFSET, MAX_OFFSET), dy.clamp(-MAX_OFFSET, MAX_OFFSET)))
    }

    pub(crate) fn mean_offset(&self, column: usize, row: usize, radius: f64) -> (f64, f64) {
        let reach = radius.ceil() as usize;
        let range = |i: usize, n: usize| i.saturating_sub(reach)..(i + reach + 1).min(n);
        let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
        for r in range(row, self.height) {
            for c in range(column, self.width) {
                let heat = self.at(c, r).max(0.0);
                sum += heat;
                x += heat * (c as f64 - column as f64);
                y += heat * (r as f64 - row as f64);
            }
        }
        if sum > 0.0 { (x / sum, y / sum) } else { (0.0, 0.0) }
    }
}
