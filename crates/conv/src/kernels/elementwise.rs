//! Passes over planes, compiled once more for the processor's wide vectors.
//!
//! The bodies are safe loops that the compiler vectorises; only the choice between their two
//! instances is unsafe. Sums run in 32 lanes in a fixed order, over runs of 4096 values in f32
//! and in f64 between them.

/// `scale (x - mean) + shift`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Affine {
    pub(crate) mean: f32,
    pub(crate) scale: f32,
    pub(crate) shift: f32,
}

/// Sums over a gradient `g`, zero where the ReLU was.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GradientSums {
    /// Sum of `g`.
    pub(crate) plain: f64,
    /// Sum of `g (x - mean)`.
    pub(crate) weighted: f64,
}

const LANES: usize = 32;
const RUN: usize = 4096;

macro_rules! wide {
    ($(#[$doc:meta])* $name:ident, $body:ident, ($($arg:ident: $type:ty),*) $(-> $result:ty)?) => {
        $(#[$doc])*
        pub(crate) fn $name($($arg: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn wide($($arg: $type),*) $(-> $result)? {
                    $body($($arg),*)
                }
                if super::Isa::Avx2.is_available() {
                    // SAFETY: AVX2 and FMA are available.
                    return unsafe { wide($($arg),*) };
                }
            }
            $body($($arg),*)
        }
    };
}

wide!(
    /// Sum of the values.
    sum, sum_body, (values: &[f32]) -> f64
);
wide!(
    /// Sum of the squared distances from `mean`.
    squared_deviations, squared_deviations_body, (values: &[f32], mean: f32) -> f64
);
wide!(
    /// `y = relu?(affine(x) + residual)`.
    forward_plane, forward_body,
    (x: &[f32], residual: Option<&[f32]>, affine: Affine, relu: bool, y: &mut [f32])
);
wide!(
    /// Both sums; `y` is the rectified output, if it was rectified.
    gradient_sums, gradient_sums_body,
    (x: &[f32], g: &[f32], y: Option<&[f32]>, mean: f32) -> GradientSums
);
wide!(
    /// `dx = a[0] g + a[1] (x - mean) + a[2]`, and the rectified `g` itself for a residual.
    backward_plane, backward_body,
    (
        x: &[f32], g: &[f32], y: Option<&[f32]>, mean: f32, a: [f32; 3],
        dx: &mut [f32], residual: Option<&mut [f32]>
    )
);

#[inline(always)]
fn lanes_sum(values: &[f32], term: impl Fn(f32) -> f32) -> f64 {
    let mut total = 0.0;
    for run in values.chunks(RUN) {
        let mut sums = [0.0f32; LANES];
        let chunks = run.chunks_exact(LANES);
        for (sum, value) in sums.iter_mut().zip(chunks.remainder()) {
            *sum = term(*value);
        }
        for chunk in chunks {
            for lane in 0..LANES {
                sums[lane] += term(chunk[lane]);
            }
        }
        total += f64::from(sums.iter().sum::<f32>());
    }
    total
}

#[inline(always)]
fn sum_body(values: &[f32]) -> f64 {
    lanes_sum(values, |v| v)
}

#[inline(always)]
fn squared_deviations_body(values: &[f32], mean: f32) -> f64 {
    lanes_sum(values, |v| (v - mean) * (v - mean))
}

/// `max(value, 0)` that keeps NaN.
#[inline(always)]
fn rectified(value: f32) -> f32 {
    if value < 0.0 { 0.0 } else { value }
}

#[inline(always)]
fn forward_body(x: &[f32], residual: Option<&[f32]>, affine: Affine, relu: bool, y: &mut [f32]) {
    let map = |x: f32| (x - affine.mean) * affine.scale + affine.shift;
    match (residual, relu) {
        (None, false) => x.iter().zip(y).for_each(|(x, y)| *y = map(*x)),
        (None, true) => x.iter().zip(y).for_each(|(x, y)| *y = rectified(map(*x))),
        (Some(r), false) => {
            x.iter().zip(r).zip(y).for_each(|((x, r), y)| *y = map(*x) + r);
        }
        (Some(r), true) => {
            x.iter().zip(r).zip(y).for_each(|((x, r), y)| *y = rectified(map(*x) + r));
        }
    }
}

/// The gradient where the output is positive or NaN.
#[inline(always)]
fn passed(g: f32, y: f32) -> f32 {
    if y <= 0.0 { 0.0 } else { g }
}

#[inline(always)]
fn gradient_sums_body(x: &[f32], g: &[f32], y: Option<&[f32]>, mean: f32) -> GradientSums {
    match y {
        Some(y) => pair_sums(x, g, y, passed, mean),
        None => pair_sums(x, g, g, |g, _| g, mean),
    }
}

#[inline(always)]
fn pair_sums(
    x: &[f32],
    g: &[f32],
    y: &[f32],
    pass: impl Fn(f32, f32) -> f32,
    mean: f32,
) -> GradientSums {
    let mut total = GradientSums::default();
    for ((x, g), y) in x.chunks(RUN).zip(g.chunks(RUN)).zip(y.chunks(RUN)) {
        let (mut plain, mut weighted) = ([0.0f32; LANES], [0.0f32; LANES]);
        let whole = x.len() / LANES * LANES;
        for i in 0..x.len() - whole {
            let g = pass(g[whole + i], y[whole + i]);
            plain[i] = g;
            weighted[i] = g * (x[whole + i] - mean);
        }
        let chunks = x.chunks_exact(LANES).zip(g.chunks_exact(LANES)).zip(y.chunks_exact(LANES));
        for ((x, g), y) in chunks {
            for lane in 0..LANES {
                let g = pass(g[lane], y[lane]);
                plain[lane] += g;
                weighted[lane] += g * (x[lane] - mean);
            }
        }
        total.plain += f64::from(plain.iter().sum::<f32>());
        total.weighted += f64::from(weighted.iter().sum::<f32>());
    }
    total
}

#[inline(always)]
fn backward_body(
    x: &[f32],
    g: &[f32],
    y: Option<&[f32]>,
    mean: f32,
    a: [f32; 3],
    dx: &mut [f32],
    residual: Option<&mut [f32]>,
) {
    let map = |g: f32, x: f32| a[0] * g + (a[1] * (x - mean) + a[2]);
    match (y, residual) {
        (None, _) => x.iter().zip(g).zip(dx).for_each(|((x, g), dx)| *dx = map(*g, *x)),
        (Some(y), None) => {
            let inputs = x.iter().zip(g).zip(y);
            inputs.zip(dx).for_each(|(((x, g), y), dx)| *dx = map(passed(*g, *y), *x));
        }
        (Some(y), Some(residual)) => {
            let inputs = x.iter().zip(g).zip(y);
            for (((x, g), y), (dx, r)) in inputs.zip(dx.iter_mut().zip(residual)) {
                *r = passed(*g, *y);
                *dx = map(*r, *x);
            }
        }
    }
}
