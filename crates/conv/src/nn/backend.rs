//! The operations on flex and under autodiff; burn routes to them at run time.

use burn::backend::autodiff::{
    checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
    grads::Gradients,
    ops::{Backward, Ops, OpsKind},
};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, ExtensionType, Flex, backend_extension};

use super::buffers::{Buffers, Lent};
use super::flex::{dense, lent_tensor, shape, tensor, values};
use crate::convolution::{Convolution, Images};
use crate::normalization::{BackwardInputs, ForwardInputs, Normalization};
use crate::normalization::{normalize, normalize_backward};
use crate::selu;

/// A tensor argument that may be absent.
#[derive(ExtensionType)]
pub(crate) enum Optional<B: Backend> {
    Given(FloatTensor<B>),
    Absent,
}

impl<B: Backend> Optional<B> {
    fn into_option(self) -> Option<FloatTensor<B>> {
        match self {
            Self::Given(tensor) => Some(tensor),
            Self::Absent => None,
        }
    }
}

impl<B: Backend> From<Option<FloatTensor<B>>> for Optional<B> {
    fn from(tensor: Option<FloatTensor<B>>) -> Self {
        tensor.map_or(Self::Absent, Self::Given)
    }
}

/// Mean and biased variance of each channel.
#[derive(ExtensionType)]
pub(crate) struct Statistics<B: Backend> {
    pub(crate) mean: FloatTensor<B>,
    pub(crate) variance: FloatTensor<B>,
}

/// A convolution, and where its results get their memory.
#[derive(Debug, Clone)]
pub(crate) struct LayerConvolution {
    pub(super) convolution: Convolution,
    pub(super) buffers: Buffers,
}

/// What a batch norm layer is set to, what follows it, and where its results get their memory.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) epsilon: f64,
    /// Weight of the batch in the running statistics.
    pub(crate) momentum: f64,
    pub(crate) relu: bool,
    pub(super) buffers: Buffers,
}

/// What this crate adds to a backend.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait ConvBackend: Backend {
    /// A convolution that has been found to fit its input.
    fn vertebra_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        #[extension_type] bias: Optional<Self>,
        convolution: LayerConvolution,
    ) -> FloatTensor<Self>;

    /// The scaled exponential linear unit.
    fn vertebra_selu(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Batch norm with the batch's statistics, then an optional sum and ReLU, in one pass:
    /// output and the running mean and variance that follow.
    fn vertebra_batch_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        #[extension_type] residual: Optional<Self>,
        #[extension_type] running: Statistics<Self>,
        settings: Settings,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

impl ConvBackend for Flex {
    fn vertebra_conv2d(
        x: FlexTensor,
        weight: FlexTensor,
        bias: Optional<Self>,
        convolution: LayerConvolution,
    ) -> FlexTensor {
        let LayerConvolution { convolution, buffers } = convolution;
        let input = shape::<4>(&x);
        let (x, weight, bias) = (dense(&x), dense(&weight), bias.into_option().as_ref().map(dense));
        let images = Images { values: values(&x), shape: input };
        let bias = bias.as_ref().map(values);
        let output = convolution.output_shape(input).unwrap_or_default();
        computed(&buffers, output, |y| convolution.forward_into(images, values(&weight), bias, y))
    }

    fn vertebra_selu(x: FlexTensor) -> FlexTensor {
        let x = dense(&x);
        let mut y = vec![0.0; values(&x).len()];
        selu::forward(values(&x), &mut y);
        tensor(y, shape::<2>(&x))
    }

    fn vertebra_batch_norm(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        residual: Optional<Self>,
        running: Statistics<Self>,
        settings: Settings,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let residual = residual.into_option();
        let (y, batch) = batch_norm([&x, &gamma, &beta], residual.as_ref(), &settings);
        let running = follow(&running, &batch, settings.momentum);
        (y, running.mean, running.variance)
    }
}

/// The output for input, gamma and beta, and the batch's statistics.
fn batch_norm(
    tensors: [&FlexTensor; 3],
    residual: Option<&FlexTensor>,
    settings: &Settings,
) -> (FlexTensor, Statistics<Flex>) {
    let size = shape::<4>(tensors[0]);
    let [x, gamma, beta] = tensors.map(dense);
    let residual = residual.map(dense);
    let norm = Normalization { shape: size, epsilon: settings.epsilon, relu: settings.relu };
    let inputs = ForwardInputs {
        x: values(&x),
        gamma: values(&gamma),
        beta: values(&beta),
        residual: residual.as_ref().map(values),
    };
    let mut output = settings.buffers.lend(inputs.x.len());
    let (mean, variance) = normalize(&norm, inputs, output.values());
    let [mean, variance] = [mean, variance].map(|v| tensor(v, [size[1]]));
    (lent_tensor(output, size), Statistics { mean, variance })
}

/// The running statistics after a batch.
fn follow(running: &Statistics<Flex>, batch: &Statistics<Flex>, momentum: f64) -> Statistics<Flex> {
    let (kept, added) = ((1.0 - momentum) as f32, momentum as f32);
    let mix = |running: &FlexTensor, batch: &FlexTensor| {
        let running = dense(running);
        let pairs = values(&running).iter().zip(values(batch));
        let mixed: Vec<f32> = pairs.map(|(r, b)| r * kept + b * added).collect();
        let channels = [mixed.len()];
        tensor(mixed, channels)
    };
    Statistics {
        mean: mix(&running.mean, &batch.mean),
        variance: mix(&running.variance, &batch.variance),
    }
}

/// What `compute` writes. The callers have checked the shapes, so there is always a result; a wrong
/// shape would give an empty tensor, which burn's own shape checks report at its next use.
fn computed(
    buffers: &Buffers,
    shape: [usize; 4],
    compute: impl FnOnce(&mut [f32]) -> Result<(), crate::Error>,
) -> FlexTensor {
    let mut result = buffers.lend(shape.iter().product());
    match compute(result.values()) {
        Ok(()) => lent_tensor(result, shape),
        Err(_) => tensor(Vec::new(), [0; 4]),
    }
}

#[derive(Debug)]
struct Conv2dBackward;

/// Input, weight and layer.
type Conv2dState = (FlexTensor, FlexTensor, LayerConvolution);

fn conv2d_gradients<const N: usize>(ops: Ops<Conv2dState, N>, grads: &mut Gradients) {
    let given = dense(&grads.consume::<Flex>(&ops.node));
    let (x, weight, LayerConvolution { convolution, buffers }) = ops.state;
    let (input, output) = (shape::<4>(&x), shape::<4>(&given));
    let filter = shape::<4>(&weight);
    let [x, weight] = [x, weight].map(|tensor| dense(&tensor));
    let gradient = values(&given);
    let mut register = |i: usize, compute: &dyn Fn() -> FlexTensor| {
        if let Some(Some(node)) = ops.parents.get(i) {
            grads.register::<Flex>(node.id, compute());
        }
    };
    register(0, &|| {
        computed(&buffers, input, |result| {
            convolution.input_gradient_into(gradient, values(&weight), input, result)
        })
    });
    let images = Images { values: values(&x), shape: input };
    register(1, &|| {
        computed(&buffers, filter, |result| {
            convolution.weight_gradient_into(images, gradient, result)
        })
    });
    register(2, &|| {
        let sums = convolution.bias_gradient(gradient, output).unwrap_or_default();
        tensor(sums, [output[1]])
    });
}

impl Backward<Flex, 2> for Conv2dBackward {
    type State = Conv2dState;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        conv2d_gradients(ops, grads);
    }
}

impl Backward<Flex, 3> for Conv2dBackward {
    type State = Conv2dState;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        conv2d_gradients(ops, grads);
    }
}

#[derive(Debug)]
struct SeluBackward;

impl Backward<Flex, 1> for SeluBackward {
    /// The output.
    type State = FlexTensor;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let given = dense(&grads.consume::<Flex>(&ops.node));
        let mut gradient = vec![0.0; values(&given).len()];
        selu::backward(values(&ops.state), values(&given), &mut gradient);
        if let [Some(node)] = ops.parents {
            grads.register::<Flex>(node.id, tensor(gradient, shape::<2>(&given)));
        }
    }
}

#[derive(Debug)]
struct BatchNormBackward;

/// What the backward pass of batch norm needs.
#[derive(Debug, Clone)]
struct BatchNormState {
    x: FlexTensor,
    gamma: FlexTensor,
    batch: [FlexTensor; 2],
    /// The output if its sign is the ReLU's mask.
    output: Option<FlexTensor>,
    norm: Normalization,
    buffers: Buffers,
}

fn batch_norm_gradients<const N: usize>(ops: Ops<BatchNormState, N>, grads: &mut Gradients) {
    let gradient = dense(&grads.consume::<Flex>(&ops.node));
    let BatchNormState { x, gamma, batch: [mean, variance], output, norm, buffers } = ops.state;
    let [x, gamma] = [x, gamma].map(|tensor| dense(&tensor));
    let inputs = BackwardInputs {
        x: values(&x),
        gamma: values(&gamma),
        mean: values(&mean),
        variance: values(&variance),
        output: output.as_ref().map(values),
        gradient: values(&gradient),
    };
    // Without ReLU the sum passes the gradient on as it came.
    let wants_residual = norm.relu && matches!(ops.parents.get(3), Some(Some(_)));
    let mut input = buffers.lend(inputs.x.len());
    let mut residual = wants_residual.then(|| buffers.lend(inputs.x.len()));
    let written = residual.as_mut().map_or(&mut [][..], Lent::values);
    let (gamma, beta) = normalize_backward(&norm, inputs, input.values(), written);
    let channels = [norm.shape[1]];
    let results = [
        lent_tensor(input, norm.shape),
        tensor(gamma, channels),
        tensor(beta, channels),
        residual.map_or_else(|| gradient.clone(), |r| lent_tensor(r, norm.shape)),
    ];
    for (node, result) in ops.parents.iter().zip(results) {
        if let Some(node) = node {
            grads.register::<Flex>(node.id, result);
        }
    }
}

impl Backward<Flex, 3> for BatchNormBackward {
    type State = BatchNormState;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        batch_norm_gradients(ops, grads);
    }
}

impl Backward<Flex, 4> for BatchNormBackward {
    type State = BatchNormState;

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        batch_norm_gradients(ops, grads);
    }
}

impl<C: CheckpointStrategy> ConvBackend for Autodiff<Flex, C> {
    fn vertebra_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: Optional<Self>,
        convolution: LayerConvolution,
    ) -> FloatTensor<Self> {
        let [a, b] = [x.primitive().clone(), weight.primitive().clone()];
        let bias = bias.into_option();
        let c = bias.as_ref().map(|bias| bias.primitive().clone());
        let y = Flex::vertebra_conv2d(a.clone(), b.clone(), c.into(), convolution.clone());
        let state = (a, b, convolution);
        match bias {
            Some(bias) => match Conv2dBackward
                .prepare::<C>([x.node(), weight.node(), bias.node()])
                .compute_bound()
                .stateful()
            {
                OpsKind::Tracked(prep) => prep.finish(state, y),
                OpsKind::UnTracked(prep) => prep.finish(y),
            },
            None => match Conv2dBackward
                .prepare::<C>([x.node(), weight.node()])
                .compute_bound()
                .stateful()
            {
                OpsKind::Tracked(prep) => prep.finish(state, y),
                OpsKind::UnTracked(prep) => prep.finish(y),
            },
        }
    }

    fn vertebra_selu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let y = Flex::vertebra_selu(x.primitive().clone());
        match SeluBackward.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(y.clone(), y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }

    fn vertebra_batch_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: Optional<Self>,
        running: Statistics<Self>,
        settings: Settings,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let residual = residual.into_option();
        let [a, b, c] = [&x, &gamma, &beta].map(|t| t.primitive().clone());
        let d = residual.as_ref().map(|r| r.primitive());
        let (y, batch) = batch_norm([&a, &b, &c], d, &settings);
        let [mean, variance] =
            [running.mean, running.variance].map(FloatTensor::<Self>::into_primitive);
        let running = follow(&Statistics { mean, variance }, &batch, settings.momentum);
        let norm =
            Normalization { shape: shape(&a), epsilon: settings.epsilon, relu: settings.relu };
        let state = BatchNormState {
            x: a,
            gamma: b,
            batch: [batch.mean, batch.variance],
            output: settings.relu.then(|| y.clone()),
            norm,
            buffers: settings.buffers,
        };
        let y = match residual {
            Some(residual) => match BatchNormBackward
                .prepare::<C>([x.node(), gamma.node(), beta.node(), residual.node()])
                .compute_bound()
                .stateful()
            {
                OpsKind::Tracked(prep) => prep.finish(state, y),
                OpsKind::UnTracked(prep) => prep.finish(y),
            },
            None => match BatchNormBackward
                .prepare::<C>([x.node(), gamma.node(), beta.node()])
                .compute_bound()
                .stateful()
            {
                OpsKind::Tracked(prep) => prep.finish(state, y),
                OpsKind::UnTracked(prep) => prep.finish(y),
            },
        };
        let [mean, variance] = [running.mean, running.variance].map(FloatTensor::<Self>::new);
        (y, mean, variance)
    }
}
