//! The operations on flex and under autodiff; burn routes to them at run time.

use burn::backend::autodiff::{
    checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
    grads::Gradients,
    ops::{Backward, Ops, OpsKind},
};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, ExtensionType, Flex, backend_extension};

use super::flex::{dense, into_dense, recycle, shape, tensor, values};
use crate::Convolution;
use crate::normalization::{Normalization, normalize, normalize_backward};

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

/// What a batch norm layer is set to, and what follows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) epsilon: f64,
    /// Weight of the batch in the running statistics.
    pub(crate) momentum: f64,
    pub(crate) relu: bool,
}

/// What this crate adds to a backend.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait ConvBackend: Backend {
    /// A convolution that has been found to fit its input.
    fn vertebra_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        #[extension_type] bias: Optional<Self>,
        convolution: Convolution,
    ) -> FloatTensor<Self>;

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
        convolution: Convolution,
    ) -> FlexTensor {
        let input = shape::<4>(&x);
        let (x, weight, bias) = (dense(&x), dense(&weight), bias.into_option().as_ref().map(dense));
        let output = convolution.output_shape(input);
        let y = convolution.forward(values(&x), input, values(&weight), bias.as_ref().map(values));
        computed(y, output)
    }

    fn vertebra_batch_norm(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        residual: Optional<Self>,
        running: Statistics<Self>,
        settings: Settings,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let (y, batch) = batch_norm(&x, &gamma, &beta, residual.into_option().as_ref(), settings);
        let running = follow(&running, &batch, settings.momentum);
        (y, running.mean, running.variance)
    }
}

/// The output and the batch's statistics.
fn batch_norm(
    x: &FlexTensor,
    gamma: &FlexTensor,
    beta: &FlexTensor,
    residual: Option<&FlexTensor>,
    settings: Settings,
) -> (FlexTensor, Statistics<Flex>) {
    let size = shape::<4>(x);
    let [x, gamma, beta] = [x, gamma, beta].map(dense);
    let residual = residual.map(dense);
    let norm = Normalization { shape: size, epsilon: settings.epsilon, relu: settings.relu };
    let residual = residual.as_ref().map(values);
    let done = normalize(&norm, values(&x), values(&gamma), values(&beta), residual);
    let [mean, variance] = [done.mean, done.variance].map(|v| tensor(v, [size[1]]));
    (tensor(done.output, size), Statistics { mean, variance })
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

/// The callers have checked the shapes, so there is always a result; a wrong shape would give an
/// empty tensor, which burn's own shape checks report at its next use.
fn computed(
    values: Result<Vec<f32>, crate::Error>,
    shape: Result<[usize; 4], crate::Error>,
) -> FlexTensor {
    match (values, shape) {
        (Ok(values), Ok(shape)) => tensor(values, shape),
        _ => tensor(Vec::new(), [0; 4]),
    }
}

#[derive(Debug)]
struct Conv2dBackward;

/// Input, weight and layer.
type Conv2dState = (FlexTensor, FlexTensor, Convolution);

fn conv2d_gradients<const N: usize>(ops: Ops<Conv2dState, N>, grads: &mut Gradients) {
    let given = into_dense(grads.consume::<Flex>(&ops.node));
    let (x, weight, convolution) = ops.state;
    let (input, output) = (shape::<4>(&x), shape::<4>(&given));
    let filter = shape::<4>(&weight);
    let [x, weight] = [x, weight].map(into_dense);
    let gradient = values(&given);
    let mut register = |i: usize, compute: &dyn Fn() -> FlexTensor| {
        if let Some(Some(node)) = ops.parents.get(i) {
            grads.register::<Flex>(node.id, compute());
        }
    };
    register(0, &|| {
        computed(convolution.input_gradient(gradient, values(&weight), input), Ok(input))
    });
    register(1, &|| computed(convolution.weight_gradient(values(&x), input, gradient), Ok(filter)));
    register(2, &|| {
        let sums = convolution.bias_gradient(gradient, output).unwrap_or_default();
        tensor(sums, [output[1]])
    });
    [given, x].into_iter().for_each(recycle);
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
struct BatchNormBackward;

/// Input, gamma, mean, variance, the output if its sign is the ReLU's mask, and the settings.
type BatchNormState =
    (FlexTensor, FlexTensor, FlexTensor, FlexTensor, Option<FlexTensor>, Normalization);

fn batch_norm_gradients<const N: usize>(ops: Ops<BatchNormState, N>, grads: &mut Gradients) {
    let gradient = into_dense(grads.consume::<Flex>(&ops.node));
    let (x, gamma, mean, variance, output, norm) = ops.state;
    let [x, gamma] = [x, gamma].map(into_dense);
    let wants_residual = matches!(ops.parents.get(3), Some(Some(_)));
    let done = normalize_backward(
        &norm,
        values(&x),
        values(&gamma),
        [values(&mean), values(&variance)],
        output.as_ref().map(values),
        values(&gradient),
        wants_residual,
    );
    let channels = [norm.shape[1]];
    let results = [
        Some(tensor(done.input, norm.shape)),
        Some(tensor(done.gamma, channels)),
        Some(tensor(done.beta, channels)),
        // Without ReLU the sum passes the gradient on as it came.
        done.residual.map(|r| tensor(r, norm.shape)).or_else(|| Some(gradient.clone())),
    ];
    for (node, result) in ops.parents.iter().zip(results) {
        if let (Some(node), Some(result)) = (node, result) {
            grads.register::<Flex>(node.id, result);
        }
    }
    [Some(gradient), Some(x), output].into_iter().flatten().for_each(recycle);
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
        convolution: Convolution,
    ) -> FloatTensor<Self> {
        let [a, b] = [x.primitive().clone(), weight.primitive().clone()];
        let bias = bias.into_option();
        let c = bias.as_ref().map(|bias| bias.primitive().clone());
        let y = Flex::vertebra_conv2d(a.clone(), b.clone(), c.into(), convolution);
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
        let (y, batch) = batch_norm(&a, &b, &c, d, settings);
        let [mean, variance] =
            [running.mean, running.variance].map(FloatTensor::<Self>::into_primitive);
        let running = follow(&Statistics { mean, variance }, &batch, settings.momentum);
        let norm =
            Normalization { shape: shape(&a), epsilon: settings.epsilon, relu: settings.relu };
        let mask = settings.relu.then(|| y.clone());
        let state = (a, b, batch.mean, batch.variance, mask, norm);
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
