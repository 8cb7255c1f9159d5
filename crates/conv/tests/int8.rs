//! Products of 8-bit integers against the definition in f64, within what rounding allows.

#![allow(clippy::unwrap_used)] // a helper of tests may stop

mod common;

use common::values;
use proptest::prelude::*;
use vertebra_conv::{Addend, Convolution, Graph, Isa, MapShape, PackedConvolution, PlanOptions};

#[derive(Debug, Clone)]
struct Case {
    images: usize,
    channels: usize,
    outputs: usize,
    map: [usize; 2],
    side: usize,
    stride: usize,
    seed: u64,
}

impl Case {
    fn convolution(&self) -> Convolution {
        let shape = [self.outputs, self.channels, self.side, self.side];
        let layer = Convolution::new(shape).unwrap().with_int8(true);
        let layer = layer.with_stride([self.stride; 2]).unwrap();
        layer.with_padding([self.side / 2; 2])
    }

    fn packed(&self, layer: &Convolution) -> PackedConvolution {
        PackedConvolution::new(layer, &self.weight(), Some(&self.bias()), self.map).unwrap()
    }

    fn input(&self) -> Vec<f32> {
        values(self.images * self.channels * self.map[0] * self.map[1], self.seed)
    }

    /// Filters of different sizes, so that each needs its own scale.
    fn weight(&self) -> Vec<f32> {
        let one = self.channels * self.side * self.side;
        let values = values(self.outputs * one, self.seed ^ 1);
        values.iter().enumerate().map(|(i, v)| v * (1 + i / one % 7) as f32).collect()
    }

    fn bias(&self) -> Vec<f32> {
        values(self.outputs, self.seed ^ 2)
    }

    fn run(&self, packed: &PackedConvolution, input: &[f32]) -> Vec<f32> {
        let images = input.len() / (self.channels * self.map[0] * self.map[1]);
        let mut output = vec![f32::NAN; packed.output_shape(images).iter().product()];
        packed.run(images, input, Addend::Nothing, &mut output).unwrap();
        output
    }

    /// By the definition, and the most by which every term's rounding to a multiple of its scale
    /// may change each output.
    fn definition(&self, packed: &PackedConvolution) -> (Vec<f64>, Vec<f64>) {
        let (input, weight, bias) = (self.input(), self.weight(), self.bias());
        let [height, width] = self.map;
        let [_, _, rows, columns] = packed.output_shape(1);
        let scale = |values: &mut dyn Iterator<Item = f32>| {
            values.fold(0.0, |m: f64, v| m.max(f64::from(v.abs()))) / 127.0
        };
        let plane = height * width;
        let image_scales: Vec<f64> = (input.chunks(self.channels * plane))
            .map(|image| scale(&mut image.iter().copied()))
            .collect();
        let (mut sums, mut bounds) = (Vec::new(), Vec::new());
        let filter = self.channels * self.side * self.side;
        for i in 0..self.images * self.outputs * rows * columns {
            let (image, o) = (i / columns / rows / self.outputs, i / columns / rows % self.outputs);
            let (row, column) = (i / columns % rows * self.stride, i % columns * self.stride);
            let filter = &weight[o * filter..][..filter];
            let filter_scale = scale(&mut filter.iter().copied());
            let at = |c: usize, pixel: usize| input[(image * self.channels + c) * plane + pixel];
            let source_scale = match self.side {
                1 => scale(&mut (0..self.channels).map(|c| at(c, row * width + column))),
                _ => image_scales[image],
            };
            let (mut sum, mut bound) = (f64::from(bias[o]), 1e-6);
            for (k, w) in filter.iter().copied().map(f64::from).enumerate() {
                let (c, u, v) =
                    (k / self.side / self.side, k / self.side % self.side, k % self.side);
                let r = (row + u).wrapping_sub(self.side / 2);
                let q = (column + v).wrapping_sub(self.side / 2);
                if r < height && q < width {
                    let x = f64::from(at(c, r * width + q));
                    sum += w * x;
                    bound += w.abs() * source_scale / 2.0 + x.abs() * filter_scale / 2.0;
                    bound += source_scale * filter_scale / 4.0 + 1e-5 * (w * x).abs();
                }
            }
            sums.push(sum);
            bounds.push(bound);
        }
        (sums, bounds)
    }
}

fn root_mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (n, sum) = values.fold((0, 0.0), |(n, sum), v| (n + 1, sum + v * v));
    (sum / f64::from(n)).sqrt()
}

/// The sets with an instruction, and safe Rust, which multiplies integers where it is not the best.
fn sets() -> impl Iterator<Item = Isa> {
    let native = [Isa::Avx512, Isa::Avx2, Isa::Neon].into_iter().filter(|isa| isa.has_int8());
    native.chain((Isa::detect() != Isa::Portable).then_some(Isa::Portable))
}

fn cases(sides: &'static [(usize, usize)]) -> impl Strategy<Value = Case> {
    let channels = || prop_oneof![16usize..24, 24usize..70];
    let maps = (1usize..4, channels(), channels(), 8usize..22, 8usize..40);
    let filters = prop::sample::select(sides);
    (maps, filters, any::<u64>()).prop_map(|((images, channels, outputs, h, w), filter, seed)| {
        let (side, stride) = filter;
        Case { images, channels, outputs, map: [h, w], side, stride, seed }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_direct_sum_is_the_definitions_but_for_its_rounding(
        case in cases(&[(1, 1), (1, 2), (3, 1), (3, 2), (5, 1)])
    ) {
        for isa in sets() {
            let packed = case.packed(&case.convolution().with_isa(isa).with_winograd(false));
            prop_assume!(packed.is_int8());
            let found = case.run(&packed, &case.input());
            let (expected, bounds) = case.definition(&packed);
            for ((found, expected), bound) in found.iter().zip(&expected).zip(&bounds) {
                let error = (f64::from(*found) - expected).abs();
                prop_assert!(error <= *bound, "{isa:?}: {found}, {expected} within {bound}");
            }
            let errors = found.iter().zip(&expected).map(|(f, e)| f64::from(*f) - e);
            let share = root_mean_square(errors) / root_mean_square(expected.iter().copied());
            prop_assert!(share < 0.01, "{isa:?}: {share}");
        }
    }

    #[test]
    fn winograds_transforms_of_noise_lose_a_seventh_at_most(case in cases(&[(3, 1)])) {
        for isa in sets() {
            let packed = case.packed(&case.convolution().with_isa(isa));
            prop_assert!(packed.is_int8());
            let found = case.run(&packed, &case.input());
            let (expected, _) = case.definition(&packed);
            let errors = found.iter().zip(&expected).map(|(f, e)| f64::from(*f) - e);
            let share = root_mean_square(errors) / root_mean_square(expected.iter().copied());
            prop_assert!(share < 0.15, "{isa:?}: {share}");
        }
    }

    #[test]
    fn neither_threads_nor_other_images_change_a_bit(
        case in cases(&[(1, 1), (3, 1), (3, 2)])
    ) {
        for isa in sets() {
            let packed = case.packed(&case.convolution().with_isa(isa));
            prop_assert!(packed.is_int8());
            let input = case.input();
            let alone: Vec<f32> = (input.chunks(input.len() / case.images))
                .flat_map(|image| case.run(&packed, image))
                .collect();
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let together = pool.install(|| case.run(&packed, &input));
                prop_assert!(together == alone, "{isa:?}, {threads} threads");
            }
        }
    }
}

/// A filter that copies one channel, and an image that has but that one: every sum is of one
/// product, whose bytes are the largest there are, so that nothing is rounded.
#[test]
fn what_needs_no_rounding_is_exact() {
    let (channels, outputs, side) = (33, 40, 19);
    for isa in sets() {
        let layer = Convolution::new([outputs, channels, 3, 3]).unwrap().with_padding([1, 1]);
        let layer = layer.with_isa(isa).with_int8(true);
        let mut weight = vec![0.0; outputs * channels * 9];
        (0..outputs).for_each(|o| weight[(o * channels + o % channels) * 9 + 4] = 0.5);
        let packed = PackedConvolution::new(&layer, &weight, None, [side, side]).unwrap();
        assert!(packed.is_int8());
        let plane = values(side * side, 3);
        for channel in [0, 5, 32] {
            let mut input = vec![0.0; channels * plane.len()];
            input[channel * plane.len()..][..plane.len()].copy_from_slice(&plane);
            let mut output = vec![f32::NAN; outputs * plane.len()];
            packed.run(1, &input, Addend::Nothing, &mut output).unwrap();
            for (o, found) in output.chunks(plane.len()).enumerate() {
                let factor = if o % channels == channel { 0.5 } else { 0.0 };
                for (found, x) in found.iter().zip(&plane) {
                    assert!((found - factor * x).abs() < 2e-5, "{isa:?} {o}: {found}, {x}");
                }
            }
        }
    }
}

/// NaN and infinity in an input, a weight or an addend, by the direct sum and by Winograd's transforms.
#[test]
fn what_is_no_number_stays_none() {
    for isa in sets() {
        for (side, stride, bad) in [1, 3]
            .into_iter()
            .flat_map(|s| [(s, 1, f32::NAN), (s, 1, f32::INFINITY), (s, 2, f32::NAN)])
        {
            let case =
                Case { images: 2, channels: 40, outputs: 36, map: [16, 16], side, stride, seed: 4 };
            let layer = case.convolution().with_isa(isa);
            let packed = case.packed(&layer);
            assert!(packed.is_int8(), "{side} {stride}");
            let [_, _, rows, columns] = packed.output_shape(1);
            let pixels = rows * columns;
            let at = 6 / stride * columns + 6 / stride;

            // Of the second image, whose last rows are a band's end.
            let mut input = case.input();
            input[47 * 256 + 6 * 16 + 6] = bad;
            for (i, plane) in case.run(&packed, &input).chunks(pixels).enumerate() {
                assert_eq!(plane[at].is_finite(), i < 36, "{isa:?} {side} {stride}: plane {i}");
            }

            let mut weight = case.weight();
            weight[5 * 40 * side * side + 3] = bad;
            let spoilt = PackedConvolution::new(&layer, &weight, None, case.map).unwrap();
            for (i, plane) in case.run(&spoilt, &case.input()).chunks(pixels).enumerate() {
                assert_eq!(
                    plane[at].is_finite(),
                    i % 36 != 5,
                    "{isa:?} {side} {stride}: plane {i}"
                );
            }

            let relu = packed.with_relu();
            let mut output = vec![f32::NAN; 72 * pixels];
            let mut addend = vec![1.0; output.len()];
            addend[40 * pixels + at] = bad;
            relu.run(2, &case.input(), Addend::Given(&addend), &mut output).unwrap();
            let bad_ones: Vec<usize> =
                (0..output.len()).filter(|i| !output[*i].is_finite()).collect();
            assert_eq!(bad_ones, [40 * pixels + at], "{isa:?} {side} {stride}");
        }
    }
}

/// Given or in place, over several images and blocks of outputs.
#[test]
fn an_addend_is_added_to_its_own_output() {
    for isa in sets() {
        for (side, stride) in [(1, 1), (3, 1), (3, 2)] {
            let case =
                Case { images: 2, channels: 40, outputs: 36, map: [16, 16], side, stride, seed: 4 };
            let packed = case.packed(&case.convolution().with_isa(isa));
            let alone = case.run(&packed, &case.input());
            let addend = values(alone.len(), 9);
            let mut given = vec![f32::NAN; alone.len()];
            packed.run(2, &case.input(), Addend::Given(&addend), &mut given).unwrap();
            let mut in_place = addend.clone();
            packed.run(2, &case.input(), Addend::Output, &mut in_place).unwrap();
            assert_eq!(given, in_place);
            for ((sum, y), addend) in given.iter().zip(&alone).zip(&addend) {
                assert!((sum - (y + addend)).abs() < 1e-4, "{isa:?} {side} {stride}: {sum}");
            }
        }
    }
}

#[test]
fn zeros_and_the_smallest_numbers_give_no_nan() {
    for isa in sets() {
        for side in [1, 3] {
            let case = Case {
                images: 1,
                channels: 40,
                outputs: 36,
                map: [16, 16],
                side,
                stride: 1,
                seed: 4,
            };
            let packed = case.packed(&case.convolution().with_isa(isa));
            for value in [0.0, f32::MIN_POSITIVE, 1e-45] {
                let output = case.run(&packed, &vec![value; case.input().len()]);
                for (plane, bias) in output.chunks(256).zip(case.bias()) {
                    assert!(plane.iter().all(|y| (y - bias).abs() < 1e-6), "{isa:?} {side}");
                }
            }
        }
    }
}

#[test]
fn no_images_are_no_output() {
    for isa in sets() {
        for (side, stride) in [(1, 1), (3, 1), (3, 2)] {
            let case =
                Case { images: 0, channels: 40, outputs: 36, map: [16, 16], side, stride, seed: 4 };
            let packed = case.packed(&case.convolution().with_isa(isa));
            assert!(packed.is_int8());
            assert!(case.run(&packed, &[]).is_empty());
        }
    }
}

/// All of the output is padding, and so the bias.
#[test]
fn a_map_without_pixels_gives_the_bias() {
    for isa in sets() {
        let layer = Convolution::new([16, 16, 3, 3]).unwrap().with_padding([2, 2]);
        let layer = layer.with_isa(isa).with_int8(true);
        let (weight, bias) = (values(16 * 16 * 9, 1), values(16, 2));
        let packed = PackedConvolution::new(&layer, &weight, Some(&bias), [0, 16]).unwrap();
        let mut output = vec![f32::NAN; packed.output_shape(1).iter().product()];
        let pixels = output.len() / 16;
        packed.run(1, &[], Addend::Nothing, &mut output).unwrap();
        for (plane, bias) in output.chunks(pixels).zip(bias) {
            assert!(plane.iter().all(|y| *y == bias), "{isa:?}");
        }
    }
}

#[test]
fn integers_are_for_those_who_ask_and_layers_that_gain() {
    let is_int8 = |channels: usize, allowed: bool| {
        let layer = Convolution::new([32, channels, 1, 1]).unwrap().with_isa(Isa::Portable);
        let layer = layer.with_int8(allowed);
        let weight = values(32 * channels, 1);
        PackedConvolution::new(&layer, &weight, None, [16, 16]).unwrap().is_int8()
    };
    assert!(is_int8(32, true));
    assert!(!is_int8(32, false));
    assert!(!is_int8(3, true));
}

/// A sum and a ReLU are part of the last step, in integers too.
#[test]
fn a_plan_in_integers_is_near_that_in_floats() {
    let shape = MapShape::new(32, 24, 20);
    let mut graph = Graph::new();
    let x = graph.input("x", shape).unwrap();
    let layer = |side: usize| {
        Convolution::new([32, 32, side, side]).unwrap().with_padding([side / 2, side / 2])
    };
    let weight = |side: usize, seed| values(32 * 32 * side * side, seed);
    let first = graph.convolution(x, layer(3), &weight(3, 1), None).unwrap();
    let first = graph.relu(first);
    let second = graph.convolution(first, layer(1), &weight(1, 2), None).unwrap();
    let sum = graph.sum(&[second, x]).unwrap();
    let output = graph.relu(sum);
    graph.set_output("y", output).unwrap();
    let input = values(2 * shape.len(), 3);
    for isa in sets() {
        let options = PlanOptions::default().with_isa(isa);
        let exact = graph.plan_with(options).unwrap().run(&[&input], 2).unwrap();
        let plan = graph.plan_with(options.with_int8(true)).unwrap();
        let found = plan.run(&[&input], 2).unwrap();
        assert_ne!(found, exact);
        let errors = found.iter().zip(&exact).map(|(f, e)| f64::from(f - e));
        let size = root_mean_square(exact.iter().copied().map(f64::from));
        let share = root_mean_square(errors) / size;
        assert!(share < 0.1, "{isa:?}: {share}");
        assert!(found.iter().all(|y| *y >= 0.0));
        let labels: Vec<String> =
            plan.profile(&[&input], 2).unwrap().into_iter().map(|step| step.label).collect();
        assert_eq!(labels.iter().filter(|label| label.ends_with(" int8")).count(), 2, "{labels:?}");
    }
}
