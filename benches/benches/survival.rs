//! Survival statistics on one thread: exponential times, one event in five, two correlated scores.
//!
//! `RAYON_NUM_THREADS=1 cargo bench --workspace --bench survival`. `floor/sort` is the least that
//! any of these needs: one sort of `n` doubles.

// A bench that fails should stop; `criterion_group!` has no docs.
#![allow(clippy::expect_used, missing_docs)]

use std::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use vertebra_benches::SurvivalSample;
use vertebra_survival::{
    BootstrapOptions, CompetingOutcomes, ConcordanceOptions, Outcomes, RiskSets, Ties, brier_score,
    calibration::calibration_line,
    calibration_curve, concordance,
    cox::Design,
    cox_partial_likelihood, fine_gray, gray_test, harrell_c,
    horizon::{Reclassification, auc_at_horizons, incident_auc, net_reclassification},
    interval_censored::{IntervalCoxOptions, IntervalOutcomes, turnbull},
    kaplan_meier, uno_c,
};

struct Sample {
    outcomes: Outcomes,
    rounded: Outcomes,
    visits: IntervalOutcomes,
    risk: Vec<f64>,
    other: Vec<f64>,
}

fn sample(n: usize) -> Sample {
    let sample = SurvivalSample::new(n);
    let (left, right) = sample.visits();
    let visits = IntervalOutcomes::new(left, right).expect("ends in order");
    let SurvivalSample { time, days, event, risk, other, .. } = sample;
    let outcomes = Outcomes::new(time, event.clone()).expect("valid times");
    let rounded = Outcomes::new(days, event).expect("valid times");
    Sample { outcomes, rounded, visits, risk, other }
}

/// Times `job` on samples of three sizes, after checking its result once.
fn on_samples(
    criterion: &mut Criterion,
    name: &str,
    sizes: [usize; 3],
    job: impl Fn(&Sample) -> f64,
) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).warm_up_time(Duration::from_millis(300));
    group.measurement_time(Duration::from_secs(1));
    for n in sizes {
        let sample = sample(n);
        assert!(job(&sample).is_finite());
        group.bench_with_input(BenchmarkId::from_parameter(n), &sample, |bencher, sample| {
            bencher.iter(|| black_box(job(sample)));
        });
    }
    group.finish();
}

const LARGE: [usize; 3] = [1_595, 100_000, 1_000_000];
const SMALL: [usize; 3] = [179, 1_595, 100_000];

fn survival(criterion: &mut Criterion) {
    on_samples(criterion, "floor/sort", LARGE, |s| {
        let mut time = s.outcomes.time().to_vec();
        time.sort_unstable_by(f64::total_cmp);
        time[0]
    });
    on_samples(criterion, "concordance/counts", LARGE, |s| {
        concordance(&s.outcomes, &s.risk).expect("pairs").index()
    });
    on_samples(criterion, "concordance/harrell_se", LARGE, |s| {
        harrell_c(&s.outcomes, &s.risk).expect("pairs").estimate.std_error
    });
    on_samples(criterion, "concordance/uno_se", LARGE, |s| {
        uno_c(&s.outcomes, &s.risk, 10.0).expect("pairs").estimate.std_error
    });
    on_samples(criterion, "concordance/difference", LARGE, |s| {
        let options = ConcordanceOptions::default();
        options.compare(&s.outcomes, &s.risk, &s.other).expect("pairs").test.statistic
    });
    on_samples(criterion, "bootstrap_concordance/1000", SMALL, |s| {
        let samples = BootstrapOptions::default().with_replicates(1000).with_seed(1);
        let options = ConcordanceOptions::default();
        options.bootstrap_index(&s.outcomes, &s.risk, &samples).expect("pairs").std_error()
    });
    on_samples(criterion, "kaplan_meier/continuous", LARGE, |s| {
        kaplan_meier(&s.outcomes).expect("subjects").at(5.0)
    });
    on_samples(criterion, "kaplan_meier/days", LARGE, |s| {
        kaplan_meier(&s.rounded).expect("subjects").at(5.0)
    });
    on_samples(criterion, "auc/5_horizons", LARGE, |s| {
        let horizons = [1.0, 2.0, 3.0, 4.0, 5.0];
        auc_at_horizons(&s.outcomes, &s.risk, &horizons).expect("cases")[4].estimate.std_error
    });
    on_samples(criterion, "cox/loss_gradient_efron_days", LARGE, |s| {
        cox_partial_likelihood(&s.rounded, &s.risk, Ties::Efron).expect("events").loss
    });
    on_samples(criterion, "cox/loss_gradient_continuous", LARGE, |s| {
        cox_partial_likelihood(&s.outcomes, &s.risk, Ties::Breslow).expect("events").loss
    });
    let mut group = criterion.benchmark_group("cox/prepared_efron_days");
    for n in LARGE {
        let sample = sample(n);
        let risk_sets = RiskSets::new(&sample.rounded).expect("events");
        group.sample_size(10).measurement_time(Duration::from_secs(1));
        group.bench_with_input(BenchmarkId::from_parameter(n), &sample, |bencher, sample| {
            bencher.iter(|| risk_sets.partial_likelihood(black_box(&sample.risk), Ties::Efron));
        });
    }
    group.finish();
}

fn competing(s: &Sample) -> CompetingOutcomes {
    let cause = s.outcomes.event().iter().enumerate();
    let cause = cause.map(|(i, &event)| if event { 1 + i % 2 } else { 0 }).collect();
    CompetingOutcomes::new(s.outcomes.time().to_vec(), cause).expect("valid times")
}

fn probability(log_hazard: &[f64]) -> Vec<f64> {
    log_hazard.iter().map(|h| 1.0 - (-0.2 * h.exp()).exp()).collect()
}

/// Gray's test, Fine and Gray's model and the statistics at a horizon; every second event is of
/// another cause.
fn horizon(criterion: &mut Criterion) {
    on_samples(criterion, "horizon/gray", MEDIUM, |s| {
        let groups: Vec<usize> = s.risk.iter().map(|&r| usize::from(r > 0.0)).collect();
        gray_test(&competing(s).cause(1).expect("events"), &groups).expect("events").test.statistic
    });
    on_samples(criterion, "horizon/fine_gray_2_covariates", MEDIUM, |s| {
        let outcomes = competing(s);
        let cause = outcomes.cause(1).expect("events");
        fine_gray(&cause, &[&s.risk, &s.other]).expect("a maximum").coefficients[0]
    });
    on_samples(criterion, "horizon/auc_and_brier_of_a_cause", MEDIUM, |s| {
        let outcomes = competing(s);
        let cause = outcomes.cause(1).expect("events");
        let survival: Vec<f64> = probability(&s.risk).iter().map(|p| 1.0 - p).collect();
        let brier = brier_score(&cause, &survival, 4.0).expect("cases").scaled.std_error;
        brier + auc_at_horizons(&cause, &s.risk, &[4.0]).expect("cases")[0].estimate.std_error
    });
    on_samples(criterion, "horizon/calibration_curve", MEDIUM, |s| {
        calibration_curve(&s.outcomes, &probability(&s.risk), 4.0).expect("a maximum").ici
    });
    on_samples(criterion, "horizon/calibration_line", MEDIUM, |s| {
        calibration_line(&s.outcomes, &probability(&s.risk), 4.0).expect("a fit").slope.value
    });
    on_samples(criterion, "horizon/reclassification", MEDIUM, |s| {
        let (old, new) = (probability(&s.other), probability(&s.risk));
        let any = Reclassification::AnyChange;
        net_reclassification(&s.outcomes, &old, &new, 4.0, &any)
            .expect("moves")
            .total
            .test
            .statistic
    });
    on_samples(criterion, "horizon/incident_auc_5_times", MEDIUM, |s| {
        let times = [1.0, 2.0, 3.0, 4.0, 5.0];
        incident_auc(&s.outcomes, &s.risk, &times, 0.5).expect("events")[4].estimate.std_error
    });
}

/// Events dated by visits; every subject has visits of its own.
fn interval(criterion: &mut Criterion) {
    let sizes = [179, 1_595, 10_000];
    on_samples(criterion, "interval/turnbull", sizes, |s| {
        turnbull(&s.visits).expect("a maximum").log_likelihood
    });
    on_samples(criterion, "interval/proportional_2_covariates", sizes, |s| {
        let design = Design::from_columns(&[s.risk.clone(), s.other.clone()]).expect("columns");
        let fit = IntervalCoxOptions::default().fit(&s.visits, &design);
        fit.expect("a maximum").coefficients[0]
    });
}

const MEDIUM: [usize; 3] = [1_595, 10_000, 100_000];

criterion_group!(benches, survival, horizon, interval);
criterion_main!(benches);
