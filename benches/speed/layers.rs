//! Speed of each pass on layers of small and large networks, beside the processor's multiply-add
//! rate: `cargo bench --workspace --bench speed_layers -- [avx2|portable] [part of a name]`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;

use vertebra_benches::{Times, arguments};
use vertebra_conv::{Addend, Convolution, Isa, PackedConvolution};

/// Best of many short runs, in seconds.
fn best(run: impl FnMut()) -> f64 {
    Times::within(0.25, 2, run).least()
}

fn main() {
    let arguments = arguments();
    let isa = match arguments.first().map(String::as_str) {
        Some("avx2") => Isa::Avx2,
        Some("portable") => Isa::Portable,
        _ => Isa::detect(),
    };
    let peak = isa.peak_rate();
    println!(
        "{isa:?}, {} threads, GFLOP/s; one thread's peak {peak:.0}",
        rayon::current_num_threads()
    );
    println!(
        "{:34} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "input, output channels, k, stride", "forward", "dx", "dw", "dw W.", "packed", "packed W."
    );
    let only = arguments.get(1);
    for (input, [o, k, s]) in [
        ([8, 1, 96, 96], [8usize, 3usize, 2usize]),
        ([8, 8, 48, 48], [8, 3, 2]),
        ([8, 8, 24, 24], [8, 3, 1]),
        ([8, 16, 12, 12], [16, 3, 1]),
        ([8, 32, 6, 6], [32, 3, 1]),
        ([8, 64, 3, 3], [64, 3, 1]),
        ([8, 64, 24, 24], [16, 1, 1]),
        ([8, 64, 3, 3], [8, 1, 1]),
        ([16, 16, 24, 24], [16, 3, 1]),
        ([16, 1, 48, 48], [64, 7, 2]),
        ([16, 64, 12, 12], [64, 3, 1]),
        ([16, 64, 12, 12], [128, 3, 2]),
        ([16, 128, 6, 6], [128, 3, 1]),
        ([16, 256, 3, 3], [256, 3, 1]),
        ([16, 512, 2, 2], [512, 3, 1]),
        ([1, 64, 96, 96], [64, 3, 1]),
        ([1, 512, 12, 12], [512, 3, 1]),
        ([1, 32, 96, 96], [32, 3, 1]),
        ([1, 64, 48, 48], [64, 3, 1]),
        ([1, 128, 24, 24], [128, 3, 1]),
        ([1, 256, 12, 12], [256, 3, 1]),
        ([1, 64, 96, 96], [256, 1, 1]),
        ([4, 32, 64, 64], [32, 3, 1]),
        ([1, 36, 96, 96], [36, 3, 1]),
    ] {
        if only.is_some_and(|only| !format!("{input:?} {o} {k} {s}").contains(only.as_str())) {
            continue;
        }
        let conv = Convolution::new([o, input[1], k, k]).unwrap().with_stride([s, s]).unwrap();
        let conv = conv.with_padding([k / 2, k / 2]).with_isa(isa).with_winograd(false);
        let output = conv.output_shape(input).unwrap();
        let len = |shape: [usize; 4]| shape.iter().product::<usize>();
        let values = |n: usize| (0..n).map(|i| (i % 17) as f32 - 8.0).collect::<Vec<f32>>();
        let (x, w, g) = (values(len(input)), values(o * input[1] * k * k), values(len(output)));
        let flop = 2.0 * (len(output) * input[1] * k * k) as f64 * 1e-9;
        let packed = |winograd: bool| {
            let conv = conv.with_winograd(winograd);
            PackedConvolution::new(&conv, &w, None, [input[2], input[3]]).unwrap()
        };
        let (direct, winograd) = (packed(false), packed(true));
        let with_winograd = conv.with_winograd(true);
        let mut y = vec![0.0; len(output)];
        let mut run = |layer: &PackedConvolution| {
            best(|| layer.run(input[0], black_box(&x), Addend::Nothing, &mut y).unwrap())
        };
        let packed = [run(&direct), run(&winograd)];
        let times = [
            best(|| drop(black_box(conv.forward(&x, input, &w, None)))),
            best(|| drop(black_box(conv.input_gradient(&g, &w, input)))),
            best(|| drop(black_box(conv.weight_gradient(&x, input, &g)))),
            best(|| drop(black_box(with_winograd.weight_gradient(&x, input, &g)))),
            packed[0],
            packed[1],
        ];
        let name = format!("{input:?} {o} {k} {s}");
        print!("{name:34}");
        times.iter().for_each(|t| print!(" {:8.1}", flop / t));
        print!("   us");
        times.iter().for_each(|t| print!(" {:7.0}", t * 1e6));
        println!();
    }
}
