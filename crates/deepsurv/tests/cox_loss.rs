//! The Cox loss of `vertebra-survival` inside a burn graph; here, since its own tests build
//! without burn.
#![allow(clippy::unwrap_used, clippy::panic)] // in a test that is how it fails

use burn::tensor::{Device, Tensor};
use vertebra_survival::{
    Error, Outcomes, Ties, cox_partial_likelihood,
    interval_censored::IntervalOutcomes,
    losses::{ProfileLikelihood, cox_loss, interval_cox_loss},
};

fn sample() -> Outcomes {
    let time = vec![5.0, 3.0, 3.0, 1.0, 2.0, 3.0];
    Outcomes::new(time, vec![true, true, false, true, true, true]).unwrap()
}

/// Loss and the gradient of `loss * factor` at the leaf.
fn backward(h: &[f32], factor: f32, ties: Ties) -> (f32, Vec<f32>) {
    let device = Device::default().autodiff();
    let leaf = Tensor::<1>::from_floats(h, &device).require_grad();
    let loss = cox_loss(&sample(), leaf.clone(), ties).unwrap();
    let gradients = (loss.clone() * factor).backward();
    let gradient = leaf.grad(&gradients).unwrap().into_data().iter::<f32>().collect();
    (loss.into_scalar::<f32>(), gradient)
}

#[test]
fn value_and_gradient_are_those_of_the_host() {
    let h = [0.3f32, -0.2, 0.7, 1.1, -0.5, 0.0];
    for ties in [Ties::Efron, Ties::Breslow] {
        let host: Vec<f64> = h.iter().map(|&v| f64::from(v)).collect();
        let exact = cox_partial_likelihood(&sample(), &host, ties).unwrap();
        let (loss, gradient) = backward(&h, 3.0, ties);
        assert!((f64::from(loss) - exact.loss).abs() < 1e-6);
        for (got, expected) in gradient.iter().zip(&exact.gradient) {
            assert!((f64::from(*got) - 3.0 * expected).abs() < 1e-6, "{got} {expected}");
        }
    }
}

#[test]
fn the_loss_of_intervals_is_that_of_the_host() {
    let left = vec![0.0, 2.0, 1.5, 4.0, 3.0, 6.0];
    let right = vec![2.0, 3.5, 4.0, f64::INFINITY, 3.0, f64::INFINITY];
    let outcomes = IntervalOutcomes::new(left, right).unwrap();
    let likelihood = ProfileLikelihood::new(&outcomes).unwrap();
    let h = [0.3f32, -0.2, 0.7, 1.1, -0.5, 0.0];
    let exact = likelihood.loss(&h.map(f64::from)).unwrap();
    let leaf = Tensor::<1>::from_floats(h, &Device::default().autodiff()).require_grad();
    let loss = interval_cox_loss(&likelihood, leaf.clone()).unwrap();
    let gradients = loss.clone().backward();
    let gradient = leaf.grad(&gradients).unwrap().into_data();
    assert!((f64::from(loss.into_scalar::<f32>()) - exact.loss).abs() < 1e-5);
    for (got, expected) in gradient.iter::<f32>().zip(&exact.gradient) {
        assert!((f64::from(got) - expected).abs() < 1e-6, "{got} {expected}");
    }
}

#[test]
fn stays_finite_for_log_hazards_of_ten_thousand() {
    for scale in [90.0f32, 1e4] {
        let h = [1.0f32, -1.0, 0.5, -0.5, 1.0, 0.0].map(|v| v * scale);
        for ties in [Ties::Efron, Ties::Breslow] {
            let (loss, gradient) = backward(&h, 1.0, ties);
            assert!(loss.is_finite() && gradient.iter().all(|g| g.is_finite()));
            assert!(gradient.iter().sum::<f32>().abs() < 1e-5);
            assert!(gradient.iter().any(|g| g.abs() > 0.1));
        }
    }
}

#[test]
fn a_batch_without_events_is_an_error() {
    let outcomes = Outcomes::new(vec![1.0, 2.0], vec![false; 2]).unwrap();
    let h = Tensor::<1>::from_floats([0.0, 1.0], &Device::default());
    assert!(matches!(cox_loss(&outcomes, h, Ties::Efron), Err(Error::NoEvents { n: 2 })));
}
