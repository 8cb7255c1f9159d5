//! Multiple imputation: what stays, what is drawn, and that it undoes the bias of complete cases.
#![allow(clippy::unwrap_used)] // in a test that is how it fails

use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use vertebra_survival::{
    Error, Outcomes,
    cox::{CoxOptions, Design},
    imputation::{ChainedEquations, ImputationDraw},
    numeric::distributions::Normal,
    validation::pool,
};

/// Subjects whose log hazard is `0.7 x - 0.7 flag`; `x` is missing for most of those with a
/// high `z` who have the event early, so that complete cases are not like all.
struct Cohort {
    outcomes: Outcomes,
    columns: Vec<Vec<Option<f64>>>,
}

fn cohort(n: usize, seed: u64) -> Cohort {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut uniform = || random.random_range(1e-12..1.0);
    let (mut time, mut event) = (Vec::new(), Vec::new());
    let mut columns = [(); 3].map(|()| Vec::new()).to_vec();
    for _ in 0..n {
        let (z, x) = (Normal.quantile(uniform()), Normal.quantile(uniform()));
        let x = 0.6 * z + 0.8 * x;
        let flag = f64::from(u8::from(uniform() < 0.3 + 0.2 * f64::from(u8::from(z > 0.0))));
        let failure = -uniform().ln() / (0.2 * (0.7 * x - 0.7 * flag).exp());
        let end = 5.0 * uniform() + 1.0;
        let is_left_out = failure < end && failure < 2.0 && z > 0.0;
        time.push(failure.min(end));
        event.push(failure < end);
        columns[0].push(Some(z));
        columns[1].push((uniform() > if is_left_out { 0.8 } else { 0.1 }).then_some(x));
        columns[2].push((uniform() > 0.2).then_some(flag));
    }
    Cohort { outcomes: Outcomes::new(time, event).unwrap(), columns }
}

fn effects(outcomes: &Outcomes, columns: &[Vec<f64>]) -> Result<Vec<(f64, f64)>, Error> {
    let fit = CoxOptions::default().fit(outcomes, &Design::from_columns(&columns[1..])?)?;
    let error = |k: usize| fit.covariance[k][k].sqrt();
    Ok(fit.coefficients.iter().enumerate().map(|(k, b)| (*b, error(k))).collect())
}

#[test]
fn imputations_undo_the_bias_of_complete_cases() {
    let Cohort { outcomes, columns } = cohort(3000, 5);
    let complete: Vec<usize> =
        (0..3000).filter(|&i| columns.iter().all(|column| column[i].is_some())).collect();
    let of_complete: Vec<Vec<f64>> =
        columns.iter().map(|column| complete.iter().filter_map(|&i| column[i]).collect()).collect();
    let (biased, error) = effects(&outcomes.subset(&complete), &of_complete).unwrap()[0];
    assert!(biased < 0.7 - 2.0 * error, "{biased} {error}");
    for draw in [ImputationDraw::PredictiveMeanMatching, ImputationDraw::Normal] {
        let options = ChainedEquations::default().with_draw(draw).with_seed(8);
        let sets = options.impute(&outcomes, &columns).unwrap();
        let all: Vec<_> = sets.iter().map(|set| effects(&outcomes, set).unwrap()).collect();
        for (k, truth) in [0.7, -0.7].into_iter().enumerate() {
            let pairs: Vec<(f64, f64)> = all.iter().map(|of_set| of_set[k]).collect();
            let pooled = pool(&pairs, f64::INFINITY, 0.95).unwrap();
            let (value, error) = (pooled.estimate.value, pooled.estimate.std_error);
            assert!((value - truth).abs() < 2.5 * error, "{draw:?} {k}: {value} {error}");
            assert!(error < 0.1 && pooled.missing_share > 0.02, "{error}");
        }
    }
}

#[test]
fn what_is_recorded_stays_and_what_is_drawn_was_recorded() {
    let Cohort { outcomes, columns } = cohort(200, 1);
    let sets = ChainedEquations::default().impute(&outcomes, &columns).unwrap();
    assert_eq!(sets.len(), 10);
    for (column, k) in sets.iter().flat_map(|set| set.iter().zip(0..)) {
        for (value, recorded) in column.iter().zip(&columns[k]) {
            match recorded {
                Some(recorded) => assert_eq!(value, recorded),
                None => assert!(columns[k].contains(&Some(*value)), "{value}"),
            }
        }
    }
    assert_ne!(sets[0], sets[1]);
    let again = ChainedEquations::default().with_imputations(2).impute(&outcomes, &columns);
    assert_eq!(again.unwrap(), sets[..2]);
}

#[test]
fn what_cannot_be_imputed_is_refused() {
    let Cohort { outcomes, mut columns } = cohort(50, 1);
    let none = ChainedEquations::default().with_imputations(0).impute(&outcomes, &columns);
    assert!(matches!(none, Err(Error::InvalidSetting { name: "imputations", .. })));
    columns[1] = vec![None; 50];
    let unknown = ChainedEquations::default().impute(&outcomes, &columns).unwrap_err();
    assert!(matches!(unknown, Error::Undefined { .. }), "{unknown}");
    columns[1] = vec![Some(1.0); 49];
    let short = ChainedEquations::default().impute(&outcomes, &columns).unwrap_err();
    assert!(matches!(short, Error::LengthMismatch { .. }), "{short}");
    // A column that does not vary tells nothing and stops nothing.
    columns[1] = vec![Some(1.0); 50];
    columns[1][7] = None;
    let sets = ChainedEquations::default().impute(&outcomes, &columns).unwrap();
    assert!(sets.iter().all(|set| set[1] == vec![1.0; 50]));
}
