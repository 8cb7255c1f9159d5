//! Internal validation against what is known of linear regression.
#![allow(clippy::unwrap_used, clippy::panic)] // in a test that is how it fails

use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use vertebra_survival::{
    BootstrapOptions, Error,
    numeric::distributions::Normal,
    validation::{
        FoldOptions, ValidationError, cross_validation, nested_cross_validation, optimism_bootstrap,
    },
};

/// Normal noise as outcome and covariates: the least squares fit of `n` rows on `p` columns without
/// an intercept has the expected squared error `1 + p / (n - p - 1)` on new rows.
struct Noise {
    x: Vec<Vec<f64>>,
    y: Vec<f64>,
}

impl Noise {
    fn new(n: usize, p: usize, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = || Normal.quantile(random.random_range(1e-12..1.0));
        let x = (0..n).map(|_| (0..p).map(|_| normal()).collect()).collect();
        Self { x, y: (0..n).map(|_| normal()).collect() }
    }

    fn fit(&self, sample: &[usize]) -> Result<Vec<f64>, Error> {
        let p = self.x[0].len();
        let mut a = vec![vec![0.0; p + 1]; p];
        for &i in sample {
            for (j, row) in a.iter_mut().enumerate() {
                (0..p).for_each(|k| row[k] += self.x[i][j] * self.x[i][k]);
                row[p] += self.x[i][j] * self.y[i];
            }
        }
        for j in 0..p {
            let pivot = a[j].clone();
            if pivot[j].abs() < 1e-9 {
                return Err(Error::Constant { column: j });
            }
            for row in (0..p).filter(|&row| row != j) {
                let factor = a[row][j] / pivot[j];
                a[row].iter_mut().zip(&pivot).for_each(|(v, p)| *v -= factor * p);
            }
        }
        Ok((0..p).map(|j| a[j][p] / a[j][j]).collect())
    }

    fn errors(&self, b: &[f64], sample: &[usize]) -> Vec<f64> {
        let residual =
            |&i: &usize| self.y[i] - self.x[i].iter().zip(b).map(|(x, b)| x * b).sum::<f64>();
        sample.iter().map(|i| residual(i).powi(2)).collect()
    }

    fn mean_error(&self, b: &[f64], sample: &[usize]) -> f64 {
        self.errors(b, sample).iter().sum::<f64>() / sample.len() as f64
    }
}

/// What Bates, Hastie and Tibshirani promise, on a small scale: over 300 samples of 40 rows and 12
/// columns the interval of nested cross-validation covers the expected error about as often as it
/// says, that of cross-validation does not. The Monte Carlo standard error is 1.3 and 2 points.
#[test]
fn nested_cross_validation_covers_where_the_naive_interval_does_not() {
    let (n, p, samples) = (40, 12, 300);
    let truth = 1.0 + p as f64 / (n - p - 1) as f64;
    let (mut nested, mut naive) = (0, 0);
    for seed in 0..samples {
        let noise = Noise::new(n, p, seed);
        let options = FoldOptions::default().with_folds(8).with_repeats(4).with_seed(seed);
        let fit = |sample: &[usize]| noise.fit(sample);
        let losses = |b: &Vec<f64>, sample: &[usize]| Ok::<_, Error>(noise.errors(b, sample));
        let found = nested_cross_validation(n, &options, 0.95, fit, losses).unwrap();
        nested += usize::from(found.estimate.interval.contains(truth));
        let distance = (found.cross_validation - truth).abs();
        naive += usize::from(distance <= 1.96 * found.naive_std_error);
    }
    let share = |count: usize| count as f64 / samples as f64;
    assert!(share(nested) > 0.92, "{}", share(nested));
    assert!(share(naive) < share(nested) - 0.03, "{} {}", share(naive), share(nested));
}

#[test]
fn optimism_and_cross_validation_find_the_error_on_new_rows() {
    let (n, p, samples) = (60, 6, 60);
    let truth = 1.0 + p as f64 / (n - p - 1) as f64;
    let (mut apparent, mut corrected, mut crossed) = (0.0, 0.0, 0.0);
    for seed in 0..samples {
        let noise = Noise::new(n, p, 1000 + seed);
        let fit = |sample: &[usize]| noise.fit(sample);
        let judge = |b: &Vec<f64>, sample: &[usize]| Ok::<_, Error>(noise.mean_error(b, sample));
        let options = BootstrapOptions::default().with_replicates(100).with_seed(seed);
        let found = optimism_bootstrap(n, &options, fit, judge).unwrap();
        assert_eq!(found.apparent_replicates.len(), 100);
        apparent += found.apparent / samples as f64;
        corrected += found.corrected / samples as f64;
        let folds = FoldOptions::default().with_repeats(2).with_seed(seed);
        crossed += cross_validation(n, &folds, fit, judge).unwrap().value / samples as f64;
    }
    assert!((apparent - (n - p) as f64 / n as f64).abs() < 0.05, "{apparent}");
    assert!((corrected - truth).abs() < 0.05, "{corrected} {truth}");
    assert!((crossed - truth).abs() < 0.06, "{crossed} {truth}");
}

#[test]
fn errors_of_the_pipeline_come_back_and_settings_are_checked() {
    let fails = |_: &[usize]| Err::<(), _>("no model");
    let judge = |_: &(), _: &[usize]| Ok(1.0);
    let error = cross_validation(20, &FoldOptions::default(), fails, judge).unwrap_err();
    assert_eq!(error.to_string(), "the pipeline failed on the folds kept: no model");
    let error = optimism_bootstrap(20, &BootstrapOptions::default(), fails, judge).unwrap_err();
    assert_eq!(error.to_string(), "the pipeline failed on all subjects: no model");
    let fit = |_: &[usize]| Ok::<_, &str>(());
    let few = FoldOptions::default().with_folds(1);
    assert!(matches!(cross_validation(20, &few, fit, judge), Err(ValidationError::Statistics(_))));
    let two = FoldOptions::default().with_folds(2);
    let losses = |_: &(), out: &[usize]| Ok(vec![1.0; out.len()]);
    assert!(nested_cross_validation(20, &two, 0.95, fit, losses).is_err());
    let short = |_: &(), _: &[usize]| Ok(vec![1.0]);
    let error = nested_cross_validation(20, &FoldOptions::default(), 0.95, fit, short);
    assert!(error.unwrap_err().to_string().contains("losses"));
    // A pipeline that fails in some samples only: those with the first subject twice.
    let twice = |s: &[usize]| match s.iter().filter(|&&i| i == 0).count() {
        0 | 1 => Ok(()),
        _ => Err("twice"),
    };
    let drawn = optimism_bootstrap(20, &BootstrapOptions::default(), twice, judge);
    assert!(matches!(drawn, Err(ValidationError::Statistics(Error::UndefinedReplicates { .. }))));
}

#[test]
fn clusters_stay_together_in_samples_and_folds() {
    let clusters: Vec<usize> = (0..30).map(|i| i / 3).collect();
    let whole = |s: &[usize]| {
        let count = |c: usize| s.iter().filter(|&&i| i / 3 == c).count();
        if (0..10).all(|c| count(c) % 3 == 0) { Ok(()) } else { Err("a cluster in parts") }
    };
    let judge = |_: &(), s: &[usize]| whole(s).map(|()| 1.0);
    let folds = FoldOptions::default().with_folds(4).with_clusters(clusters.clone());
    assert_eq!(cross_validation(30, &folds, whole, judge).unwrap().value, 1.0);
    let options = BootstrapOptions::default().with_clusters(clusters);
    assert_eq!(optimism_bootstrap(30, &options, whole, judge).unwrap().optimism, 0.0);
}
