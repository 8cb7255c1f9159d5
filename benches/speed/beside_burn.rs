//! One training step of a small HRNet and of small ResNets, with burn's layers and with these:
//! `cargo bench --workspace --bench speed_beside_burn -- [part of a name] [seconds] [skip burn's]`.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::time::Instant;

use burn::module::Module;
use burn::nn::interpolate::{Interpolate2dConfig, InterpolateMode};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Tensor, activation::relu};
use vertebra_benches::arguments;
use vertebra_conv::{BatchNorm, Conv2d, Conv2dConfig, Layers};

/// Convolution, batch norm, and what follows.
#[derive(Module, Debug)]
struct Layer {
    conv: Conv2d,
    norm: BatchNorm,
    fast: bool,
}

impl Layer {
    fn new([c, o]: [usize; 2], kernel: usize, stride: usize, fast: bool, layers: &Layers) -> Self {
        let conv = layers.same_conv([c, o], kernel, stride);
        Self { conv, norm: layers.batch_norm(o), fast }
    }

    fn forward(&self, x: Tensor<4>, residual: Option<Tensor<4>>, rectify: bool) -> Tensor<4> {
        if self.fast {
            return self.norm.followed_by(self.conv.forward(x), residual, rectify);
        }
        let norm = self.norm.clone().into_burn();
        let y = norm.forward(self.conv.clone().into_burn().forward(x));
        let y = match residual {
            Some(r) => y + r,
            None => y,
        };
        if rectify { relu(y) } else { y }
    }
}

#[derive(Module, Debug)]
struct Block {
    first: Layer,
    second: Layer,
    shortcut: Option<Layer>,
}

impl Block {
    fn new([c, o]: [usize; 2], stride: usize, fast: bool, layers: &Layers) -> Self {
        Self {
            first: Layer::new([c, o], 3, stride, fast, layers),
            second: Layer::new([o, o], 3, 1, fast, layers),
            shortcut: (stride > 1 || c != o).then(|| Layer::new([c, o], 1, stride, fast, layers)),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let y = self.first.forward(x.clone(), None, true);
        let x = match &self.shortcut {
            Some(layer) => layer.forward(x, None, false),
            None => x,
        };
        self.second.forward(y, Some(x), true)
    }
}

#[derive(Module, Debug)]
struct ResNet {
    stem: Layer,
    blocks: Vec<Block>,
}

impl ResNet {
    fn new(widths: &[usize], kernel: usize, fast: bool, layers: &Layers) -> Self {
        let stem = Layer::new([1, widths[0]], kernel, 2, fast, layers);
        let mut blocks = Vec::new();
        let mut c = widths[0];
        for (i, &o) in widths.iter().enumerate() {
            blocks.push(Block::new([c, o], if i > 0 { 2 } else { 1 }, fast, layers));
            blocks.push(Block::new([o, o], 1, fast, layers));
            c = o;
        }
        Self { stem, blocks }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.stem.forward(x, None, true);
        self.blocks.iter().fold(x, |x, block| block.forward(x))
    }
}

/// Four resolutions, each module a block per branch and the exchange between all of them.
#[derive(Module, Debug)]
struct HrNet {
    stem: Vec<Layer>,
    entry: Vec<Layer>,
    branches: Vec<Block>,
    down: Vec<Layer>,
    up: Vec<Layer>,
    head: Conv2d,
}

impl HrNet {
    fn new(width: usize, fast: bool, layers: &Layers) -> Self {
        let branch = |i: usize| width << i;
        let chain = |i: usize, j: usize| {
            // from branch i down to j: j - i strided layers
            (i..j).map(move |k| {
                let to = if k + 1 == j { branch(j) } else { branch(i) };
                Layer::new([branch(i), to], 3, 2, fast, layers)
            })
        };
        let pairs = || (0..4usize).flat_map(|j| (0..4).map(move |i| (i, j)));
        Self {
            stem: vec![
                Layer::new([1, 16], 3, 2, fast, layers),
                Layer::new([16, 16], 3, 2, fast, layers),
            ],
            entry: (0..4)
                .map(|i| match i {
                    0 => Layer::new([16, width], 3, 1, fast, layers),
                    _ => Layer::new([branch(i - 1), branch(i)], 3, 2, fast, layers),
                })
                .collect(),
            branches: (0..12).map(|i| Block::new([branch(i % 4); 2], 1, fast, layers)).collect(),
            down: pairs().filter(|(i, j)| i < j).flat_map(|(i, j)| chain(i, j)).collect(),
            up: pairs()
                .filter(|(i, j)| i > j)
                .map(|(i, j)| Layer::new([branch(i), branch(j)], 1, 1, fast, layers))
                .collect(),
            head: layers.conv2d(&Conv2dConfig::new([width, 5], [1, 1])),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.stem.iter().fold(x, |x, layer| layer.forward(x, None, true));
        let mut xs: Vec<Tensor<4>> = Vec::new();
        for layer in &self.entry {
            let from = xs.last().cloned().unwrap_or_else(|| x.clone());
            xs.push(layer.forward(from, None, true));
        }
        for module in self.branches.chunks(4) {
            let ys: Vec<_> = xs.into_iter().zip(module).map(|(x, b)| b.forward(x)).collect();
            xs = self.exchange(&ys);
        }
        self.head.forward(xs.swap_remove(0))
    }

    fn exchange(&self, ys: &[Tensor<4>]) -> Vec<Tensor<4>> {
        let (mut down, mut up) = (self.down.iter(), self.up.iter());
        (0..4)
            .map(|j| {
                let [_, _, h, w] = ys[j].dims();
                let mut sum = ys[j].clone();
                for (i, y) in ys.iter().enumerate() {
                    let mut y = y.clone();
                    if i < j {
                        for k in i..j {
                            y = down.next().unwrap().forward(y, None, k + 1 < j);
                        }
                        sum = sum + y;
                    } else if i > j {
                        let y = up.next().unwrap().forward(y, None, false);
                        let nearest = Interpolate2dConfig::new()
                            .with_output_size(Some([h, w]))
                            .with_mode(InterpolateMode::Nearest);
                        sum = sum + nearest.init().forward(y);
                    }
                }
                relu(sum)
            })
            .collect()
    }
}

/// Seconds of forward, backward and Adam, each the best of all steps, and their sum: a busy
/// machine rarely leaves a whole step alone.
fn time_steps<M: Module>(
    mut model: M,
    x: Tensor<4>,
    forward: impl Fn(&M, Tensor<4>) -> Tensor<4>,
    seconds: f64,
) -> [f64; 4] {
    let mut adam = AdamConfig::new().init();
    let mut best = [f64::INFINITY; 3];
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < seconds {
        let t0 = Instant::now();
        let y = forward(&model, x.clone());
        let loss = (y.clone() * y).mean();
        let t1 = Instant::now();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        let t2 = Instant::now();
        model = adam.step(1e-3, model, gradients);
        let t3 = Instant::now();
        let times = [t1 - t0, t2 - t1, t3 - t2].map(|t| t.as_secs_f64());
        best.iter_mut().zip(times).for_each(|(best, t)| *best = best.min(t));
    }
    let [forward, backward, adam] = best;
    [forward, backward, adam, best.iter().sum()]
}

fn report(name: &str, burn: [f64; 4], ours: [f64; 4]) {
    let ms = |t: [f64; 4]| t.map(|t| format!("{:8.1}", t * 1e3)).join(" ");
    println!("{name:28} burn {} | ours {} | {:5.2} x", ms(burn), ms(ours), burn[3] / ours[3]);
}

fn main() {
    let device = Device::flex().autodiff();
    let arguments = arguments();
    let only = arguments.first().cloned().unwrap_or_default();
    let seconds: f64 = arguments.get(1).map_or(2.0, |s| s.parse().unwrap());
    let skip_burn = arguments.get(2).is_some();
    let input = |shape: [usize; 4]| Tensor::random(shape, Distribution::Default, &device);
    let burn_seconds = if skip_burn { 1e-9 } else { seconds };
    println!("ms: forward, backward, Adam, sum; {} threads", rayon::current_num_threads());
    for (width, batch, side) in [(8, 8, 96), (16, 8, 96), (8, 8, 128), (32, 4, 256)] {
        let name = format!("HRNet-like {width}, b{batch} {side}");
        if name.contains(&only) {
            let run = |fast, s| {
                let net = HrNet::new(width, fast, &Layers::on(&device));
                time_steps(net, input([batch, 1, side, side]), HrNet::forward, s)
            };
            report(&name, run(false, burn_seconds), run(true, seconds));
        }
    }
    for (widths, kernel, batch, side) in [
        (&[8, 16, 32, 64], 3, 16, 48),
        (&[16, 32, 64, 128], 3, 16, 64),
        (&[64, 128, 256, 512], 7, 16, 48),
    ] {
        let name = format!("ResNet {}.., b{batch} {side}", widths[0]);
        if name.contains(&only) {
            let run = |fast, s| {
                let net = ResNet::new(widths, kernel, fast, &Layers::on(&device));
                time_steps(net, input([batch, 1, side, side]), ResNet::forward, s)
            };
            report(&name, run(false, burn_seconds), run(true, seconds));
        }
    }
}
