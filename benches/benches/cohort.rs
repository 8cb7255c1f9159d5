//! From subjects to splits and Table 1: `cargo bench --workspace --bench cohort`.
#![allow(missing_docs, clippy::unwrap_used)] // criterion's macros; a bench may stop

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use vertebra_cohort::{
    Characteristic, Cohort, Covariate, Date, EligibilityOptions, Folds, Position, Quality, Sex,
    Subject, TableOne, View, Visit, eligibility,
};

/// Two films of a subject; every fifth subject is too young.
fn subject(i: usize) -> Subject {
    let sex = if i.is_multiple_of(3) { Sex::Male } else { Sex::Female };
    let age = if i.is_multiple_of(5) { 44.0 } else { 52.0 + (i % 20) as f64 };
    let mut subject = Subject::new(format!("S{i:06}"), sex, age);
    subject.bmi = (!i.is_multiple_of(7)).then_some(20.0 + (i % 11) as f64);
    subject.time = Some(1.0 + (i % 6) as f64);
    subject.event = Some(i % 4 == 1);
    let visit = |day: i64, name: String| {
        let date = Date::new(2012, 1, 5).unwrap().plus_days(day).unwrap();
        let visit = Visit::new(date, name, View::Lateral);
        visit.with_position(Position::Neutral).with_quality(Quality::Good)
    };
    let later = 365 + (i % 999) as i64;
    subject.visits = vec![visit(0, format!("{i}a.dcm")), visit(later, format!("{i}b.dcm"))];
    subject
}

fn cohort(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cohort");
    group.sample_size(10);
    for n in [1_000, 10_000, 100_000] {
        let subjects: Vec<Subject> = (0..n).map(subject).collect();
        let cohort = Cohort::new(subjects.clone()).unwrap();
        let options = EligibilityOptions::default();
        let analysed = eligibility(&cohort, &options).subjects();
        assert_eq!(analysed.len(), n - n.div_ceil(5));
        let event: Vec<bool> = subjects.iter().map(|s| s.event == Some(true)).collect();
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("check", n), |bencher| {
            bencher.iter(|| Cohort::new(black_box(subjects.clone())).unwrap());
        });
        group.bench_function(BenchmarkId::new("eligibility", n), |bencher| {
            bencher.iter(|| eligibility(black_box(&cohort), &options));
        });
        group.bench_function(BenchmarkId::new("five_folds", n), |bencher| {
            bencher.iter(|| Folds::stratified(black_box(&event), 5, 1).unwrap());
        });
        group.bench_function(BenchmarkId::new("table_one", n), |bencher| {
            bencher.iter(|| table_one(cohort.subjects(), &event));
        });
    }
    group.finish();
}

fn table_one(subjects: &[Subject], event: &[bool]) -> TableOne {
    let rows = [Covariate::AGE, Covariate::SEX, Covariate::BMI]
        .map(|covariate| Characteristic::covariate(&covariate, subjects.iter()));
    TableOne::new(["no event", "event"], event, &rows).unwrap()
}

criterion_group!(benches, cohort);
criterion_main!(benches);
