//! A rectangle with two linear axes.

use crate::svg::{Anchor, GRID, INK, QUIET, Stroke, Svg, Type};

/// Size of tick labels and most other text in figures.
pub(crate) const SMALL: f64 = 11.5;

/// One axis: its domain and its title.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) ticks: Vec<f64>,
    pub(crate) title: String,
    digits: usize,
    factor: f64,
}

impl Axis {
    /// An axis whose ticks are round numbers, about `n_ticks` of them, and whose ends are ticks.
    pub(crate) fn new(low: f64, high: f64, n_ticks: usize, title: &str) -> Self {
        let step = round_step((high - low).max(1e-9) / n_ticks.max(1) as f64);
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        let n = (last - first).max(1.0) as usize;
        let ticks: Vec<f64> = (0..=n).map(|i| (first + i as f64) * step).collect();
        let digits = (-step.log10().floor()).clamp(0.0, 4.0) as usize;
        Self {
            low: first * step,
            high: (first + n as f64) * step,
            ticks,
            title: title.to_owned(),
            digits,
            factor: 1.0,
        }
    }

    /// Labels a share in percent.
    pub(crate) fn in_percent(mut self) -> Self {
        self.factor = 100.0;
        self.digits = self.digits.saturating_sub(2);
        self
    }

    /// Ticks at these values only.
    pub(crate) fn with_ticks(mut self, ticks: Vec<f64>) -> Self {
        self.ticks = ticks;
        self
    }

    fn label(&self, tick: f64) -> String {
        crate::format::fixed(tick * self.factor, self.digits)
    }
}

/// 1, 2 or 5 times a power of ten, at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let rounded = [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| f * power >= step * 0.999);
    rounded.unwrap_or(10.0) * power
}

/// Where the axes stand in a drawing.
#[derive(Debug, Clone)]
pub(crate) struct Plot {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

impl Plot {
    pub(crate) fn x(&self, value: f64) -> f64 {
        self.left + self.width * (value - self.x.low) / (self.x.high - self.x.low)
    }

    pub(crate) fn y(&self, value: f64) -> f64 {
        self.top + self.height * (self.y.high - value) / (self.y.high - self.y.low)
    }

    pub(crate) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x(x), self.y(y))
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Horizontal grid lines with labels, and the y title above the axis, where it reads without
    /// turning the head.
    pub(crate) fn draw_y(&self, svg: &mut Svg) {
        for &tick in &self.y.ticks {
            let y = self.y(tick);
            svg.line((self.left, y), (self.right(), y), Stroke::new(GRID, 1.0));
            let look = Type::new(SMALL, Anchor::End).colour(QUIET);
            svg.text((self.left - 7.0, y + 4.0), &self.y.label(tick), look);
        }
        let above = (self.left - 34.0, self.top - 12.0);
        svg.text(above, &self.y.title, Type::new(SMALL, Anchor::Start).colour(QUIET));
    }

    /// The x axis with ticks, labels and its title.
    pub(crate) fn draw_x(&self, svg: &mut Svg) {
        let bottom = self.bottom();
        svg.line((self.left, bottom), (self.right(), bottom), Stroke::new(INK, 1.0));
        for &tick in &self.x.ticks {
            let x = self.x(tick);
            svg.line((x, bottom), (x, bottom + 4.0), Stroke::new(INK, 1.0));
            let look = Type::new(SMALL, Anchor::Middle).colour(QUIET);
            svg.text((x, bottom + 17.0), &self.x.label(tick), look);
        }
        let middle = (self.left + self.width / 2.0, bottom + 35.0);
        svg.text(middle, &self.x.title, Type::new(SMALL, Anchor::Middle).colour(QUIET));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_cover_the_domain() {
        let axis = Axis::new(0.43, 0.81, 5, "C");
        assert!(axis.low <= 0.43 && axis.high >= 0.81);
        assert_eq!(axis.label(axis.ticks[0]), "0.4");
        assert_eq!(Axis::new(0.0, 0.3, 3, "").in_percent().label(0.1), "10");
        assert_eq!(Axis::new(2.0, 2.0, 4, "").ticks.len(), 2);
    }
}
