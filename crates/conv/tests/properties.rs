//! Errors, non-finite values, and independence of the number of threads.

use vertebra_conv::{Addend, Convolution, Error, Isa, PackedConvolution};

fn values(len: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * 7919) % 1013) as f32 / 500.0 - 1.0).collect()
}

fn every_isa() -> impl Iterator<Item = Isa> {
    [Isa::Avx512, Isa::Avx2, Isa::Neon, Isa::Portable].into_iter().filter(|isa| isa.is_available())
}

#[test]
fn a_shape_that_does_not_fit_is_an_error_with_both_shapes() {
    let conv = Convolution::new([4, 3, 3, 3]).unwrap();
    let error = conv.forward(&values(200), [1, 2, 10, 10], &values(108), None).unwrap_err();
    assert_eq!(
        error,
        Error::ShapeMismatch { name: "input", got: [1, 2, 10, 10], weight: [4, 3, 3, 3] }
    );
    assert!(error.to_string().contains("[1, 2, 10, 10]"));
    assert!(error.to_string().contains("[4, 3, 3, 3]"));
    let error = conv.forward(&values(299), [1, 3, 10, 10], &values(108), None).unwrap_err();
    assert_eq!(error.to_string(), "input: shape [1, 3, 10, 10] needs 300 values, got 299");
    let error = conv.forward(&values(12), [1, 3, 2, 2], &values(108), None).unwrap_err();
    assert_eq!(
        error,
        Error::InputTooSmall { input: [1, 3, 2, 2], filter: [3, 3], padding: [0, 0] }
    );
    let error = conv.weight_gradient(&values(300), [1, 3, 10, 10], &values(255)).unwrap_err();
    assert_eq!(
        error,
        Error::LengthMismatch { name: "output gradient", shape: vec![1, 4, 8, 8], got: 255 }
    );
    assert!(matches!(Convolution::new([4, 0, 3, 3]), Err(Error::ZeroExtent { .. })));
    assert!(matches!(conv.with_stride([1, 0]), Err(Error::ZeroExtent { .. })));
}

#[test]
fn no_images_give_an_empty_output_and_a_zero_weight_gradient() {
    for isa in every_isa() {
        let conv = Convolution::new([2, 3, 3, 3]).unwrap().with_isa(isa);
        let shape = [0, 3, 8, 8];
        assert!(conv.forward(&[], shape, &values(54), None).unwrap().is_empty());
        assert!(conv.input_gradient(&[], &values(54), shape).unwrap().is_empty());
        assert_eq!(conv.weight_gradient(&[], shape, &[]).unwrap(), [0.0; 54]);
        assert_eq!(conv.bias_gradient(&[], [0, 2, 6, 6]).unwrap(), [0.0; 2]);
    }
}

/// One NaN or infinity reaches exactly the outputs whose filter covers it.
#[test]
fn a_non_finite_pixel_reaches_its_own_outputs_and_no_others() {
    let (h, w) = (9, 21);
    for isa in every_isa() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for at in [0, 5 * w + 20, 8 * w] {
                let conv = Convolution::new([3, 2, 3, 3]).unwrap().with_padding([1, 1]);
                let mut x = values(2 * h * w);
                x[h * w + at] = bad;
                let y = conv.with_isa(isa).forward(&x, [1, 2, h, w], &values(54), None).unwrap();
                for (i, y) in y.iter().enumerate() {
                    let (row, col) = (i % (h * w) / w, i % w);
                    let near = row.abs_diff(at / w) <= 1 && col.abs_diff(at % w) <= 1;
                    assert_eq!(near, !y.is_finite(), "{isa:?} {bad} at {at}: y[{i}] = {y}");
                }
            }
        }
    }
}

/// By Winograd's transforms it reaches those outputs, and of the others only such as share a tile
/// of 4 x 4 with a pixel in its reach.
#[test]
fn a_non_finite_pixel_stays_within_the_tiles_that_see_it() {
    let (h, w, channels) = (13, 41, 16);
    for isa in every_isa() {
        for at in [0, 5 * w + 20, 12 * w + 40] {
            let conv = Convolution::new([16, channels, 3, 3]).unwrap().with_padding([1, 1]);
            let weight = values(16 * channels * 9);
            let layer = PackedConvolution::new(&conv.with_isa(isa), &weight, None, [h, w]).unwrap();
            let mut x = values(channels * h * w);
            x[3 * h * w + at] = f32::NAN;
            let mut y = vec![0.0; 16 * h * w];
            layer.run(1, &x, Addend::Nothing, &mut y).unwrap();
            // A tile sees the pixels one beyond its own on every side.
            let sees = |tile: usize, pixel: usize| {
                (4 * tile).saturating_sub(1) <= pixel && pixel <= 4 * tile + 4
            };
            for (i, y) in y.iter().enumerate() {
                let (row, col) = (i % (h * w) / w, i % w);
                let near = row.abs_diff(at / w) <= 1 && col.abs_diff(at % w) <= 1;
                let seen = sees(row / 4, at / w) && sees(col / 4, at % w);
                assert!(!near || !y.is_finite(), "{isa:?} at {at}: y[{i}] = {y} is lost");
                assert!(seen || y.is_finite(), "{isa:?} at {at}: y[{i}] = {y} is too far");
            }
        }
    }
}

/// A non-finite gradient makes every weight gradient that it enters non-finite.
#[test]
fn a_non_finite_gradient_is_not_lost() {
    for isa in every_isa() {
        let conv = Convolution::new([4, 2, 3, 3]).unwrap().with_padding([1, 1]).with_isa(isa);
        let mut g = values(4 * 6 * 18);
        g[6 * 18 + 40] = f32::NAN;
        let x = values(2 * 6 * 18);
        let gradient = conv.weight_gradient(&x, [1, 2, 6, 18], &g).unwrap();
        for (o, filter) in gradient.chunks(18).enumerate() {
            assert!(filter.iter().all(|v| v.is_nan() == (o == 1)), "{isa:?}: output {o}");
        }
    }
}

/// By Winograd's transforms too.
#[test]
fn a_non_finite_gradient_of_many_channels_is_not_lost() {
    let (h, w, channels) = (13, 26, 64);
    for isa in every_isa() {
        for (bad, at) in [(f32::NAN, 0), (f32::INFINITY, 5 * w + 3), (f32::NAN, h * w - 1)] {
            let conv = Convolution::new([64, channels, 3, 3]).unwrap().with_padding([1, 1]);
            let mut g = values(64 * h * w);
            g[7 * h * w + at] = bad;
            let x = values(channels * h * w);
            let shape = [1, channels, h, w];
            let gradient = conv.with_isa(isa).weight_gradient(&x, shape, &g).unwrap();
            for (o, filter) in gradient.chunks(9 * channels).enumerate() {
                assert!(filter.iter().all(|v| v.is_finite() == (o != 7)), "{isa:?}: output {o}");
            }
        }
    }
}

#[test]
fn results_are_bit_equal_for_any_number_of_threads() {
    let on = |threads: usize, work: &(dyn Fn() -> Vec<f32> + Sync)| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(work)
    };
    for (input, [o, k, s]) in [
        ([1, 16, 64, 64], [24, 3, 1]),
        ([3, 16, 16, 16], [16, 3, 1]),
        ([1, 80, 12, 12], [64, 3, 1]),
        ([1, 48, 24, 20], [72, 3, 1]),
        ([5, 32, 24, 24], [32, 3, 2]),
        ([16, 96, 3, 3], [128, 3, 1]),
        ([3, 128, 14, 14], [256, 1, 1]),
        ([2, 40, 48, 48], [36, 3, 1]),
        ([4, 100, 12, 12], [20, 3, 1]),
        ([2, 300, 12, 12], [280, 3, 1]),
    ] {
        let conv = Convolution::new([o, input[1], k, k]).unwrap().with_stride([s, s]).unwrap();
        let conv = conv.with_padding([k / 2, k / 2]);
        let output = conv.output_shape(input).unwrap();
        let x = values(input.iter().product());
        let w = values(o * input[1] * k * k);
        let g = values(output.iter().product());
        let packed = PackedConvolution::new(&conv, &w, None, [input[2], input[3]]).unwrap();
        let run_packed = || {
            let mut y = vec![0.0; g.len()];
            packed.run(input[0], &x, Addend::Nothing, &mut y).unwrap();
            y
        };
        for work in [
            &run_packed as &(dyn Fn() -> Vec<f32> + Sync),
            &|| conv.forward(&x, input, &w, None).unwrap(),
            &|| conv.input_gradient(&g, &w, input).unwrap(),
            &|| conv.with_winograd(false).forward(&x, input, &w, None).unwrap(),
            &|| conv.with_winograd(false).input_gradient(&g, &w, input).unwrap(),
            &|| conv.weight_gradient(&x, input, &g).unwrap(),
            &|| conv.with_winograd(false).weight_gradient(&x, input, &g).unwrap(),
        ] {
            let one = on(1, work);
            for threads in [2, 3, 8] {
                let other = on(threads, work);
                assert!(one.iter().zip(&other).all(|(a, b)| a.to_bits() == b.to_bits()));
            }
        }
    }
}
