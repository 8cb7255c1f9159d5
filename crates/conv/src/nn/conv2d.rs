//! burn's `Conv2d`, computed by this crate where it can be.

use burn::backend::Dispatch;
use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::{Initializer, PaddingConfig2d, conv};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};

use super::backend::{ConvBackend, LayerConvolution};
use super::flex::is_flex;
use super::layers::Shared;
use super::precision::{Precision, in_bfloat16, rounded};
use crate::Convolution;

/// Settings of a [`Conv2d`]: burn's own, by the same names.
#[derive(Config, Debug)]
pub struct Conv2dConfig {
    /// Input and output channels.
    pub channels: [usize; 2],
    /// Height and width of the filter.
    pub kernel_size: [usize; 2],
    /// Stride `[rows, columns]`.
    #[config(default = "[1, 1]")]
    pub stride: [usize; 2],
    /// Distance between the filter's elements.
    #[config(default = "[1, 1]")]
    pub dilation: [usize; 2],
    /// Groups of channels.
    #[config(default = "1")]
    pub groups: usize,
    /// Zero padding.
    #[config(default = "PaddingConfig2d::Valid")]
    pub padding: PaddingConfig2d,
    /// Whether a bias is added.
    #[config(default = true)]
    pub bias: bool,
    /// How weight and bias are drawn.
    #[config(default = "Initializer::KaimingUniform{gain:1.0/3.0f64.sqrt(),fan_out_only:false}")]
    pub initializer: Initializer,
}

impl Conv2dConfig {
    /// A layer with fresh parameters, drawn as burn's own would be, that shares nothing with
    /// others; those of a network are made by [`Layers::conv2d`](super::Layers::conv2d).
    #[must_use]
    pub fn init(&self, device: &Device) -> Conv2d {
        self.init_shared(device, Shared::default())
    }

    pub(super) fn init_shared(&self, device: &Device, shared: Shared) -> Conv2d {
        let layer = conv::Conv2dConfig::new(self.channels, self.kernel_size)
            .with_stride(self.stride)
            .with_dilation(self.dilation)
            .with_groups(self.groups)
            .with_padding(self.padding.clone())
            .with_bias(self.bias)
            .with_initializer(self.initializer.clone())
            .init(device);
        Conv2d { shared, ..layer.into() }
    }
}

/// A 2-D convolution layer with burn's parameters, names and records.
///
/// On flex, in f32, without groups and dilation, this crate computes it and its gradients;
/// every other case goes to burn's own operation.
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[out, in / groups, height, width]`
    pub weight: Param<Tensor<4>>,
    /// `[out]`
    pub bias: Option<Param<Tensor<1>>>,
    /// Stride `[rows, columns]`.
    pub stride: [usize; 2],
    /// Height and width of the filter.
    pub kernel_size: [usize; 2],
    /// Distance between the filter's elements.
    pub dilation: [usize; 2],
    /// Groups of channels.
    pub groups: usize,
    /// Zero padding.
    #[module(skip)]
    pub padding: PaddingConfig2d,
    #[module(skip)]
    pub(super) shared: Shared,
}

impl From<conv::Conv2d> for Conv2d {
    fn from(layer: conv::Conv2d) -> Self {
        Self {
            weight: layer.weight,
            bias: layer.bias,
            stride: layer.stride,
            kernel_size: layer.kernel_size,
            dilation: layer.dilation,
            groups: layer.groups,
            padding: layer.padding,
            shared: Shared::default(),
        }
    }
}

impl Conv2d {
    /// The layer's output.
    ///
    /// # Shapes
    /// - input: `[n, in, height, width]`
    /// - output: `[n, out, height', width']`
    ///
    /// # Panics
    /// As burn's operation does, on an input that does not fit the weight.
    #[must_use]
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let (weight, bias) = (self.weight.val(), self.bias.as_ref().map(Param::val));
        if self.shared.precision == Precision::Float32 || !input.device().is_autodiff() {
            return match self.convolution(&input) {
                Some(own) => self.by_own(own, input, weight, bias),
                None => self.clone().into_burn().forward(input),
            };
        }
        let output = match self.convolution(&input) {
            Some(own) => rounded(self.by_own(own, rounded(input), rounded(weight), None)),
            None => {
                let options = self.options(&input);
                in_bfloat16(input, weight, options)
            }
        };
        match bias {
            Some(bias) => output + bias.reshape([1, -1, 1, 1]),
            None => output,
        }
    }

    fn by_own(
        &self,
        convolution: Convolution,
        input: Tensor<4>,
        weight: Tensor<4>,
        bias: Option<Tensor<1>>,
    ) -> Tensor<4> {
        Tensor::from_dispatch(Dispatch::vertebra_conv2d(
            input.into_dispatch(),
            weight.into_dispatch(),
            bias.map(Tensor::into_dispatch).into(),
            LayerConvolution { convolution, buffers: self.shared.buffers.clone() },
        ))
    }

    /// The settings of burn's operation, with the padding that its layer computes.
    fn options(&self, input: &Tensor<4>) -> ConvOptions<2> {
        let [_, _, height, width] = input.dims();
        let same = |axis: usize, size: usize| {
            let (kernel, stride) = (self.kernel_size[axis], self.stride[axis]);
            let covered = size.div_ceil(stride).saturating_sub(1) * stride + kernel;
            let both = covered.saturating_sub(size);
            (both / 2, both - both / 2)
        };
        let padding = match self.padding {
            PaddingConfig2d::Valid => [(0, 0); 2],
            PaddingConfig2d::Explicit(top, left, bottom, right) => [(top, bottom), (left, right)],
            PaddingConfig2d::Same => [same(0, height), same(1, width)],
        };
        ConvOptions::new_with_padding(self.stride, padding, self.dilation, self.groups)
    }

    /// This layer as this crate's convolution, if it can compute it on `input`.
    fn convolution(&self, input: &Tensor<4>) -> Option<Convolution> {
        if self.dilation != [1, 1] || self.groups != 1 || !is_flex(input) {
            return None;
        }
        let convolution =
            Convolution::new(self.weight.dims()).ok()?.with_stride(self.stride).ok()?;
        let convolution =
            convolution.with_padding(self.symmetric_padding()?).with_winograd(self.shared.winograd);
        convolution.output_shape(input.dims()).ok().map(|_| convolution)
    }

    /// The padding `[rows, columns]`, if it is the same on both sides whatever the input.
    pub(super) fn symmetric_padding(&self) -> Option<[usize; 2]> {
        let [height, width] = self.kernel_size;
        match self.padding {
            PaddingConfig2d::Valid => Some([0, 0]),
            PaddingConfig2d::Explicit(top, left, bottom, right) => {
                (top == bottom && left == right).then_some([top, left])
            }
            PaddingConfig2d::Same => {
                let is_plain = self.stride == [1, 1] && height % 2 == 1 && width % 2 == 1;
                is_plain.then_some([height / 2, width / 2])
            }
        }
    }

    /// The same layer, to be computed by burn.
    #[must_use]
    pub fn into_burn(self) -> conv::Conv2d {
        conv::Conv2d {
            weight: self.weight,
            bias: self.bias,
            stride: self.stride,
            kernel_size: self.kernel_size,
            dilation: self.dilation,
            groups: self.groups,
            padding: self.padding,
        }
    }
}
