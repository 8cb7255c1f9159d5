//! Share of the heat maps' mass by vertebra, with and without a later fracture.

use crate::format::fixed;
use crate::results::{SaliencyResults, StudyResults};
use vertebra_charts::plot::{Area, Axis, Plot, SMALL, WIDTH};
use vertebra_charts::svg::{Anchor, Svg, Text};
use vertebra_charts::{Figure, Mark, legend};
use vertebra_keypoints::Level;

const WITH: &str = "#7a1f3d";
const WITHOUT: &str = "#8fb8d8";

/// Two bars per level.
pub(crate) fn mass_by_level(results: &StudyResults) -> Option<Figure> {
    let saliency = results.saliency.as_ref()?;
    if saliency.mass_with_event.is_empty() && saliency.mass_without_event.is_empty() {
        return None;
    }
    let mut svg = Svg::new(WIDTH, 260.0);
    let entries =
        [(Mark::Swatch(WITH), "Later fracture"), (Mark::Swatch(WITHOUT), "No later fracture")];
    let top = legend(&mut svg, WIDTH, 14.0, &entries) + 26.0;
    let plot = plot(saliency, top);
    plot.draw_y(&mut svg);
    let levels = saliency.mass_without_event.len().max(saliency.mass_with_event.len());
    let slot = plot.area.width / levels as f64;
    for (series, colour, shift) in
        [(&saliency.mass_with_event, WITH, -0.5), (&saliency.mass_without_event, WITHOUT, 0.5)]
    {
        for (i, (level, mass)) in series.iter().enumerate() {
            let centre = plot.left() + slot * (i as f64 + 0.5);
            let (width, y) = (0.26 * slot, plot.y(*mass));
            let left = centre + shift * width - width / 2.0;
            let title = format!("{level}: {} %", fixed(100.0 * mass, 1));
            svg.rect((left, y), (width, plot.bottom() - y), colour, &title);
        }
    }
    let longest = [&saliency.mass_with_event, &saliency.mass_without_event];
    let longest = longest.into_iter().max_by_key(|series| series.len());
    for (i, (level, _)) in longest.into_iter().flatten().enumerate() {
        let at = (plot.left() + slot * (i as f64 + 0.5), plot.bottom() + 17.0);
        svg.text(at, level.name(), Text::new(SMALL, Anchor::Middle));
    }
    let caption = format!(
        "Mean share of the positive heat map’s mass in each vertebra on the test set (“{}”; {}).",
        saliency.model,
        saliency.methods.join(", ")
    );
    let svg = svg.finish("Heat map mass by level", &describe(saliency));
    Some(Figure::new("saliency", caption, svg))
}

fn plot(saliency: &SaliencyResults, top: f64) -> Plot {
    let all = saliency.mass_with_event.iter().chain(&saliency.mass_without_event);
    let highest = all.map(|(_, mass)| *mass).fold(0.1, f64::max);
    let y = Axis::new(0.0, highest, 4, "Share of mass, %").in_percent();
    let x = Axis::new(0.0, 1.0, 1, "");
    Plot::new(Area { left: 44.0, top, width: WIDTH - 60.0, height: 225.0 - top }, x, y)
}

fn describe(saliency: &SaliencyResults) -> String {
    let list = |series: &[(Level, f64)]| {
        let one = |(l, m): &(Level, f64)| format!("{l} {}", fixed(100.0 * m, 1));
        series.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    format!(
        "Later fracture, %: {}. No later fracture, %: {}.",
        list(&saliency.mass_with_event),
        list(&saliency.mass_without_event)
    )
}
