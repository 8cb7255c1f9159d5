//! What clusters cost: figures with and without clusters of four, in turn, the least of many runs
//! of each: `RAYON_NUM_THREADS=1 cargo bench --workspace --bench speed_clusters -- 100000 [name]`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::{hint::black_box, time::Instant};

use vertebra_benches::{SurvivalSample, arguments};
use vertebra_survival::{
    CompetingOutcomes, ConcordanceOptions, Outcomes, brier_score,
    calibration::{calibration_curve, calibration_line, calibration_slope, observed_expected},
    cumulative_incidence, decision_curve, fine_gray, gray_test, harrell_c,
    horizon::{
        Reclassification, auc_at_horizons, incident_auc, integrated_discrimination,
        net_reclassification,
    },
    kaplan_meier, log_rank, uno_c,
};

/// The same subjects, independent and in clusters.
struct Both {
    own: [Outcomes; 2],
    days: [Outcomes; 2],
    competing: [CompetingOutcomes; 2],
    risk: Vec<f64>,
    other: Vec<f64>,
    /// Predicted risks, by each score.
    predicted: [Vec<f64>; 2],
    group: Vec<usize>,
}

impl Both {
    fn new(n: usize) -> Self {
        let SurvivalSample { time, days, event, risk, other, .. } = SurvivalSample::new(n);
        let labels: Vec<usize> = (0..n).map(|i| i / 4).collect();
        let both = |one: Outcomes| [one.clone(), one.with_clusters(labels.clone()).unwrap()];
        let cause = event.iter().enumerate().map(|(i, &e)| if e { 1 + i % 2 } else { 0 });
        let competing = CompetingOutcomes::new(time.clone(), cause.collect()).unwrap();
        let clustered = competing.clone().with_clusters(labels.clone()).unwrap();
        let predicted = [&other, &risk]
            .map(|score| score.iter().map(|h| 1.0 - (-0.2 * h.exp()).exp()).collect());
        Self {
            own: both(Outcomes::new(time, event.clone()).unwrap()),
            days: both(Outcomes::new(days, event).unwrap()),
            competing: [competing, clustered],
            group: risk.iter().map(|&r| usize::from(r > 0.0)).collect(),
            risk,
            other,
            predicted,
        }
    }

    /// A figure without clusters (0) or with (1).
    fn figure(&self, name: &str, k: usize) -> f64 {
        let (own, cause) = (&self.own[k], || self.competing[k].cause(1).unwrap());
        let ([old, new], risk, times) = (&self.predicted, &self.risk, [1.0, 2.0, 3.0, 4.0, 5.0]);
        let free = || new.iter().map(|p| 1.0 - p).collect::<Vec<_>>();
        match name {
            "Harrell's C" => harrell_c(own, risk).unwrap().estimate.std_error,
            "Uno's C" => uno_c(own, risk, 10.0).unwrap().estimate.std_error,
            "difference of C" => {
                let options = ConcordanceOptions::default();
                options.compare(own, risk, &self.other).unwrap().test.statistic
            }
            "Kaplan-Meier" => kaplan_meier(own).unwrap().std_error_log_at(5.0),
            "Kaplan-Meier in days" => kaplan_meier(&self.days[k]).unwrap().std_error_log_at(5.0),
            "restricted mean" => kaplan_meier(own).unwrap().restricted_mean(5.0).unwrap().std_error,
            "cumulative incidence" => {
                cumulative_incidence(&self.competing[k]).unwrap()[0].std_error_at(5.0)
            }
            "log-rank" => log_rank(own, &self.group).unwrap().test.statistic,
            "Gray" => gray_test(&cause(), &self.group).unwrap().test.statistic,
            "Fine and Gray" => fine_gray(&cause(), &[risk, &self.other]).unwrap().std_errors[0],
            "AUC" => auc_at_horizons(own, risk, &times).unwrap()[4].estimate.std_error,
            "Brier score" => brier_score(own, &free(), 4.0).unwrap().scaled.std_error,
            "NRI" => {
                let any = Reclassification::AnyChange;
                net_reclassification(own, old, new, 4.0, &any).unwrap().total.test.statistic
            }
            "IDI" => {
                let idi = integrated_discrimination(own, old, new, 4.0).unwrap();
                idi.improvement.test.statistic
            }
            "net benefit" => decision_curve(own, new, 4.0, &[0.1]).unwrap()[0].model,
            "observed / expected" => observed_expected(own, new, 4.0).unwrap().ratio.std_error,
            "calibration line" => calibration_line(own, new, 4.0).unwrap().slope.std_error,
            "calibration slope" => calibration_slope(own, risk).unwrap().std_error,
            "calibration curve" => calibration_curve(own, new, 4.0).unwrap().ici,
            _ => incident_auc(own, risk, &times, 0.5).unwrap()[4].estimate.std_error,
        }
    }
}

const NAMES: [&str; 20] = [
    "Harrell's C",
    "Uno's C",
    "difference of C",
    "Kaplan-Meier",
    "Kaplan-Meier in days",
    "restricted mean",
    "cumulative incidence",
    "log-rank",
    "Gray",
    "Fine and Gray",
    "AUC",
    "Brier score",
    "NRI",
    "IDI",
    "net benefit",
    "observed / expected",
    "calibration line",
    "calibration slope",
    "calibration curve",
    "incident AUC",
];

const RUNS: usize = 15;

fn main() {
    let arguments = arguments();
    let n = arguments.first().map_or(100_000, |n| n.parse().unwrap());
    let both = Both::new(n);
    println!("{:22} {:>10} {:>10} {:>6}", "figure, ms", "without", "with", "ratio");
    for name in NAMES.iter().filter(|name| arguments.get(1).is_none_or(|only| only == *name)) {
        let mut least = [f64::INFINITY; 2];
        for k in (0..2 * RUNS).map(|run| run % 2) {
            let start = Instant::now();
            black_box(both.figure(name, k));
            least[k] = least[k].min(1e3 * start.elapsed().as_secs_f64());
        }
        println!("{name:22} {:10.2} {:10.2} {:6.2}", least[0], least[1], least[1] / least[0]);
    }
}
