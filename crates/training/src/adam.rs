//! Adam and AdamW in one pass over each parameter, on the CPU.

use burn::backend::flex::FlexTensor;
use burn::backend::{BackendTensor, DispatchTensor, DispatchTensorKind};
use burn::optim::{AdamW, AdamWConfig, AdamWState, AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{DType, Device, Tensor, TensorData};

use rayon::prelude::*;

/// Values of one unit of parallel work.
const CHUNK: usize = 1 << 16;

/// Adam (Kingma & Ba, ICLR 2015) or AdamW (Loshchilov & Hutter, ICLR 2019), computed in place and
/// in one pass where the parameter is f32 on flex; by burn's operations in every other case.
///
/// With `t` the number of the step, `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g²` and
/// `w = w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)`. State and records are those of
/// burn's optimisers.
///
/// # Examples
/// ```
/// use burn::optim::ModuleOptimizer;
/// use vertebra_training::Adam;
/// let optimizer = ModuleOptimizer::from(Adam::decoupled(1e-2));
/// # let _ = optimizer;
/// ```
#[derive(Clone)]
pub struct Adam {
    weight_decay: f32,
    decoupled: bool,
    /// For everything that is not f32 on flex, without its own weight decay unless decoupled.
    burn: AdamW,
}

impl std::fmt::Debug for Adam {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adam")
            .field("weight_decay", &self.weight_decay)
            .field("decoupled", &self.decoupled)
            .finish_non_exhaustive()
    }
}

const BETAS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;

impl Adam {
    /// Adam with beta 0.9 and 0.999 and epsilon 1e-8; the weight decay times the parameter is added
    /// to the gradient.
    #[must_use]
    pub fn coupled(weight_decay: f32) -> Self {
        Self::new(weight_decay, false)
    }

    /// AdamW with the same settings: the parameter shrinks by the learning rate times the weight
    /// decay.
    #[must_use]
    pub fn decoupled(weight_decay: f32) -> Self {
        Self::new(weight_decay, true)
    }

    fn new(weight_decay: f32, decoupled: bool) -> Self {
        let burn = AdamWConfig::new()
            .with_beta_1(BETAS[0])
            .with_beta_2(BETAS[1])
            .with_epsilon(EPSILON)
            .with_weight_decay(if decoupled { weight_decay } else { 0.0 });
        Self { weight_decay, decoupled, burn: burn.build() }
    }

    fn settings(&self, lr: LearningRate, time: usize) -> Step {
        let power = |beta: f32| 1.0 - f64::from(beta).powi(i32::try_from(time).unwrap_or(i32::MAX));
        let (decay, root) = (f64::from(self.weight_decay), power(BETAS[1]).sqrt());
        Step {
            betas: BETAS,
            penalty: if self.decoupled { 0.0 } else { self.weight_decay },
            kept: if self.decoupled { (1.0 - lr * decay) as f32 } else { 1.0 },
            rate: (lr * root / power(BETAS[0])) as f32,
            epsilon: (f64::from(EPSILON) * root) as f32,
        }
    }

    fn by_burn<const D: usize>(
        &self,
        lr: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamWState<D>>,
    ) -> (Tensor<D>, Option<AdamWState<D>>) {
        let gradient = match self.decoupled || self.weight_decay == 0.0 {
            true => gradient,
            false => gradient + parameter.clone().mul_scalar(self.weight_decay),
        };
        self.burn.step(lr, parameter, gradient, state)
    }
}

impl Optimizer for Adam {
    type State<const D: usize> = AdamWState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamWState<D>>,
    ) -> (Tensor<D>, Option<AdamWState<D>>) {
        let fits = |t: &Tensor<D>| is_plain_flex(t) && t.dims() == parameter.dims();
        let moments = |s: &AdamWState<D>| fits(&s.momentum.moment_1) && fits(&s.momentum.moment_2);
        if !fits(&parameter) || !fits(&gradient) || !state.as_ref().is_none_or(moments) {
            return self.by_burn(lr, parameter, gradient, state);
        }
        let shape = parameter.dims();
        let (time, moments) = match state.map(|state| state.momentum) {
            Some(m) => (m.time, [m.moment_1, m.moment_2].map(storage)),
            None => (0, [zeros(shape), zeros(shape)]),
        };
        let settings = self.settings(lr, time + 1);
        let (mut parameter, gradient) = (storage(parameter), storage(gradient));
        let [mut first, mut second] = moments;
        settings.update(&mut parameter, &gradient, [&mut first, &mut second]);
        let [parameter, first, second] = [parameter, first, second].map(from_storage);
        let momentum = AdaptiveMomentumState::new(time + 1, first, second);
        (parameter, Some(AdamWState::new(momentum)))
    }

    fn to_device<const D: usize>(state: AdamWState<D>, device: &Device) -> AdamWState<D> {
        <AdamW as Optimizer>::to_device(state, device)
    }
}

/// True for an f32 tensor on flex without autodiff.
fn is_plain_flex<const D: usize>(tensor: &Tensor<D>) -> bool {
    let is_flex = |tensor: DispatchTensor| {
        matches!(tensor.kind, DispatchTensorKind::Flex(BackendTensor::Float(_)))
    };
    tensor.dtype() == DType::F32 && is_flex(tensor.clone().into_dispatch())
}

/// The dense storage of a tensor that [`is_plain_flex`].
fn storage<const D: usize>(tensor: Tensor<D>) -> FlexTensor {
    #[allow(clippy::infallible_destructuring_match)]
    let tensor = match tensor.into_dispatch().kind {
        DispatchTensorKind::Flex(tensor) => tensor.float(),
        #[allow(unreachable_patterns)] // other backends may be compiled in
        _ => zeros([0; D]),
    };
    tensor.to_contiguous()
}

fn zeros<const D: usize>(shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(vec![0.0_f32; shape.iter().product()], shape))
}

fn from_storage<const D: usize>(tensor: FlexTensor) -> Tensor<D> {
    Tensor::from_dispatch(DispatchTensor {
        kind: DispatchTensorKind::Flex(BackendTensor::Float(tensor)),
        autodiff: Default::default(),
    })
}

/// Factors of one step.
#[derive(Debug, Clone, Copy)]
struct Step {
    betas: [f32; 2],
    /// Times the parameter, added to the gradient.
    penalty: f32,
    /// Share of the parameter that stays.
    kept: f32,
    /// Learning rate, corrected for the moments' start at zero.
    rate: f32,
    /// Added to the root of the second moment, corrected likewise.
    epsilon: f32,
}

impl Step {
    /// In place on parameter `w`, gradient `g`, moments `m` and `v`; a loop that the compiler
    /// vectorises.
    fn apply(self, w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32]) {
        let [b1, b2] = self.betas;
        for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            let g = *g + self.penalty * *w;
            *m = b1 * *m + (1.0 - b1) * g;
            *v = b2 * *v + (1.0 - b2) * (g * g);
            *w = self.kept * *w - self.rate * *m / (v.sqrt() + self.epsilon);
        }
    }

    /// [`Step::apply`], in parallel where there is enough to do.
    fn update(
        self,
        parameter: &mut FlexTensor,
        gradient: &FlexTensor,
        [first, second]: [&mut FlexTensor; 2],
    ) {
        let gradient: &[f32] = gradient.storage();
        let parameter = parameter.storage_mut::<f32>();
        let (first, second) = (first.storage_mut::<f32>(), second.storage_mut::<f32>());
        if gradient.len() <= CHUNK {
            return self.apply(parameter, gradient, first, second);
        }
        let parts = parameter.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
        let moments = first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK));
        parts.zip(moments).for_each(|((w, g), (m, v))| self.apply(w, g, m, v));
    }
}
