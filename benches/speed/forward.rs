//! Speed of a forward pass, and of the multiplication of matrices that bounds it, in burn's
//! operations: `cargo bench --workspace --bench speed_forward -- [w32] [batch] [side] [f32|bf16]`,
//! also w18 and w48; `-- matrix [rows and columns]`.
//!
//! On the default device, or that of `BURN_DEVICE`; on flex `speed_inference` is what predictions
//! run. Multiply-adds are those of the convolutions and fully connected layers.
//! `benches/peers/inference/forward.py` does the same with torch.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor, TensorData};
use std::time::Instant;
use vertebra_benches::{arguments, noise, precision};
use vertebra_conv::{Layers, Precision};
use vertebra_hrnet::HrnetConfig;
use vertebra_training::default_device;

const WARM_UP: usize = 2;
const RUNS: usize = 9;

fn main() {
    let arguments = arguments();
    let number = |i: usize, default| arguments.get(i).map_or(default, |n| n.parse().unwrap());
    let name = arguments.first().map_or("w32", String::as_str);
    let device = default_device().unwrap();
    println!("device: {device:?}");
    match name {
        "matrix" => matrix(&device, number(1, 4096)),
        name => {
            let precision = precision(arguments.get(3));
            forward(name, &device, precision, number(1, 8), number(2, 384));
        }
    }
}

/// Median seconds.
fn median(device: &Device, mut run: impl FnMut()) -> f64 {
    let mut seconds: Vec<f64> = (0..WARM_UP + RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            device.sync().unwrap();
            start.elapsed().as_secs_f64()
        })
        .skip(WARM_UP)
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[RUNS / 2]
}

fn matrix(device: &Device, n: usize) {
    for dtype in [DType::F32, DType::BF16] {
        match matrix_rate(device, n, dtype) {
            Some(rate) => println!("{n}x{n} {dtype:?}: {:.3} Tflop/s", rate / 1e12),
            None => println!("{n}x{n} {dtype:?}: not on this device"),
        }
    }
}

/// Operations per second of the product of two matrices of `n` rows and columns.
fn matrix_rate(device: &Device, n: usize, dtype: DType) -> Option<f64> {
    if !device.supports_dtype(dtype) {
        return None;
    }
    let data = TensorData::new(noise(n * n), [n, n]);
    let a = Tensor::<2>::from_data(data, device).cast(dtype);
    let b = a.clone().transpose();
    let seconds = median(device, || drop(a.clone().matmul(b.clone())));
    Some(2.0 * (n * n * n) as f64 / seconds)
}

fn forward(name: &str, device: &Device, precision: Precision, batch: usize, side: usize) {
    if !precision.is_supported_on(device) {
        return println!("{name}, {precision:?}: not on this device");
    }
    let dtype = match precision {
        Precision::Bfloat16 => DType::BF16,
        _ => DType::F32,
    };

    let config = match name {
        "w18" => HrnetConfig::w18(),
        "w48" => HrnetConfig::w48(),
        _ => HrnetConfig::w32(),
    };
    // Only on a device with autodiff are convolutions in bfloat16.
    let device = &match precision {
        Precision::Float32 => device.clone(),
        _ => device.clone().autodiff(),
    };
    let layers = Layers::on(device).with_precision(precision);
    let network = config.with_in_channels(3).init_with(&layers).unwrap();
    let network = network.with_initial_weights(1).no_grad();
    let plan = network.graph(3, [side, side]).unwrap().plan().unwrap();
    let shape = [batch, 3, side, side];
    let data = TensorData::new(noise(shape.iter().product()), shape);
    let x = Tensor::<4>::from_data(data, device);
    let seconds = median(device, || drop(network.forward(x.clone())));
    let rate = 2.0 * (plan.multiply_adds() * batch) as f64 / seconds;
    // A matrix of about as many rows as the middle layers have pixels.
    let share = matrix_rate(device, side * side / 64, dtype).map_or(f64::NAN, |most| rate / most);
    println!(
        "{name}, {precision:?}, batch {batch} of {side}x{side}: median {:.1} ms of {RUNS}; {:.1} \
         images/s, {:.3} Tflop/s by definition, {share:.2} of the rate of a matrix product",
        seconds * 1e3,
        batch as f64 / seconds,
        rate / 1e12,
    );
}
