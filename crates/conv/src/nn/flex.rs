//! Between flex tensors and slices.

use burn::backend::flex::FlexTensor;
use burn::backend::{DispatchTensor, DispatchTensorKind, Flex};
use burn::tensor::{DType, Device, Tensor, TensorData};

use crate::buffers;

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

/// [`dense`], without a second reference to the storage.
pub(super) fn into_dense(tensor: FlexTensor) -> FlexTensor {
    tensor.to_contiguous()
}

/// The values of a [`dense`] f32 tensor.
pub(super) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.storage()
}

pub(super) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// Keeps the memory of a tensor that nothing else refers to for another result.
pub(super) fn recycle(tensor: FlexTensor) {
    if tensor.is_unique()
        && tensor.dtype() == DType::F32
        && let Ok(values) = tensor.into_data().try_into_vec::<f32>()
    {
        buffers::give_back(values);
    }
}

/// The tensor's shape; every caller passes tensors of rank `D`.
pub(super) fn shape<const D: usize>(
    tensor: &<Flex as burn::backend::BackendTypes>::FloatTensorPrimitive,
) -> [usize; D] {
    tensor.layout().shape().dims()
}
