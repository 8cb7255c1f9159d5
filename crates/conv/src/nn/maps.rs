//! The operations a network is written over once, whether it computes or is written down.

use burn::backend::Dispatch;
use burn::nn::{Linear, pool::MaxPool2d};
use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Tensor, activation};
use std::ops::Range;

use super::backend::ConvBackend;
use super::flex::is_flex;
use super::{BatchNorm, Conv2d, Norm};

/// Feature maps `[n, channels, height, width]` going through a network.
///
/// A network is written once over this trait and [`Vectors`]. With burn's tensors it computes, and
/// can be trained; with [`Traced`](super::Traced) maps the same method writes down the
/// [`Graph`](crate::Graph) of its inference.
///
/// # Panics
/// Tensors panic where burn's operations do, on shapes that do not fit; traced maps never: there
/// the first error comes out of [`Tracer::finish`](super::Tracer::finish).
///
/// # Examples
/// ```
/// use burn::tensor::{Device, Tensor};
/// use vertebra_conv::{Layers, MapShape, Maps, ResidualBlock, Tracer};
///
/// fn network<M: Maps>(blocks: &[ResidualBlock], x: M) -> M {
///     blocks.iter().fold(x, |x, block| block.forward(x))
/// }
///
/// let layers = Layers::on(&Device::default());
/// let blocks = [ResidualBlock::basic(&layers, [1, 8], 2, None), ResidualBlock::basic(&layers, [8, 8], 1, None)];
/// let x = Tensor::<4>::ones([1, 1, 6, 6], layers.device());
/// let computed: Vec<f32> = network(&blocks, x).into_data().try_into_vec()?;
///
/// let tracer = Tracer::new();
/// let y = network(&blocks, tracer.input("image", MapShape::new(1, 6, 6)));
/// let planned = tracer.finish("features", &y)?.plan()?.run(&[&[1.0; 36]], 1)?;
/// assert!(computed.iter().zip(&planned).all(|(a, b)| (a - b).abs() < 1e-4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Maps: Clone {
    /// What is left of maps without their pixels.
    type Vectors: Vectors;

    /// Number of channels.
    fn channels(&self) -> usize;
    /// A convolution.
    #[must_use]
    fn conv(self, layer: &Conv2d) -> Self;
    /// A normalisation.
    #[must_use]
    fn norm(self, layer: &Norm) -> Self;
    /// `relu(norm(self))`.
    #[must_use]
    fn norm_relu(self, layer: &Norm) -> Self;
    /// `relu(norm(self) + shortcut)`.
    #[must_use]
    fn norm_add_relu(self, layer: &Norm, shortcut: Self) -> Self;
    /// `max(0, self)`.
    #[must_use]
    fn relu(self) -> Self;
    /// `self + other`, both of one shape.
    #[must_use]
    fn plus(self, other: Self) -> Self;
    /// A max pooling.
    #[must_use]
    fn max_pool(self, layer: &MaxPool2d) -> Self;
    /// Every pixel repeated `factor` times in both directions (nearest neighbour).
    #[must_use]
    fn enlarge(self, factor: usize) -> Self;
    /// The channels `times` times, one copy after the other.
    #[must_use]
    fn repeat_channels(self, times: usize) -> Self;
    /// The mean over all pixels of each channel.
    #[must_use]
    fn mean_over_pixels(self) -> Self::Vectors;
    /// What burn's operations make of the maps, for anything that is not here. A graph cannot hold it:
    /// there it is [`Error::Unsupported`](crate::Error::Unsupported) by its `name`.
    #[must_use]
    fn by_burn(self, name: &'static str, compute: impl FnOnce(Tensor<4>) -> Tensor<4>) -> Self;
}

/// Vectors `[n, width]` going through a network, see [`Maps`].
pub trait Vectors: Clone {
    /// A fully connected layer.
    #[must_use]
    fn linear(self, layer: &Linear) -> Self;
    /// `max(0, self)`.
    #[must_use]
    fn relu(self) -> Self;
    /// The scaled exponential linear unit (Klambauer et al., NeurIPS 2017).
    #[must_use]
    fn selu(self) -> Self;
    /// A normalisation of each column by the batch.
    #[must_use]
    fn batch_norm(self, layer: &BatchNorm) -> Self;
    /// `self + other`, both of one shape.
    #[must_use]
    fn plus(self, other: Self) -> Self;
    /// `self other`, value by value, both of one shape.
    #[must_use]
    fn times(self, other: Self) -> Self;
    /// `scale self + shift`, value by value.
    #[must_use]
    fn scaled(self, scale: f64, shift: f64) -> Self;
    /// The columns `times` times, one copy after the other: `[n, times width]`.
    #[must_use]
    fn repeat_columns(self, times: usize) -> Self;
    /// Some of the columns: `[n, range.len()]`.
    #[must_use]
    fn columns(self, range: Range<usize>) -> Self;
    /// The values of `self`, then those of `other`.
    #[must_use]
    fn followed_by(self, other: Self) -> Self;
    /// The mean over the `copies` vectors of each item, which follow each other: `[n / copies,
    /// width]`.
    #[must_use]
    fn mean_over_copies(self, copies: usize) -> Self;
    /// The maximum over the `copies` vectors of each item: `[n / copies, width]`.
    #[must_use]
    fn max_over_copies(self, copies: usize) -> Self;
    /// The `copies` vectors of each item weighted by the softmax of their `scores`, `[n, 1]`, and
    /// summed: `[n / copies, width]`.
    #[must_use]
    fn attend_over_copies(self, scores: Self, copies: usize) -> Self;
    /// The `copies` vectors of each item one after the other: `[n / copies, copies width]`.
    #[must_use]
    fn copies_side_by_side(self, copies: usize) -> Self;
}

impl Maps for Tensor<4> {
    type Vectors = Tensor<2>;

    fn channels(&self) -> usize {
        self.dims()[1]
    }

    fn conv(self, layer: &Conv2d) -> Self {
        layer.forward(self)
    }

    fn norm(self, layer: &Norm) -> Self {
        match layer {
            Norm::Batch(norm) => norm.forward(self),
            Norm::Group(norm) => norm.forward(self),
        }
    }

    fn norm_relu(self, layer: &Norm) -> Self {
        match layer {
            Norm::Batch(norm) => norm.forward_relu(self),
            Norm::Group(norm) => activation::relu(norm.forward(self)),
        }
    }

    fn norm_add_relu(self, layer: &Norm, shortcut: Self) -> Self {
        match layer {
            Norm::Batch(norm) => norm.forward_add_relu(self, shortcut),
            Norm::Group(norm) => activation::relu(norm.forward(self) + shortcut),
        }
    }

    fn relu(self) -> Self {
        activation::relu(self)
    }

    fn plus(self, other: Self) -> Self {
        self + other
    }

    fn max_pool(self, layer: &MaxPool2d) -> Self {
        layer.forward(self)
    }

    fn enlarge(self, factor: usize) -> Self {
        let [_, _, height, width] = self.dims();
        let size = [height * factor, width * factor];
        interpolate(self, InterpolateOptions::new(InterpolateMode::Nearest).with_output_size(size))
    }

    fn repeat_channels(self, times: usize) -> Self {
        if times == 1 { self } else { self.repeat_dim(1, times) }
    }

    fn mean_over_pixels(self) -> Tensor<2> {
        let [n, channels, height, width] = self.dims();
        self.reshape([n, channels, height * width]).mean_dim(2).reshape([n, channels])
    }

    fn by_burn(self, _name: &'static str, compute: impl FnOnce(Self) -> Self) -> Self {
        compute(self)
    }
}

impl Vectors for Tensor<2> {
    fn linear(self, layer: &Linear) -> Self {
        layer.forward(self)
    }

    fn relu(self) -> Self {
        activation::relu(self)
    }

    fn selu(self) -> Self {
        match is_flex(&self) {
            true => Self::from_dispatch(Dispatch::vertebra_selu(self.into_dispatch())),
            false => activation::selu(self),
        }
    }

    fn batch_norm(self, layer: &BatchNorm) -> Self {
        let [n, width] = self.dims();
        layer.forward(self.reshape([n, width, 1, 1])).reshape([n, width])
    }

    fn plus(self, other: Self) -> Self {
        self + other
    }

    fn times(self, other: Self) -> Self {
        self * other
    }

    fn scaled(self, scale: f64, shift: f64) -> Self {
        self * scale + shift
    }

    fn repeat_columns(self, times: usize) -> Self {
        self.repeat_dim(1, times)
    }

    fn columns(self, range: Range<usize>) -> Self {
        let [n, _] = self.dims();
        self.slice([0..n, range])
    }

    fn followed_by(self, other: Self) -> Self {
        Tensor::cat(vec![self, other], 1)
    }

    fn mean_over_copies(self, copies: usize) -> Self {
        let [n, width] = self.dims();
        self.reshape([n / copies, copies, width]).mean_dim(1).reshape([n / copies, width])
    }

    fn max_over_copies(self, copies: usize) -> Self {
        let [n, width] = self.dims();
        self.reshape([n / copies, copies, width]).max_dim(1).reshape([n / copies, width])
    }

    fn attend_over_copies(self, scores: Self, copies: usize) -> Self {
        let [n, width] = self.dims();
        let weights = activation::softmax(scores.reshape([n / copies, copies, 1]), 1);
        let weighted = self.reshape([n / copies, copies, width]) * weights;
        weighted.sum_dim(1).reshape([n / copies, width])
    }

    fn copies_side_by_side(self, copies: usize) -> Self {
        let [n, width] = self.dims();
        self.reshape([n / copies, copies * width])
    }
}
