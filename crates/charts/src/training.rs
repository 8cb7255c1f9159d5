//! The course of one or more trainings.

use crate::Chart;
use crate::palette::Style;
use crate::plot::{Area, Axis, Plot, SMALL, WIDTH};
use crate::svg::{Anchor, Point, Stroke, Svg, Text, text_width};

const HEIGHT: f64 = 300.0;

/// Training loss by epoch, a line for each training.
///
/// ```
/// use vertebra_charts::{Chart, TrainingChart};
/// let chart = TrainingChart::new("Training").with_line("fold 1", &[1.0, 0.5, 0.25]);
/// assert!(chart.to_svg().contains("fold 1 ends at 0.2500"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrainingChart {
    /// For screen readers.
    pub title: String,
    /// Title of the axis of the loss.
    pub loss_axis: String,
    /// Name and mean loss of each epoch, the first epoch first, of each training.
    pub lines: Vec<(String, Vec<f64>)>,
}

impl TrainingChart {
    /// A chart without lines.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), loss_axis: "Loss".to_owned(), lines: Vec::new() }
    }

    /// The chart with another title of the axis of the loss.
    #[must_use]
    pub fn with_loss_axis(mut self, title: impl Into<String>) -> Self {
        self.loss_axis = title.into();
        self
    }

    /// The chart with one more training: its name and the mean loss of each epoch.
    #[must_use]
    pub fn with_line(mut self, name: impl Into<String>, loss: &[f64]) -> Self {
        self.lines.push((name.into(), loss.to_vec()));
        self
    }

    /// Whether no line has an epoch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|(_, loss)| loss.is_empty())
    }
}

impl Chart for TrainingChart {
    fn to_svg(&self) -> String {
        let epochs = self.lines.iter().map(|(_, loss)| loss.len()).max().unwrap_or(0);
        let all = self.lines.iter().flat_map(|(_, loss)| loss.iter().copied());
        let highest = all.filter(|loss| loss.is_finite()).fold(0.0, f64::max);
        let x = Axis::new(0.0, epochs as f64, 6, "Epoch");
        let y = Axis::new(0.0, highest, 5, &self.loss_axis);
        let names = self.lines.iter().map(|(name, _)| text_width(name, SMALL));
        let widest = names.fold(60.0, f64::max).min(WIDTH / 2.0);
        let width = WIDTH - 64.0 - widest - 22.0;
        let area = Area { left: 64.0, top: 34.0, width, height: HEIGHT - 84.0 };
        let plot = Plot::new(area, x, y);
        let mut svg = Svg::new(WIDTH, HEIGHT);
        plot.draw(&mut svg);
        for (i, (name, loss)) in self.lines.iter().enumerate() {
            let style = Style::risk_group(i, self.lines.len());
            let place = |(epoch, loss): (usize, &f64)| plot.at((epoch + 1) as f64, *loss);
            let points: Vec<Point> = loss.iter().enumerate().map(place).collect();
            svg.polyline(&points, Stroke::new(&style.colour, 2.0).dashed(&style.dash));
            let label = (plot.right() + 8.0, plot.top() + 14.0 * i as f64 + 4.0);
            let look = Text::new(SMALL, Anchor::Start).bold().colour(&style.colour);
            svg.text(label, name, look);
        }
        let last = |(name, loss): &(String, Vec<f64>)| {
            loss.last().map(|loss| format!("{name} ends at {loss:.4}"))
        };
        let ends: Vec<String> = self.lines.iter().filter_map(last).collect();
        svg.finish(&self.title, &ends.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_is_a_point_and_a_loss_that_is_not_a_number_is_a_gap() {
        let chart = TrainingChart::new("Training")
            .with_line("fold 1", &[1.0, 0.5, 0.25])
            .with_line("fold 2", &[0.9, f64::NAN, 0.4]);
        let svg = chart.to_svg();
        assert!(svg.contains("fold 1 ends at 0.2500; fold 2 ends at 0.4000"));
        assert_eq!(svg.matches("<polyline").count(), 3, "{svg}");
        assert!(!chart.is_empty() && TrainingChart::new("").with_line("a", &[]).is_empty());
    }
}
