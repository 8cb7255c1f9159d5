//! Between flex tensors and slices.

use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::{DispatchTensor, DispatchTensorKind, Flex};
use burn::tensor::{DType, Device, Shape, Tensor, TensorData};

use super::buffers::Lent;

/// True if the device is burn's flex, with or without autodiff: the CPU, where this crate's
/// layers and plans are faster than burn's own operations.
#[must_use]
pub fn runs_on_flex(device: &Device) -> bool {
    device.clone().without_autodiff() == Device::flex()
}

/// True if the tensor is f32 on flex, with or without autodiff.
pub(super) fn is_flex<const D: usize>(tensor: &Tensor<D>) -> bool {
    if tensor.dtype() != DType::F32 {
        return false;
    }
    let dispatch: DispatchTensor = tensor.clone().into_dispatch();
    match dispatch.kind {
        DispatchTensorKind::Flex(_) => true,
        DispatchTensorKind::Autodiff(inner) => matches!(*inner, DispatchTensorKind::Flex(_)),
        #[allow(unreachable_patterns)] // other backends may be compiled in
        _ => false,
    }
}

/// A contiguous tensor whose storage holds its values and nothing else.
pub(super) fn dense(tensor: &FlexTensor) -> FlexTensor {
    tensor.to_contiguous()
}

/// The values of a [`dense`] f32 tensor.
pub(super) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.storage()
}

pub(super) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// A tensor of memory that goes back to its owner with the last reference to it.
pub(super) fn lent_tensor<const D: usize>(lent: Lent, shape: [usize; D]) -> FlexTensor {
    FlexTensor::new(lent.into_bytes(), Layout::contiguous(Shape::from(shape)), DType::F32)
}

/// The tensor's shape; every caller passes tensors of rank `D`.
pub(super) fn shape<const D: usize>(
    tensor: &<Flex as burn::backend::BackendTypes>::FloatTensorPrimitive,
) -> [usize; D] {
    tensor.layout().shape().dims()
}
