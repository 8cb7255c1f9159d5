//! Plans against an obvious interpreter of the same operations in f64.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::values;
use proptest::prelude::*;
use std::ops::Range;
use vertebra_conv::{Convolution, Error, Graph, Isa, MapShape, PlanOptions, Value};

/// A graph, and beside it every value's numbers in f64 for a batch.
struct Both {
    graph: Graph,
    items: usize,
    known: Vec<(Value, Vec<f64>)>,
    seed: u64,
}

impl Both {
    fn new(items: usize, seed: u64) -> Self {
        Self { graph: Graph::new(), items, known: Vec::new(), seed }
    }

    fn numbers(&self, value: Value) -> &[f64] {
        &self.known.iter().find(|(v, _)| *v == value).unwrap().1
    }

    fn keep(&mut self, value: Value, numbers: Vec<f64>) -> Value {
        assert_eq!(numbers.len(), self.items * self.graph.shape(value).len());
        self.known.push((value, numbers));
        value
    }

    fn draw(&mut self, n: usize) -> Vec<f32> {
        self.seed += 1;
        values(n, self.seed)
    }

    fn input(&mut self, name: &str, shape: MapShape) -> (Value, Vec<f32>) {
        let value = self.graph.input(name, shape).unwrap();
        let numbers = self.draw(self.items * shape.len());
        (self.keep(value, numbers.iter().map(|&v| f64::from(v)).collect()), numbers)
    }

    fn convolution(&mut self, x: Value, outputs: usize, side: usize, stride: usize) -> Value {
        let from = self.graph.shape(x);
        let weight = self.draw(outputs * from.channels * side * side);
        let bias = self.draw(outputs);
        let layer = Convolution::new([outputs, from.channels, side, side]).unwrap();
        let layer = layer.with_stride([stride, stride]).unwrap().with_padding([side / 2, side / 2]);
        let y = self.graph.convolution(x, layer, &weight, Some(&bias)).unwrap();
        let to = self.graph.shape(y);
        let numbers = self.numbers(x);
        let mut out = Vec::new();
        for picture in 0..self.items * from.copies {
            for o in 0..outputs {
                for i in 0..to.height * to.width {
                    let (row, column) = (i / to.width * stride, i % to.width * stride);
                    let mut sum = f64::from(bias[o]);
                    for c in 0..from.channels {
                        for tap in 0..side * side {
                            let r = (row + tap / side).wrapping_sub(side / 2);
                            let q = (column + tap % side).wrapping_sub(side / 2);
                            if r < from.height && q < from.width {
                                let plane = picture * from.channels + c;
                                let w = weight[(o * from.channels + c) * side * side + tap];
                                let x = numbers[(plane * from.height + r) * from.width + q];
                                sum += f64::from(w) * x;
                            }
                        }
                    }
                    out.push(sum);
                }
            }
        }
        self.keep(y, out)
    }

    fn scale(&mut self, x: Value) -> Value {
        let shape = self.graph.shape(x);
        let draw = |v: Vec<f32>| v.into_iter().map(f64::from).collect::<Vec<_>>();
        let (scale, shift) = (draw(self.draw(shape.channels)), draw(self.draw(shape.channels)));
        let y = self.graph.scale(x, &scale, &shift).unwrap();
        let pixels = shape.height * shape.width;
        let channel = |i: usize| i / pixels % shape.channels;
        let numbers = self.numbers(x).iter().enumerate();
        let numbers = numbers.map(|(i, v)| v * scale[channel(i)] + shift[channel(i)]).collect();
        self.keep(y, numbers)
    }

    fn map(&mut self, x: Value, y: Value, f: impl Fn(f64) -> f64) -> Value {
        let numbers = self.numbers(x).iter().map(|&v| f(v)).collect();
        self.keep(y, numbers)
    }

    fn relu(&mut self, x: Value) -> Value {
        let y = self.graph.relu(x);
        self.map(x, y, |v| v.max(0.0))
    }

    fn selu(&mut self, x: Value) -> Value {
        let y = self.graph.selu(x);
        let (alpha, scale) = (1.673_263_242_354_377_2, 1.050_700_987_355_480_5);
        self.map(x, y, |v| scale * if v > 0.0 { v } else { alpha * v.exp_m1() })
    }

    fn sum(&mut self, terms: &[Value]) -> Value {
        let y = self.graph.sum(terms).unwrap();
        let mut numbers = vec![0.0; self.numbers(terms[0]).len()];
        for &term in terms {
            numbers.iter_mut().zip(self.numbers(term)).for_each(|(sum, v)| *sum += v);
        }
        self.keep(y, numbers)
    }

    fn enlarge(&mut self, x: Value, factor: usize) -> Value {
        let from = self.graph.shape(x);
        let y = self.graph.enlarge(x, factor).unwrap();
        let (width, pixels) = (from.width * factor, from.height * from.width * factor * factor);
        let numbers = self.numbers(x);
        let at = |i: usize| {
            let (plane, row, column) = (i / pixels, i % pixels / width, i % width);
            numbers[(plane * from.height + row / factor) * from.width + column / factor]
        };
        let numbers = (0..numbers.len() * factor * factor).map(at).collect();
        self.keep(y, numbers)
    }

    fn max_pool(&mut self, x: Value) -> Value {
        let from = self.graph.shape(x);
        let y = self.graph.max_pool(x, [3, 3], [2, 2], [1, 1]).unwrap();
        let to = self.graph.shape(y);
        let numbers = self.numbers(x);
        let at = |i: usize| {
            let (plane, within) = (i / (to.height * to.width), i % (to.height * to.width));
            let (row, column) = (2 * (within / to.width), 2 * (within % to.width));
            let inside = (row.saturating_sub(1)..from.height.min(row + 2)).flat_map(|r| {
                (column.saturating_sub(1)..from.width.min(column + 2)).map(move |c| (r, c))
            });
            inside
                .map(|(r, c)| numbers[(plane * from.height + r) * from.width + c])
                .fold(f64::NEG_INFINITY, f64::max)
        };
        let numbers = (0..self.items * to.len()).map(at).collect();
        self.keep(y, numbers)
    }

    fn mean_over_pixels(&mut self, x: Value) -> Value {
        let from = self.graph.shape(x);
        let y = self.graph.mean_over_pixels(x);
        let pixels = from.height * from.width;
        let planes = self.numbers(x).chunks(pixels);
        let numbers = planes.map(|plane| plane.iter().sum::<f64>() / pixels as f64).collect();
        self.keep(y, numbers)
    }

    fn over_copies(&mut self, x: Value, maximum: bool) -> Value {
        let from = self.graph.shape(x);
        let y = match maximum {
            true => self.graph.max_over_copies(x),
            false => self.graph.mean_over_copies(x),
        };
        let size = from.len() / from.copies;
        let mut numbers = Vec::new();
        for item in self.numbers(x).chunks(from.len()) {
            for i in 0..size {
                let copies = (0..from.copies).map(|c| item[c * size + i]);
                numbers.push(match maximum {
                    true => copies.fold(f64::NEG_INFINITY, f64::max),
                    false => copies.sum::<f64>() / from.copies as f64,
                });
            }
        }
        self.keep(y, numbers)
    }

    fn attend_over_copies(&mut self, x: Value, scores: Value) -> Value {
        let from = self.graph.shape(x);
        let y = self.graph.attend_over_copies(x, scores).unwrap();
        let size = from.len() / from.copies;
        let items =
            self.numbers(x).chunks(from.len()).zip(self.numbers(scores).chunks(from.copies));
        let mut numbers = Vec::new();
        for (item, scores) in items {
            let total: f64 = scores.iter().map(|s| s.exp()).sum();
            for i in 0..size {
                let copies = scores.iter().zip(item.chunks(size));
                numbers.push(copies.map(|(s, copy)| s.exp() / total * copy[i]).sum());
            }
        }
        self.keep(y, numbers)
    }

    fn copies_side_by_side(&mut self, x: Value) -> Value {
        let y = self.graph.copies_side_by_side(x);
        self.keep(y, self.numbers(x).to_vec())
    }

    fn concatenate(&mut self, parts: &[Value]) -> Value {
        let y = self.graph.concatenate(parts).unwrap();
        let pictures = self.items * self.graph.shape(y).copies;
        let mut numbers = Vec::new();
        for picture in 0..pictures {
            for &part in parts {
                let part = self.numbers(part);
                let size = part.len() / pictures;
                numbers.extend_from_slice(&part[picture * size..][..size]);
            }
        }
        self.keep(y, numbers)
    }

    fn product(&mut self, x: Value, y: Value) -> Value {
        let z = self.graph.product(x, y).unwrap();
        let pairs = self.numbers(x).iter().zip(self.numbers(y));
        let numbers = pairs.map(|(x, y)| x * y).collect();
        self.keep(z, numbers)
    }

    fn channels(&mut self, x: Value, range: Range<usize>) -> Value {
        let from = self.graph.shape(x);
        let y = self.graph.channels(x, range.clone()).unwrap();
        let pixels = from.height * from.width;
        let numbers = self.numbers(x).iter().enumerate();
        let numbers = numbers.filter(|(i, _)| range.contains(&(i / pixels % from.channels)));
        let numbers = numbers.map(|(_, v)| *v).collect();
        self.keep(y, numbers)
    }

    /// Largest difference of the plan's output, over the largest magnitude.
    fn worst(&mut self, output: Value, inputs: &[&[f32]], options: PlanOptions) -> f64 {
        self.graph.set_output("output", output).unwrap();
        let got = self.graph.plan_with(options).unwrap().run(inputs, self.items).unwrap();
        let expected = self.numbers(output);
        assert_eq!(got.len(), expected.len());
        let scale = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
        let pairs = got.iter().zip(expected);
        pairs.map(|(g, e)| (f64::from(*g) - e).abs()).fold(0.0, f64::max) / scale
    }
}

/// Four resolutions' worth of everything: exchanges, residual blocks, pooling, two inputs.
fn network(items: usize, [height, width]: [usize; 2], seed: u64) -> (Both, Value, Vec<Vec<f32>>) {
    let mut both = Both::new(items, seed);
    let shape = MapShape::new(2, 4 * height, 4 * width).with_copies(2);
    let (image, pixels) = both.input("image", shape);
    let (covariates, rows) = both.input("covariates", MapShape::vector(3));
    let x = both.scale(image);
    let x = both.convolution(x, 5, 7, 1);
    let x = both.scale(x);
    let x = both.relu(x);
    let x = both.max_pool(x);
    // High and low resolution, exchanged both ways; the low one is read three times.
    let high = both.convolution(x, 4, 3, 1);
    let low = both.convolution(x, 6, 3, 2);
    let low = both.relu(low);
    let up = both.convolution(low, 4, 1, 1);
    let up = both.scale(up);
    let up = both.enlarge(up, 2);
    let fused = both.sum(&[high, up, high]);
    let fused = both.relu(fused);
    let down = both.convolution(fused, 6, 3, 2);
    let other = both.convolution(high, 6, 3, 2);
    let fused = both.sum(&[down, low, other]);
    let low = both.relu(fused);
    // A residual block and a block whose sum is not rectified.
    let y = both.convolution(low, 6, 3, 1);
    let y = both.relu(y);
    let y = both.convolution(y, 6, 3, 1);
    let y = both.scale(y);
    let y = both.sum(&[y, low]);
    let z = both.convolution(y, 6, 1, 1);
    let z = both.sum(&[y, z]);
    let some = both.channels(z, 1..4);
    let others = both.channels(y, 3..6);
    let product = both.product(some, others);
    let z = both.concatenate(&[product, z]);
    let pooled = both.mean_over_pixels(z);
    let mean = both.over_copies(pooled, false);
    let highest = both.over_copies(pooled, true);
    let scores = both.convolution(pooled, 1, 1, 1);
    let attended = both.attend_over_copies(pooled, scores);
    let all = both.copies_side_by_side(pooled);
    let joined = both.concatenate(&[mean, covariates, highest, attended, all]);
    let hidden = both.convolution(joined, 7, 1, 1);
    let hidden = both.selu(hidden);
    let output = both.convolution(hidden, 2, 1, 1);
    (both, output, vec![pixels, rows])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn plans_equal_their_operations(
        height in 1usize..6,
        width in 1usize..7,
        items in 1usize..5,
        seed in 0u64..1000,
        choice in 0usize..4,
    ) {
        let (mut both, output, inputs) = network(items, [height, width], seed);
        let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
        let isa = [Isa::detect(), Isa::Avx2, Isa::Portable, Isa::detect()][choice];
        let options = PlanOptions::default().with_isa(isa);
        let worst = both.worst(output, &inputs, options);
        prop_assert!(worst < 1e-4, "{worst:e}");
    }
}

#[test]
fn every_value_can_be_the_output() {
    let (both, last, inputs) = network(2, [3, 2], 7);
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let n = both.known.iter().position(|(value, _)| *value == last).unwrap();
    for i in 2..=n {
        let (mut both, _, _) = network(2, [3, 2], 7);
        let value = both.known[i].0;
        let worst = both.worst(value, &inputs, PlanOptions::default());
        assert!(worst < 1e-4, "value {i}: {worst:e}");
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let (mut both, output, inputs) = network(37, [11, 9], 3);
    both.graph.set_output("output", output).unwrap();
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let plan = both.graph.plan().unwrap();
            // Twice: the second run finds used workspaces.
            let first = plan.run(&inputs, 37).unwrap();
            assert_eq!(first, plan.run(&inputs, 37).unwrap());
            first
        })
    };
    let expected = run(1);
    for threads in [2, 3, 5] {
        assert_eq!(run(threads), expected, "{threads} threads");
    }
}

#[test]
fn scores_are_one_for_each_copy() {
    let mut graph = Graph::new();
    let x = graph.input("x", MapShape::new(4, 3, 3).with_copies(2)).unwrap();
    let scores = graph.input("scores", MapShape::vector(1).with_copies(3)).unwrap();
    let error = graph.attend_over_copies(x, scores).unwrap_err().to_string();
    assert!(error.contains("[2, 1, 1, 1]") && error.contains("[3, 1, 1, 1]"), "{error}");
}

#[test]
fn channels_are_those_of_the_value() {
    let mut graph = Graph::new();
    let x = graph.input("x", MapShape::new(4, 3, 3)).unwrap();
    for range in [2..5, 4..4] {
        let error = graph.channels(x, range.clone()).unwrap_err().to_string();
        assert!(error.contains('4') && error.contains(&format!("{range:?}")), "{error}");
    }
}

#[test]
fn a_nan_in_the_input_reaches_the_output() {
    let (mut both, output, mut inputs) = network(2, [2, 2], 5);
    both.graph.set_output("output", output).unwrap();
    inputs[0][3] = f32::NAN;
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let y = both.graph.plan().unwrap().run(&inputs, 2).unwrap();
    assert!(y[..2].iter().all(|v| v.is_nan()), "{y:?}");
    assert!(y[2..].iter().all(|v| v.is_finite()), "{y:?}");
}

#[test]
fn the_workspace_is_reused() {
    let mut graph = Graph::new();
    let shape = MapShape::new(4, 32, 32);
    let mut x = graph.input("x", shape).unwrap();
    for _ in 0..20 {
        let layer = Convolution::new([4, 4, 3, 3]).unwrap().with_padding([1, 1]);
        let y = graph.convolution(x, layer, &[0.1; 144], None).unwrap();
        let y = graph.sum(&[x, y]).unwrap();
        x = graph.relu(y);
    }
    graph.set_output("y", x).unwrap();
    let plan = graph.plan().unwrap();
    let (per_item, groups) = (4 * 4 * 1024, 16);
    assert_eq!(plan.workspace_bytes(), 2 * per_item * groups);
    assert_eq!(plan.multiply_adds(), 20 * 4 * 4 * 9 * 1024);
    let times = plan.profile(&[&vec![0.5; 4096]], 1).unwrap();
    assert_eq!(times.len(), 20, "sums and ReLUs are part of the convolutions");
    assert_eq!(times[3].label, "3x3 4x32x32 -> 4x32x32 +");
}

#[test]
fn bad_graphs_and_inputs_are_errors_with_both_shapes() {
    let mut graph = Graph::new();
    assert_eq!(graph.plan().unwrap_err(), Error::NoOperation);
    let x = graph.input("x", MapShape::new(2, 4, 4)).unwrap();
    let small = graph.input("small", MapShape::new(2, 2, 2)).unwrap();
    assert_eq!(graph.set_output("x", x), Err(Error::NoOperation));
    let error = graph.sum(&[x, small]).unwrap_err().to_string();
    assert!(error.contains("[1, 2, 4, 4]") && error.contains("[1, 2, 2, 2]"), "{error}");
    let layer = Convolution::new([3, 5, 3, 3]).unwrap();
    let error = graph.convolution(x, layer, &[0.0; 135], None).unwrap_err().to_string();
    assert!(error.contains("[1, 2, 4, 4]") && error.contains("[3, 5, 3, 3]"), "{error}");
    assert!(graph.max_pool(x, [2, 2], [2, 2], [2, 2]).is_err(), "windows of padding alone");
    let y = graph.enlarge(small, 2).unwrap();
    let y = graph.sum(&[x, y]).unwrap();
    graph.set_output("y", y).unwrap();
    let plan = graph.plan().unwrap();
    assert_eq!(plan.run(&[&[0.0; 32]], 1), Err(Error::InputCount { expected: 2, got: 1 }));
    let error = plan.run(&[&[0.0; 31], &[0.0; 8]], 1).unwrap_err().to_string();
    assert_eq!(error, "input: shape [1, 1, 2, 4, 4] needs 32 values, got 31");
    assert_eq!(plan.run(&[&[], &[]], 0), Ok(vec![]));
}
