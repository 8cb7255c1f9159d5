//! The burn layers against burn's own and against finite differences.
#![cfg(feature = "burn")]
#![allow(clippy::unwrap_used)] // a helper of tests may stop

use burn::module::{Module, Param};
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig2d, conv};
use burn::tensor::{
    Device, Tensor,
    activation::{relu, selu},
};
use vertebra_conv::{Conv2d, Conv2dConfig, Graph, Layers, MapShape, Precision, Vectors};

fn device() -> Device {
    Device::flex()
}

/// Values of mean 0.3 and variance 1, the same in every run: on which side of ReLU's kink a value
/// within rounding of 0 falls would be chance.
fn random(shape: [usize; 4], seed: u64, device: &Device) -> Tensor<4> {
    let mut state = seed;
    let mut uniform = || {
        // Numerical Recipes' generator; its upper bits.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let mut one = || 0.3 + (0..12).map(|_| uniform()).sum::<f32>() - 6.0;
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| one()).collect();
    Tensor::<1>::from_floats(values.as_slice(), device).reshape(shape)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Largest difference relative to the largest magnitude.
fn assert_close(what: &str, got: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(got.len(), expected.len(), "{what}: length");
    let scale = expected.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        let error = (got - expected).abs() / scale;
        assert!(error <= tolerance, "{what}[{i}]: got {got}, expected {expected}, scale {scale}");
    }
}

fn assert_same_layer(config: &Conv2dConfig, input: [usize; 4]) {
    let device = device().autodiff();
    let ours: Conv2d = config.init(&device);
    let theirs: conv::Conv2d = ours.clone().into_burn();
    let x = random(input, 1, &device).require_grad();
    let y = ours.forward(x.clone());
    let expected = theirs.forward(x.clone());
    assert_eq!(y.dims(), expected.dims());
    let g = random(y.dims(), 2, &device);
    assert_close("output", &values(y.clone()), &values(expected.clone()), 1e-5);
    let got = (y * g.clone()).sum().backward();
    let expected = (expected * g).sum().backward();
    assert_close(
        "input gradient",
        &values(x.grad(&got).unwrap()),
        &values(x.grad(&expected).unwrap()),
        1e-5,
    );
    assert_close(
        "weight gradient",
        &values(ours.weight.grad(&got).unwrap()),
        &values(theirs.weight.grad(&expected).unwrap()),
        1e-5,
    );
    if let (Some(a), Some(b)) = (&ours.bias, &theirs.bias) {
        let [got, expected] = [a.grad(&got), b.grad(&expected)].map(|g| values(g.unwrap()));
        assert_close("bias gradient", &got, &expected, 1e-5);
    }
}

#[test]
fn layers_agree_with_burn() {
    let same = |p| PaddingConfig2d::Explicit(p, p, p, p);
    let config = |c, k: usize| Conv2dConfig::new(c, [k, k]).with_padding(same(k / 2));
    assert_same_layer(&config([3, 16], 3).with_stride([2, 2]), [2, 3, 33, 28]);
    assert_same_layer(&config([18, 18], 3).with_bias(false), [2, 18, 24, 24]);
    assert_same_layer(&config([16, 64], 1), [3, 16, 12, 12]);
    assert_same_layer(&config([1, 8], 7).with_stride([2, 2]), [2, 1, 48, 48]);
    assert_same_layer(&config([64, 128], 3).with_stride([2, 2]), [6, 64, 3, 3]);
    assert_same_layer(&config([128, 128], 3), [6, 128, 2, 2]);
    assert_same_layer(&config([8, 8], 3).with_groups(2), [2, 8, 9, 9]);
    assert_same_layer(&config([4, 6], 3).with_dilation([2, 2]), [2, 4, 9, 9]);
    let uneven = Conv2dConfig::new([4, 6], [2, 2]).with_padding(PaddingConfig2d::Same);
    assert_same_layer(&uneven, [2, 4, 9, 9]);
}

#[test]
fn a_non_contiguous_input_is_read_in_its_own_order() {
    let device = device();
    let layer = Conv2dConfig::new([4, 5], [3, 3]).init(&device);
    let x = random([2, 9, 7, 4], 1, &device).permute([0, 3, 1, 2]);
    let expected = layer.clone().into_burn().forward(x.clone());
    assert_close("output", &values(layer.forward(x)), &values(expected), 1e-5);
}

/// The nearest bfloat16, ties to the even one.
fn nearest_bfloat16(value: f32) -> f32 {
    let bits = value.to_bits();
    f32::from_bits((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff_0000)
}

fn all_rounded<const D: usize>(tensor: &Tensor<D>) -> Tensor<D> {
    let rounded: Vec<f32> = values(tensor.clone()).into_iter().map(nearest_bfloat16).collect();
    Tensor::<1>::from_floats(rounded.as_slice(), &tensor.device()).reshape(tensor.dims())
}

/// Input, weight and output are rounded, and so are the gradients of each; the bias is not.
#[test]
fn in_bfloat16_what_goes_in_and_out_is_rounded() {
    let device = device().autodiff();
    let config =
        Conv2dConfig::new([5, 4], [3, 3]).with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1));
    let mut coarse = Layers::on(&device).with_precision(Precision::Bfloat16).conv2d(&config);
    let bias = Tensor::from_floats([0.1, -0.2, 0.3, 0.7], &device);
    coarse.bias = Some(Param::from_tensor(bias.clone()));
    let mut fine = Layers::on(&device).conv2d(&config.clone().with_bias(false));
    fine.weight = Param::from_tensor(all_rounded(&coarse.weight.val().detach()));
    let x = random([2, 5, 9, 8], 1, &device);
    let rounded_x = all_rounded(&x).require_grad();
    let x = x.require_grad();

    let y = coarse.forward(x.clone());
    let expected = fine.forward(rounded_x.clone());
    let with_bias = all_rounded(&expected.clone().detach()) + bias.reshape([1, 4, 1, 1]);
    assert_eq!(values(y.clone()), values(with_bias));

    let g = random(y.dims(), 2, &device);
    let got = (y * g.clone()).sum().backward();
    let other = (expected * all_rounded(&g)).sum().backward();
    let of_x = all_rounded(&rounded_x.grad(&other).unwrap());
    assert_eq!(values(x.grad(&got).unwrap()), values(of_x));
    let of_weight = all_rounded(&fine.weight.grad(&other).unwrap());
    assert_eq!(values(coarse.weight.grad(&got).unwrap()), values(of_weight));
    let of_bias = g.sum_dims(&[0, 2, 3]).reshape([4]);
    let of_bias: Vec<f32> = values(of_bias);
    let got = coarse.bias.as_ref().unwrap().grad(&got).unwrap();
    assert_close("bias gradient", &values(got), &of_bias, 1e-6);
}

/// What this crate does not compute itself goes through burn's operation with the same roundings.
#[test]
fn groups_in_bfloat16_are_near_those_in_f32() {
    let device = device().autodiff();
    let plain = Conv2dConfig::new([6, 6], [3, 3]);
    for config in [
        plain.clone().with_groups(3),
        plain.clone().with_groups(2).with_padding(PaddingConfig2d::Explicit(0, 1, 2, 1)),
        plain.clone().with_stride([2, 3]).with_padding(PaddingConfig2d::Same),
        Conv2dConfig::new([6, 6], [2, 4]).with_padding(PaddingConfig2d::Same),
        plain.with_dilation([2, 1]),
    ] {
        let coarse = Layers::on(&device).with_precision(Precision::Bfloat16).conv2d(&config);
        let fine = coarse.clone().into_burn();
        let x = random([1, 6, 7, 7], 3, &device);
        let (got, expected) = (coarse.forward(x.clone()), fine.forward(x));
        assert_eq!(got.dims(), expected.dims(), "{config}");
        let (got, expected) = (values(got), values(expected));
        assert_ne!(got, expected);
        assert_close("output", &got, &expected, 0.02);
    }
}

/// What is not training is f32.
#[test]
fn without_autodiff_bfloat16_is_not_used() {
    let coarse = Layers::on(&device()).with_precision(Precision::Bfloat16);
    let coarse = coarse.conv2d(&Conv2dConfig::new([2, 3], [3, 3]));
    let x = random([1, 2, 7, 7], 3, &device());
    let fine = Conv2d::from(coarse.clone().into_burn());
    assert_eq!(values(coarse.forward(x.clone())), values(fine.forward(x)));
}

#[test]
fn gradients_agree_with_finite_differences() {
    let device = device().autodiff();
    let mut layer = Conv2dConfig::new([2, 3], [3, 3]).with_stride([2, 2]).init(&device);
    layer.weight = Param::from_tensor(random([3, 2, 3, 3], 1, &device));
    let norm = Layers::on(&device).batch_norm(3);
    let x = random([2, 2, 7, 6], 2, &device);
    let g = random([2, 3, 3, 2], 3, &device);
    let residual = random([2, 3, 3, 2], 4, &device);
    let loss = |x: Tensor<4>| {
        (norm.forward_add_relu(layer.forward(x), residual.clone()) * g.clone()).sum()
    };
    let leaf = x.clone().require_grad();
    let gradient = values(leaf.grad(&loss(leaf.clone()).backward()).unwrap());
    let base = values(x.clone());
    let at = |i: usize, d: f32| {
        let mut moved = base.clone();
        moved[i] += d;
        let moved = Tensor::<1>::from_floats(moved.as_slice(), &device).reshape(x.dims());
        f64::from(loss(moved).into_scalar::<f32>())
    };
    let d = 1e-3;
    let numeric: Vec<f32> =
        (0..base.len()).map(|i| ((at(i, d) - at(i, -d)) / (2.0 * f64::from(d))) as f32).collect();
    // A step may cross the ReLU's kink at a few inputs: the median must be tight, all loose.
    assert_close("gradient", &gradient, &numeric, 0.05);
    let mut errors: Vec<f32> = gradient.iter().zip(&numeric).map(|(a, b)| (a - b).abs()).collect();
    errors.sort_by(f32::total_cmp);
    assert!(errors[errors.len() / 2] < 2e-3, "median error {}", errors[errors.len() / 2]);
}

fn unfused(
    layer: &BatchNorm,
    x: Tensor<4>,
    residual: Option<Tensor<4>>,
    rectify: bool,
) -> Tensor<4> {
    let y = layer.forward(x);
    let y = residual.map_or(y.clone(), |r| y + r);
    if rectify { relu(y) } else { y }
}

fn assert_same_norm(shape: [usize; 4], with_residual: bool, rectify: bool) {
    let device = device().autodiff();
    let layer = BatchNormConfig::new(shape[1]).init(&device);
    let scale = random([shape[1], 1, 1, 1], 1, &device).abs().reshape([shape[1]]) + 0.5;
    let layer = BatchNorm { gamma: Param::from_tensor(scale), ..layer };
    let (ours, theirs) = (vertebra_conv::BatchNorm::from(layer.clone()), layer.fork(&device));
    let x = random(shape, 2, &device).require_grad();
    let residual = random(shape, 3, &device).require_grad();
    let g = random(shape, 4, &device);
    let given = || with_residual.then(|| residual.clone());
    let y = ours.followed_by(x.clone(), given(), rectify);
    let expected = unfused(&theirs, x.clone(), given(), rectify);
    assert_close("output", &values(y.clone()), &values(expected.clone()), 1e-5);
    let running = |l: &BatchNorm| [&l.running_mean, &l.running_var].map(|s| values(s.value_sync()));
    for (got, expected) in running(&ours.clone().into_burn()).iter().zip(running(&theirs)) {
        assert_close("running statistics", got, &expected, 1e-5);
    }
    let got = (y * g.clone()).sum().backward();
    let other = (expected * g).sum().backward();
    let pairs = [
        ("input gradient", values(x.grad(&got).unwrap()), values(x.grad(&other).unwrap())),
        (
            "gamma gradient",
            values(ours.gamma.grad(&got).unwrap()),
            values(theirs.gamma.grad(&other).unwrap()),
        ),
        (
            "beta gradient",
            values(ours.beta.grad(&got).unwrap()),
            values(theirs.beta.grad(&other).unwrap()),
        ),
    ];
    for (what, got, expected) in pairs {
        assert_close(what, &got, &expected, 2e-5);
    }
    if with_residual {
        let [got, expected] = [got, other].map(|g| values(residual.grad(&g).unwrap()));
        assert_close("residual gradient", &got, &expected, 1e-6);
    }
}

#[test]
fn batch_norm_agrees_with_burn() {
    for with_residual in [false, true] {
        for rectify in [false, true] {
            assert_same_norm([3, 5, 11, 13], with_residual, rectify);
            assert_same_norm([2, 3, 80, 70], with_residual, rectify);
        }
    }
}

#[test]
fn batch_norm_of_the_inference_model_uses_running_statistics() {
    let device = device();
    let layer = Layers::on(&device.clone().autodiff()).batch_norm(4).valid();
    let x = random([2, 4, 5, 5], 1, &device);
    let expected = relu(layer.clone().into_burn().forward(x.clone()));
    assert_close("output", &values(layer.forward_relu(x)), &values(expected), 1e-6);
}

#[test]
fn selu_agrees_with_burn() {
    let device = device().autodiff();
    let x = random([3, 40, 1, 1], 5, &device).reshape([3, 40]).require_grad();
    let weights = random([3, 40, 1, 1], 6, &device).reshape([3, 40]);
    let of = |y: Tensor<2>| {
        let gradients = (y.clone() * weights.clone()).sum().backward();
        (values(y), values(x.grad(&gradients).unwrap()))
    };
    let (got, expected) = (of(x.clone().selu()), of(selu(x.clone())));
    assert_close("output", &got.0, &expected.0, 1e-6);
    assert_close("gradient", &got.1, &expected.1, 1e-6);
}

#[test]
fn records_and_weight_files_are_those_of_burn() {
    use burn::store::{ModuleSnapshot, SafetensorsStore};
    let device = device();
    let config = conv::Conv2dConfig::new([3, 4], [3, 3]);
    let theirs = config.init(&device);
    let mut store = SafetensorsStore::from_bytes(None);
    theirs.save_into(&mut store).unwrap();
    let mut ours = Conv2dConfig::new([3, 4], [3, 3]).init(&device);
    let mut store = SafetensorsStore::from_bytes(Some(store.get_bytes().unwrap()));
    let result = ours.load_from(&mut store).unwrap();
    assert!(result.missing.is_empty() && result.unused.is_empty(), "{result:?}");
    assert_eq!(values(ours.weight.val()), values(theirs.weight.val()));
}

/// The graph shares the weight with the layer, and what the layer learns is none of its business.
#[test]
fn a_graph_has_the_weight_that_the_layer_had() {
    let mut layer = Conv2dConfig::new([2, 3], [3, 3]).init(&device());
    let input = random([1, 2, 6, 5], 3, &device());
    let expected = values(layer.forward(input.clone()));
    let mut graph = Graph::new();
    let x = graph.input("x", MapShape::new(2, 6, 5)).unwrap();
    let y = graph.conv2d(x, &layer).unwrap();
    graph.set_output("y", y).unwrap();
    let file = graph.to_onnx("layer", &[]).unwrap();
    let input = values(input);
    for _ in 0..2 {
        assert_close("a plan", &graph.plan().unwrap().run(&[&input], 1).unwrap(), &expected, 1e-5);
        assert!(graph.to_onnx("layer", &[]).unwrap() == file);
        // In place where nothing else has the weight.
        layer.weight = layer.weight.map(|weight| weight.mul_scalar(2.0));
    }
}

/// A tensor of the plain device is a constant to a layer that trains.
#[test]
fn an_input_of_the_plain_device_is_a_constant() {
    let plain = device();
    let layer = Conv2dConfig::new([2, 3], [3, 3]).init(&plain.clone().autodiff());
    let norm = Layers::on(&plain.clone().autodiff()).batch_norm(3);
    let x = random([2, 2, 8, 8], 1, &plain);
    let y = norm.forward_relu(layer.forward(x.clone()));
    let gradients = (y.clone() * y).sum().backward();
    assert!(layer.weight.grad(&gradients).is_some());
    let (constant, trained) = (random([2, 3, 6, 6], 2, &plain), layer.forward(x));
    let y = norm.forward_add_relu(trained, constant);
    assert!(norm.gamma.grad(&y.sum().backward()).is_some());
}

#[test]
#[should_panic(expected = "channels")]
fn a_wrong_number_of_channels_is_reported_by_burn() {
    let device = device();
    let layer = Conv2dConfig::new([2, 3], [3, 3]).init(&device);
    let _ = layer.forward(random([1, 4, 8, 8], 1, &device));
}
