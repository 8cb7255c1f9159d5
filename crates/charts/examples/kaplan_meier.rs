//! Draws Kaplan-Meier curves of two groups from times and events, and writes `kaplan-meier.svg`
//! into the folder given, or the current one.
//!
//! Data: the leukaemia trial of Freireich et al. (Blood 21:699-716, 1963), remission in weeks.

use std::path::PathBuf;
use vertebra_charts::{Chart, SurvivalChart, SurvivalLine};

/// `(weeks, whether the remission ended then)`.
type Observation = (f64, bool);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let drug = [
        (6., true),
        (6., true),
        (6., true),
        (6., false),
        (7., true),
        (9., false),
        (10., true),
        (10., false),
        (11., false),
        (13., true),
        (16., true),
        (17., false),
        (19., false),
        (20., false),
        (22., true),
        (23., true),
        (25., false),
        (32., false),
        (32., false),
        (34., false),
        (35., false),
    ];
    let placebo = [
        1., 1., 2., 2., 3., 4., 4., 5., 5., 8., 8., 8., 8., 11., 11., 12., 12., 15., 17., 22., 23.,
    ];
    let placebo = placebo.map(|weeks| (weeks, true));
    let chart = SurvivalChart::new("Remission of leukaemia")
        .with_time_axis("Weeks")
        .with_survival_axis("In remission, %")
        .with_at_risk_times(&AT_RISK)
        .with_line(line("6-MP", &drug))
        .with_line(line("Placebo", &placebo));
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let figure = chart.figure("kaplan-meier", "Remission by treatment.");
    figure.write(&folder)?;
    Ok(())
}

/// Weeks at which the numbers at risk are printed.
const AT_RISK: [f64; 6] = [0., 5., 10., 15., 20., 25.];

/// The Kaplan-Meier estimate: the product of `1 - events / at risk` over the times of events.
fn line(name: &str, observed: &[Observation]) -> SurvivalLine {
    let at_risk = |t: f64| observed.iter().filter(|(time, _)| *time >= t).count();
    let mut times: Vec<f64> = observed.iter().filter(|o| o.1).map(|o| o.0).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let mut survival = 1.0;
    let mut curve = Vec::new();
    for &t in &times {
        let events = observed.iter().filter(|(time, event)| *event && *time == t).count();
        survival *= 1.0 - events as f64 / at_risk(t) as f64;
        curve.push(survival);
    }
    let events = observed.iter().filter(|o| o.1).count();
    SurvivalLine::new(name, &times, &curve)
        .with_at_risk(observed.len(), &AT_RISK.map(at_risk))
        .with_note(format!("{events} events"))
}
