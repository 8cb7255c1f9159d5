//! Bars of C by clinical model and method, like the paper's Figs 3 and 4, with both intervals.

use crate::format::{fixed, interval, within_unit};
use crate::palette::{colour, label};
use crate::results::{Discrimination, EvaluationSet, Method, ModelResult, StudyResults, Subgroup};
use vertebra_charts::palette::{INK, QUIET};
use vertebra_charts::plot::{Area, Axis, Plot, SMALL, WIDTH};
use vertebra_charts::svg::{Anchor, Stroke, Svg, Text};
use vertebra_charts::{Figure, Mark, legend};
use vertebra_evaluation::{Estimate, Interval};

const PANEL: f64 = 210.0;
const FOLDS: &str = QUIET;
const CHANCE: f64 = 0.5;

/// One panel for all subjects and one per subgroup; `None` when nothing was scored on this set.
pub(crate) fn concordance(results: &StudyResults, set: EvaluationSet) -> Option<Figure> {
    let panels: Vec<_> = [(Subgroup::All, "all subjects"), (Subgroup::Women, "women")]
        .into_iter()
        .filter_map(|(subgroup, name)| Panel::new(results, set, subgroup, name))
        .collect();
    let axis = axis(&panels)?;
    let mut svg = Svg::new(WIDTH, 62.0 + panels.len() as f64 * (PANEL + 82.0));
    let mut y = draw_legend(&mut svg, &panels) + 26.0;
    for panel in &panels {
        panel.draw(&mut svg, y, axis.clone());
        y += PANEL + 82.0;
    }
    let (id, name) = match set {
        EvaluationSet::CrossValidation => ("concordance-development", "validation folds"),
        EvaluationSet::Test => ("concordance-test", "test set"),
    };
    let oracle = if panels.iter().any(|p| p.oracle.is_some()) {
        " The dotted line is the C of the phantom’s true hazard, which no model can be expected to \
         pass."
    } else {
        ""
    };
    let caption = format!(
        "Harrell’s C on the {name}. Bars start at 0.5, chance. Capped lines: 95 % interval over \
         subjects (bootstrap), which says how sure one can be of C; grey lines beside them: over \
         folds, as in the paper, which says how much the models of the folds differ.{oracle}{}",
        frax(&panels)
    );
    let description = panels.iter().map(Panel::describe).collect::<Vec<_>>().join(" ");
    let svg = svg.finish(&format!("Concordance on the {name}"), &description);
    Some(Figure::new(id, caption, svg))
}

/// Bars of one clinical model, or of a model that has none.
struct Group<'a> {
    name: String,
    bars: Vec<(&'a ModelResult, &'a Discrimination)>,
}

struct Panel<'a> {
    title: String,
    groups: Vec<Group<'a>>,
    oracle: Option<&'a Discrimination>,
}

impl<'a> Panel<'a> {
    fn new(
        results: &'a StudyResults,
        set: EvaluationSet,
        subgroup: Subgroup,
        name: &str,
    ) -> Option<Self> {
        let of = |m: &'a ModelResult| m.on(set, subgroup);
        let mut groups: Vec<Group> = Vec::new();
        for model in results.models.iter().filter(|m| m.method != Method::Oracle) {
            let Some(discrimination) = of(model) else { continue };
            let name = match (model.clinical, model.method) {
                (Some(clinical), _) => format!("Model {clinical}"),
                (None, Method::ImageOnly) => "Image only".to_owned(),
                (None, Method::Frax) => "FRAX".to_owned(),
                (None, Method::FraxSurrogate) => "Surrogate of FRAX".to_owned(),
                (None, _) => model.name.clone(),
            };
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.bars.push((model, discrimination)),
                None => groups.push(Group { name, bars: vec![(model, discrimination)] }),
            }
        }
        let size = groups.first()?.bars.first()?.1.size;
        let title = format!("{name}: {} subjects, {} fractures", size.n, size.events);
        let oracle = results.models.iter().find(|m| m.method == Method::Oracle).and_then(of);
        Some(Self { title, groups, oracle })
    }

    fn discriminations(&self) -> impl Iterator<Item = &Discrimination> {
        let bars = self.groups.iter().flat_map(|g| g.bars.iter().map(|(_, d)| *d));
        bars.chain(self.oracle)
    }

    fn draw(&self, svg: &mut Svg, top: f64, y: Axis) {
        let x = Axis::new(0.0, 1.0, 1, "");
        let area = Area { left: 44.0, top: top + 24.0, width: WIDTH - 124.0, height: PANEL };
        let plot = Plot::new(area, x, y);
        let title = format!("Harrell’s C, {}", self.title);
        svg.text((10.0, top - 6.0), &title, Text::new(13.0, Anchor::Start).bold());
        plot.draw_y(svg);
        self.draw_oracle(svg, &plot);
        let n_bars: usize = self.groups.iter().map(|g| g.bars.len()).sum();
        // A gap of two thirds of a bar around each group.
        let bar = plot.area.width / (n_bars as f64 + 0.9 * self.groups.len() as f64);
        let mut left = plot.left() + 0.45 * bar;
        for group in &self.groups {
            let width = bar * group.bars.len() as f64;
            for (i, (model, d)) in group.bars.iter().enumerate() {
                draw_bar(svg, &plot, (left + bar * i as f64, bar), model.method, d);
            }
            let look = Text::new(SMALL, Anchor::Middle);
            svg.text((left + width / 2.0, plot.bottom() + 17.0), &group.name, look);
            left += width + 0.9 * bar;
        }
        let chance = plot.y(CHANCE);
        svg.line((plot.left(), chance), (plot.right(), chance), Stroke::new(INK, 1.0));
        let look = Text::new(SMALL, Anchor::Start).colour(QUIET);
        svg.text((plot.right() + 6.0, chance + 4.0), "chance", look);
    }

    fn draw_oracle(&self, svg: &mut Svg, plot: &Plot) {
        let Some(oracle) = self.oracle else { return };
        let y = plot.y(oracle.harrell.estimate.value);
        svg.line((plot.left(), y), (plot.right(), y), Stroke::new(INK, 1.4).dashed("1 4"));
        let text = format!("oracle {}", fixed(oracle.harrell.estimate.value, 2));
        svg.text((plot.right() + 6.0, y + 4.0), &text, Text::new(SMALL, Anchor::Start));
    }

    fn describe(&self) -> String {
        let bars = self.groups.iter().flat_map(|g| &g.bars);
        let values: Vec<_> = bars
            .map(|(m, d)| format!("{}: {}", m.name, fixed(d.harrell.estimate.value, 3)))
            .collect();
        format!("{}: {}.", self.title, values.join("; "))
    }
}

fn draw_bar(
    svg: &mut Svg,
    plot: &Plot,
    (left, width): (f64, f64),
    method: Method,
    d: &Discrimination,
) {
    let c = &d.harrell.estimate;
    let Interval { lower, upper, .. } = c.interval;
    let (top, bottom) = (plot.y(c.value.max(CHANCE)), plot.y(c.value.min(CHANCE)));
    let bounds = interval(lower, upper, 3);
    let title = format!("{}: {} {bounds}", label(method), fixed(c.value, 3));
    let gap = 0.04 * width;
    svg.rect((left + gap, top), (width - 2.0 * gap, bottom - top), colour(method), &title);
    let x = left + 0.38 * width;
    let line = Stroke::new(INK, 1.5);
    for stroke in [Stroke::new("#ffffff", 2.8), line] {
        svg.line((x, plot.y(lower)), (x, plot.y(upper)), stroke);
    }
    for end in [lower, upper] {
        svg.line((x - 4.0, plot.y(end)), (x + 4.0, plot.y(end)), line);
    }
    let folds = over_folds(d).map(|folds| folds.interval);
    if let Some(folds) = folds {
        let x = left + 0.68 * width;
        let halo = Stroke::new("#ffffff", 5.0);
        let line = Stroke::new(FOLDS, 3.0);
        for stroke in [halo, line] {
            svg.line((x, plot.y(folds.lower)), (x, plot.y(folds.upper)), stroke);
        }
    }
    let above = plot.y(upper.max(folds.map_or(0.0, |f| f.upper))) - 6.0;
    svg.label((left + width / 2.0, above.max(plot.top() - 6.0)), &fixed(c.value, 2), SMALL);
}

fn over_folds(d: &Discrimination) -> Option<Estimate> {
    d.over_folds.mean.value().map(|mean| within_unit(&mean.estimate))
}

/// From the lowest bound to the highest; the same for all panels.
fn axis(panels: &[Panel]) -> Option<Axis> {
    let bounds = || panels.iter().flat_map(Panel::discriminations);
    bounds().next()?;
    let low = bounds()
        .flat_map(|d| {
            [d.harrell.estimate.interval.lower, over_folds(d).map_or(1.0, |f| f.interval.lower)]
        })
        .fold(CHANCE, f64::min);
    let high = bounds()
        .flat_map(|d| {
            [d.harrell.estimate.interval.upper, over_folds(d).map_or(0.0, |f| f.interval.upper)]
        })
        .fold(CHANCE, f64::max);
    Some(Axis::new(low.max(0.0), (high + 0.01).min(1.0), 5, ""))
}

/// Names the bars of FRAX where there are several, and says of a surrogate what it is.
fn frax(panels: &[Panel]) -> String {
    let names = |method: Method| -> Vec<&str> {
        let bars = panels.first().into_iter().flat_map(|p| &p.groups).flat_map(|g| &g.bars);
        bars.filter(|(m, _)| m.method == method).map(|(m, _)| m.name.as_str()).collect()
    };
    let (real, made_up) = (names(Method::Frax), names(Method::FraxSurrogate));
    let mut caption = String::new();
    if real.len() > 1 {
        caption += &format!(" Bars of FRAX, from the left: {}.", real.join("; "));
    }
    if !made_up.is_empty() {
        caption += &format!(
            " The bars in FRAX’s place are a surrogate, not FRAX: the phantom made them up from age, \
             sex, BMI and risk factors, so that the road of imported values is seen whole; their C \
             says nothing of FRAX. From the left: {}.",
            made_up.join("; ")
        );
    }
    caption
}

fn draw_legend(svg: &mut Svg, panels: &[Panel]) -> f64 {
    let methods = [
        Method::CoxPh,
        Method::DeepSurv,
        Method::DeepSurvImage,
        Method::ImageOnly,
        Method::Frax,
        Method::FraxSurrogate,
    ];
    let used = |method: &Method| {
        panels
            .iter()
            .flat_map(|p| &p.groups)
            .flat_map(|g| &g.bars)
            .any(|(m, _)| m.method == *method)
    };
    let mut entries: Vec<_> =
        methods.into_iter().filter(used).map(|m| (Mark::Swatch(colour(m)), label(m))).collect();
    entries.push((Mark::Capped(Stroke::new(INK, 1.5)), "95 % over subjects"));
    if panels.iter().flat_map(Panel::discriminations).any(|d| over_folds(d).is_some()) {
        entries.push((Mark::Line(Stroke::new(FOLDS, 3.0)), "95 % over folds"));
    }
    legend(svg, WIDTH, 14.0, &entries)
}
