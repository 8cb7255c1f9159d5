//! A rectangle with two axes, linear or logarithmic.
//!
//! ```
//! use vertebra_charts::plot::{Area, Axis, Plot};
//! let area = Area { left: 40.0, top: 10.0, width: 200.0, height: 100.0 };
//! let plot = Plot::new(area, Axis::new(0.0, 5.0, 5, "Years"), Axis::new(0.0, 1.0, 5, "C"));
//! assert_eq!(plot.at(2.5, 1.0), (140.0, 10.0));
//! ```

use crate::number::fixed;
use crate::palette::{GRID, INK, QUIET};
use crate::svg::{Anchor, Stroke, Svg, Text};

/// Size of tick labels and most other text in charts, px.
pub const SMALL: f64 = 11.5;
/// Width of a chart, px.
pub const WIDTH: f64 = 700.0;

/// One axis: its domain and its title.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Axis {
    /// Value at the left or lower end.
    pub low: f64,
    /// Value at the right or upper end.
    pub high: f64,
    /// Values with a label.
    pub ticks: Vec<f64>,
    /// What it measures, with the unit.
    pub title: String,
    digits: usize,
    factor: f64,
    logarithmic: bool,
}

impl Axis {
    /// An axis whose ticks are round numbers, about `n_ticks` of them, and whose ends are ticks.
    /// Ends that are not finite become 0 and 1.
    #[must_use]
    pub fn new(low: f64, high: f64, n_ticks: usize, title: &str) -> Self {
        let (low, high) =
            if low.is_finite() && high.is_finite() { (low, high) } else { (0.0, 1.0) };
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
            logarithmic: false,
        }
    }

    /// A logarithmic axis for ratios, whose ends and ticks are of 1, 2 and 5 times powers of ten,
    /// or powers of ten alone where these are more than eight. Ends that are not positive and
    /// finite become 0.5 and 2.
    #[must_use]
    pub fn logarithmic(low: f64, high: f64, title: &str) -> Self {
        let usable = |end: f64| end.is_finite() && end > 0.0;
        let (low, high) =
            if usable(low) && usable(high) && low <= high { (low, high) } else { (0.5, 2.0) };
        let powers = low.log10().floor() as i32..=high.log10().ceil() as i32;
        let round: Vec<f64> =
            powers.flat_map(|power| [1.0, 2.0, 5.0].map(|f| f * 10f64.powi(power))).collect();
        let first = round.iter().rposition(|&tick| tick <= low * 1.001).unwrap_or(0);
        let last = round.iter().position(|&tick| tick >= high * 0.999);
        let last = last.unwrap_or(round.len() - 1).max(first + 1);
        let mut ticks = round[first..=last].to_vec();
        if ticks.len() > 8 {
            ticks.retain(|tick| tick.log10().fract().abs() < 1e-9);
        }
        let (low, high) = (round[first], round[last]);
        Self {
            low,
            high,
            ticks,
            title: title.to_owned(),
            digits: 0,
            factor: 1.0,
            logarithmic: true,
        }
    }

    /// How far along the axis a value is: 0 at its lower end, 1 at its upper.
    fn share(&self, value: f64) -> f64 {
        if self.logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// Labels a share in percent.
    #[must_use]
    pub fn in_percent(mut self) -> Self {
        self.factor = 100.0;
        self.digits = self.digits.saturating_sub(2);
        self
    }

    /// Ticks at these values only.
    #[must_use]
    pub fn with_ticks(mut self, ticks: Vec<f64>) -> Self {
        self.ticks = ticks;
        self
    }

    /// Ends at these values.
    #[must_use]
    pub fn with_ends(mut self, low: f64, high: f64) -> Self {
        (self.low, self.high) = (low, high);
        self
    }

    fn label(&self, tick: f64) -> String {
        if self.logarithmic {
            let digits = (-tick.log10().floor()).clamp(0.0, 9.0) as usize;
            return fixed(tick, digits);
        }
        fixed(tick * self.factor, self.digits)
    }
}

/// 1, 2 or 5 times a power of ten, at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let rounded = [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| f * power >= step * 0.999);
    rounded.unwrap_or(10.0) * power
}

/// A rectangle in a drawing, px. Closed: a rectangle has no more numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Its left edge.
    pub left: f64,
    /// Its upper edge.
    pub top: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

/// Two axes and where they stand in a drawing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Plot {
    /// What the axes enclose.
    pub area: Area,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
}

impl Plot {
    /// Axes around an area.
    #[must_use]
    pub fn new(area: Area, x: Axis, y: Axis) -> Self {
        Self { area, x, y }
    }

    /// Where a value of the horizontal axis is.
    #[must_use]
    pub fn x(&self, value: f64) -> f64 {
        self.area.left + self.area.width * self.x.share(value)
    }

    /// Where a value of the vertical axis is.
    #[must_use]
    pub fn y(&self, value: f64) -> f64 {
        self.area.top + self.area.height * (1.0 - self.y.share(value))
    }

    /// Where a pair of values is.
    #[must_use]
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x(x), self.y(y))
    }

    /// The left edge.
    #[must_use]
    pub fn left(&self) -> f64 {
        self.area.left
    }

    /// The upper edge.
    #[must_use]
    pub fn top(&self) -> f64 {
        self.area.top
    }

    /// The lower edge.
    #[must_use]
    pub fn bottom(&self) -> f64 {
        self.area.top + self.area.height
    }

    /// The right edge.
    #[must_use]
    pub fn right(&self) -> f64 {
        self.area.left + self.area.width
    }

    /// Both axes.
    pub fn draw(&self, svg: &mut Svg) {
        self.draw_y(svg);
        self.draw_x(svg);
    }

    /// Horizontal grid lines with labels, and the y title above the axis, where it reads without
    /// turning the head.
    pub fn draw_y(&self, svg: &mut Svg) {
        for &tick in &self.y.ticks {
            let y = self.y(tick);
            svg.line((self.left(), y), (self.right(), y), Stroke::new(GRID, 1.0));
            let look = Text::new(SMALL, Anchor::End).colour(QUIET);
            svg.text((self.left() - 7.0, y + 4.0), &self.y.label(tick), look);
        }
        let above = (self.left() - 34.0, self.top() - 12.0);
        svg.text(above, &self.y.title, Text::new(SMALL, Anchor::Start).colour(QUIET));
    }

    /// A heading above the title of the y axis; together they take 46 px above the plot.
    pub fn draw_heading(&self, svg: &mut Svg, heading: &str) {
        let above = (self.left() - 34.0, self.top() - 32.0);
        svg.text(above, heading, Text::new(SMALL + 1.0, Anchor::Start).bold());
    }

    /// The x axis with ticks, labels and its title.
    pub fn draw_x(&self, svg: &mut Svg) {
        let bottom = self.bottom();
        svg.line((self.left(), bottom), (self.right(), bottom), Stroke::new(INK, 1.0));
        for &tick in &self.x.ticks {
            let x = self.x(tick);
            svg.line((x, bottom), (x, bottom + 4.0), Stroke::new(INK, 1.0));
            let look = Text::new(SMALL, Anchor::Middle).colour(QUIET);
            svg.text((x, bottom + 17.0), &self.x.label(tick), look);
        }
        let middle = (self.left() + self.area.width / 2.0, bottom + 35.0);
        svg.text(middle, &self.x.title, Text::new(SMALL, Anchor::Middle).colour(QUIET));
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

    #[test]
    fn ratios_stand_on_round_ticks_at_equal_steps_of_their_logarithm() {
        let axis = Axis::logarithmic(0.35, 2.3, "O/E");
        assert_eq!(
            axis.ticks.iter().map(|&t| axis.label(t)).collect::<Vec<_>>(),
            ["0.2", "0.5", "1", "2", "5"]
        );
        assert!((axis.share(1.0) - 0.5).abs() < 1e-12 && axis.share(0.2) == 0.0);
        let wide = Axis::logarithmic(0.009, 80.25, "O/E");
        assert_eq!(
            wide.ticks.iter().map(|&t| wide.label(t)).collect::<Vec<_>>(),
            ["0.01", "0.1", "1", "10", "100"]
        );
        assert_eq!((wide.low, wide.high), (0.005, 100.0));
        let none = Axis::logarithmic(0.0, 1.0, "O/E");
        assert_eq!((none.low, none.high), (0.5, 2.0));
        let one = Axis::logarithmic(1.0, 1.0, "O/E");
        assert!(one.low <= 1.0 && one.high > 1.0);
    }

    #[test]
    fn ends_that_are_not_finite_become_0_and_1() {
        for (low, high) in [(f64::NAN, 1.0), (0.0, f64::INFINITY)] {
            let axis = Axis::new(low, high, 5, "");
            assert_eq!((axis.low, axis.high), (0.0, 1.0));
        }
    }
}
