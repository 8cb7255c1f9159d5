//! Every pass against the definition in f64, over random shapes, on every instruction set.

#![allow(clippy::unwrap_used)] // a helper of tests may stop

use proptest::prelude::*;
use vertebra_conv::{Addend, Convolution, Isa, PackedConvolution};

#[derive(Debug, Clone)]
struct Case {
    input: [usize; 4],
    weight: [usize; 4],
    stride: [usize; 2],
    padding: [usize; 2],
    seed: u64,
}

impl Case {
    fn convolution(&self, isa: Isa) -> Convolution {
        let conv = Convolution::new(self.weight).unwrap().with_stride(self.stride).unwrap();
        conv.with_padding(self.padding).with_isa(isa)
    }

    /// Calls `term(input index, weight index, output index)` for every product of the definition.
    fn for_each_term(&self, output: [usize; 4], mut term: impl FnMut(usize, usize, usize)) {
        let [n, c, h, w] = self.input;
        let [o, _, kh, kw] = self.weight;
        let [_, _, oh, ow] = output;
        let mut y = 0;
        for image in 0..n {
            for out in 0..o {
                for i in 0..oh {
                    for j in 0..ow {
                        for ch in 0..c {
                            for u in 0..kh {
                                for v in 0..kw {
                                    let row =
                                        (i * self.stride[0] + u).wrapping_sub(self.padding[0]);
                                    let col =
                                        (j * self.stride[1] + v).wrapping_sub(self.padding[1]);
                                    if row < h && col < w {
                                        let x = ((image * c + ch) * h + row) * w + col;
                                        term(x, ((out * c + ch) * kh + u) * kw + v, y);
                                    }
                                }
                            }
                        }
                        y += 1;
                    }
                }
            }
        }
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let maps = (1usize..4, prop_oneof![1usize..6, 6usize..40], 1usize..14, 1usize..40);
    let filters = (prop_oneof![1usize..6, 6usize..40], 1usize..5, 1usize..5);
    let steps = (1usize..4, 1usize..4, 0usize..3, 0usize..3, any::<u64>());
    (maps, filters, steps).prop_filter_map("input smaller than the filter", |(m, f, s)| {
        let case = Case {
            input: [m.0, m.1, m.2, m.3],
            weight: [f.0, m.1, f.1, f.2],
            stride: [s.0, s.1],
            padding: [s.2, s.3],
            seed: s.4,
        };
        (m.2 + 2 * s.2 >= f.1 && m.3 + 2 * s.3 >= f.2).then_some(case)
    })
}

/// Layers that Winograd's transforms take, whose maps often end within a tile.
fn winograd_cases() -> impl Strategy<Value = Case> {
    let channels = || prop_oneof![16usize..36, 36usize..100];
    let maps = (1usize..6, channels(), 4usize..20, 4usize..36);
    (maps, channels(), 0usize..3, 0usize..3, any::<u64>()).prop_map(|(m, o, py, px, seed)| Case {
        // Without padding a map of 6 is one of 4 after it.
        input: [m.0, m.1, m.2 + 2, m.3 + 2],
        weight: [o, m.1, 3, 3],
        stride: [1, 1],
        padding: [py, px],
        seed,
    })
}

fn values(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

/// Errors are relative to the sum of the terms' magnitudes, the scale that rounding acts on.
fn assert_close(what: &str, got: &[f32], expected: &[(f64, f64)]) {
    assert_within(what, got, expected, 1e-5);
}

fn assert_within(what: &str, got: &[f32], expected: &[(f64, f64)], limit: f64) {
    assert_eq!(got.len(), expected.len(), "{what}: length");
    for (i, (got, (value, scale))) in got.iter().zip(expected).enumerate() {
        let error = (f64::from(*got) - value).abs();
        assert!(error <= limit * scale.max(1e-30), "{what}[{i}]: got {got}, expected {value}");
    }
}

fn check(case: &Case, isa: Isa) {
    let conv = case.convolution(isa);
    let output = conv.output_shape(case.input).unwrap();
    let x = values(case.input.iter().product(), case.seed);
    let w = values(case.weight.iter().product(), case.seed ^ 0x5555);
    let b = values(case.weight[0], case.seed ^ 0x3333);
    let g = values(output.iter().product(), case.seed ^ 0x7777);
    let plane = output[2] * output[3];
    let start = |o: usize| (f64::from(b[o]), f64::from(b[o].abs()));
    let mut y: Vec<_> = (0..g.len()).map(|i| start(i / plane % output[1])).collect();
    let mut gx = vec![(0.0, 0.0); x.len()];
    let mut gw = vec![(0.0, 0.0); w.len()];
    let mut gb = vec![(0.0, 0.0); b.len()];
    let add = |sum: &mut (f64, f64), a: f32, b: f32| {
        let product = f64::from(a) * f64::from(b);
        *sum = (sum.0 + product, sum.1 + product.abs());
    };
    case.for_each_term(output, |i, k, o| {
        add(&mut y[o], x[i], w[k]);
        add(&mut gx[i], g[o], w[k]);
        add(&mut gw[k], g[o], x[i]);
    });
    g.iter().enumerate().for_each(|(i, g)| add(&mut gb[i / plane % output[1]], *g, 1.0));
    check_packed(case, &conv, [&x, &w, &b, &g], &y);
    for (conv, limit) in [(conv.with_winograd(false), 1e-5), (conv, 1e-4)] {
        let output = conv.forward(&x, case.input, &w, Some(&b)).unwrap();
        assert_within("output", &output, &y, limit);
        let gradient = conv.input_gradient(&g, &w, case.input).unwrap();
        assert_within("input gradient", &gradient, &gx, limit);
        let gradient = conv.weight_gradient(&x, case.input, &g).unwrap();
        assert_within("weight gradient", &gradient, &gw, limit);
    }
    assert_close("bias gradient", &conv.bias_gradient(&g, output).unwrap(), &gb);
}

/// The packed layer with every kind of last step; the addend has the output's shape.
fn check_packed(case: &Case, conv: &Convolution, values: [&[f32]; 4], y: &[(f64, f64)]) {
    let [x, w, b, addend] = values;
    let map = [case.input[2], case.input[3]];
    let layer = PackedConvolution::new(&conv.with_winograd(false), w, Some(b), map).unwrap();
    let winograd = PackedConvolution::new(conv, w, Some(b), map).unwrap();
    let summed: Vec<_> = y
        .iter()
        .zip(addend)
        .map(|(y, a)| (y.0 + f64::from(*a), y.1 + f64::from(a.abs())))
        .collect();
    let rectified: Vec<_> = summed.iter().map(|y| (y.0.max(0.0), y.1)).collect();
    let mut out = vec![f32::NAN; y.len()];
    layer.run(case.input[0], x, Addend::Nothing, &mut out).unwrap();
    assert_close("packed", &out, y);
    out.copy_from_slice(addend);
    layer.run(case.input[0], x, Addend::Output, &mut out).unwrap();
    assert_close("packed, accumulated", &out, &summed);
    layer.with_relu().run(case.input[0], x, Addend::Given(addend), &mut out).unwrap();
    assert_close("packed, added and rectified", &out, &rectified);

    winograd.run(case.input[0], x, Addend::Nothing, &mut out).unwrap();
    assert_within("Winograd", &out, y, 1e-4);
    out.copy_from_slice(addend);
    winograd.run(case.input[0], x, Addend::Output, &mut out).unwrap();
    assert_within("Winograd, accumulated", &out, &summed, 1e-4);
    winograd.with_relu().run(case.input[0], x, Addend::Given(addend), &mut out).unwrap();
    assert_within("Winograd, added and rectified", &out, &rectified, 1e-4);
}

fn every_isa() -> impl Iterator<Item = Isa> {
    [Isa::Avx512, Isa::Avx2, Isa::Neon, Isa::Portable].into_iter().filter(|isa| isa.is_available())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_definition(case in cases()) {
        every_isa().for_each(|isa| check(&case, isa));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn winograd_agrees_with_the_definition(case in winograd_cases()) {
        every_isa().for_each(|isa| check(&case, isa));
    }
}

/// Shapes of HRNet and ResNet layers, with their tails, bands, groups and tiny maps.
#[test]
fn agrees_with_the_definition_on_layers_of_real_networks() {
    let case = |input, [o, k, s, p]: [usize; 4]| Case {
        input,
        weight: [o, input[1], k, k],
        stride: [s; 2],
        padding: [p; 2],
        seed: 7,
    };
    for case in [
        case([2, 3, 65, 64], [16, 3, 2, 1]),
        case([1, 18, 48, 40], [18, 3, 1, 1]),
        case([3, 1, 48, 48], [16, 7, 2, 3]),
        case([1, 32, 50, 47], [33, 3, 1, 1]),
        case([3, 20, 13, 70], [16, 3, 1, 0]),
        case([5, 48, 12, 14], [40, 3, 1, 2]),
        case([2, 64, 12, 12], [16, 1, 1, 0]),
        case([5, 130, 3, 3], [128, 3, 1, 1]),
        case([1, 96, 24, 22], [100, 3, 1, 1]),
        case([1, 130, 12, 12], [128, 3, 1, 1]),
        case([5, 64, 3, 3], [130, 3, 2, 1]),
        case([4, 24, 12, 12], [40, 1, 2, 0]),
    ] {
        every_isa().for_each(|isa| check(&case, isa));
    }
}
