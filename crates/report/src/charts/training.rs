//! The course of one or more trainings.

use crate::Figure;
use crate::palette::risk_group;
use crate::plot::{Axis, Plot, SMALL};
use crate::svg::{Anchor, Stroke, Svg, Type};

const WIDTH: f64 = 700.0;
const HEIGHT: f64 = 300.0;

/// Training loss by epoch, a line for each training.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingChart {
    /// For screen readers.
    pub title: String,
    /// Title of the axis of the loss.
    pub loss_axis: String,
    /// The trainings.
    pub lines: Vec<TrainingLine>,
}

/// One training.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingLine {
    /// Name at the end of the line.
    pub name: String,
    /// Mean loss of each epoch, the first epoch first.
    pub loss: Vec<f64>,
}

impl TrainingChart {
    /// The chart as a figure with this file name and caption; `None` where no line has an epoch.
    #[must_use]
    pub fn figure(&self, id: &'static str, caption: String) -> Option<Figure> {
        let epochs = self.lines.iter().map(|line| line.loss.len()).max().filter(|n| *n > 0)?;
        let highest = self.lines.iter().flat_map(|l| l.loss.iter().copied()).fold(0.0, f64::max);
        let x = Axis::new(0.0, epochs as f64, 6, "Epoch");
        let y = Axis::new(0.0, highest, 5, &self.loss_axis);
        let plot =
            Plot { left: 64.0, top: 34.0, width: WIDTH - 154.0, height: HEIGHT - 84.0, x, y };
        let mut svg = Svg::new(WIDTH, HEIGHT);
        plot.draw_y(&mut svg);
        plot.draw_x(&mut svg);
        for (i, line) in self.lines.iter().enumerate() {
            let (colour, dash) = risk_group(i, self.lines.len());
            let place = |(epoch, loss): (usize, &f64)| plot.at((epoch + 1) as f64, *loss);
            let points: Vec<(f64, f64)> = line.loss.iter().enumerate().map(place).collect();
            svg.polyline(&points, Stroke::new(colour, 2.0).dashed(dash));
            let label = (plot.right() + 8.0, plot.top + 14.0 * i as f64 + 4.0);
            svg.text(label, &line.name, Type::new(SMALL, Anchor::Start).bold().colour(colour));
        }
        let last =
            |line: &TrainingLine| line.loss.last().map(|l| format!("{} ends at {l:.4}", line.name));
        let ends: Vec<String> = self.lines.iter().filter_map(last).collect();
        Some(Figure { id, caption, svg: svg.finish(&self.title, &ends.join("; ")) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_is_a_point_and_no_epoch_is_no_figure() {
        let line = |name: &str, loss: Vec<f64>| TrainingLine { name: name.to_owned(), loss };
        let chart = |lines| TrainingChart {
            title: "Training".to_owned(),
            loss_axis: "Loss".to_owned(),
            lines,
        };
        let two = chart(vec![line("fold 1", vec![1.0, 0.5, 0.25]), line("fold 2", vec![0.9, 0.4])]);
        let figure = two.figure("curves", "Loss by epoch.".to_owned()).unwrap();
        assert!(figure.svg().contains("fold 1 ends at 0.2500; fold 2 ends at 0.4000"));
        assert_eq!(figure.svg().matches("<polyline").count(), 2, "{}", figure.svg());
        assert!(chart(vec![line("fold 1", vec![])]).figure("curves", String::new()).is_none());
    }
}
