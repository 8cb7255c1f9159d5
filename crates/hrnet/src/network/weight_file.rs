//! Named tensors in files: PyTorch's `.pth` and `.safetensors`.

use crate::Error;
use burn::store::{ModuleStore, PytorchStore, SafetensorsStore, burn_pack};
use burn::tensor::TensorData;
use safetensors::tensor::{Dtype, View, serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use vertebra_run::write_whole;

/// Tensors by name, as f32.
pub(crate) type NamedTensors = BTreeMap<String, TensorData>;

/// Reads every floating-point tensor of a file; the format goes by the ending.
pub(crate) fn read(path: &Path) -> Result<NamedTensors, Error> {
    std::fs::metadata(path).map_err(Error::io(path))?;
    let is = |wanted: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(wanted));
    if is("safetensors") {
        collect(path, &mut SafetensorsStore::from_file(path))
    } else if is("pth") || is("pt") || is("bin") {
        collect(path, &mut PytorchStore::from_file(path).map_indices_contiguous(false))
    } else {
        let expected = "a file ending in .safetensors, .pth, .pt or .bin";
        Err(Error::malformed(path, expected, path.display()))
    }
}

/// Reads every floating-point tensor of a `.safetensors` file in memory; errors call it `name`.
pub(crate) fn read_bytes(name: &Path, bytes: &[u8]) -> Result<NamedTensors, Error> {
    collect(name, &mut SafetensorsStore::from_bytes(Some(bytes.to_vec())))
}

fn collect<S: ModuleStore>(path: &Path, store: &mut S) -> Result<NamedTensors, Error> {
    let malformed = |e: &dyn std::fmt::Display| Error::malformed(path, "named tensors", e);
    let tensors = store.get_all_tensors().map_err(|e| malformed(&e))?;
    tensors
        .iter()
        .filter(|(_, tensor)| tensor.dtype.is_float())
        .map(|(name, tensor)| Ok((name.clone(), as_f32(tensor).map_err(|e| malformed(&e))?)))
        .collect()
}

fn as_f32(tensor: &burn_pack::Tensor) -> Result<TensorData, burn_pack::Error> {
    let bytes = tensor.to_bytes()?;
    Ok(TensorData::from_bytes(bytes, tensor.shape.clone(), tensor.dtype).convert::<f32>())
}

/// Writes f32 tensors as `.safetensors`; the file appears complete or not at all.
pub(crate) fn write_safetensors(path: &Path, tensors: &NamedTensors) -> Result<(), Error> {
    let cannot = |e: &dyn std::fmt::Display| Error::malformed(path, "tensors to write", e);
    let views = tensors.iter().map(|(name, data)| (name, Floats(data)));
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let file = serialize(views, Some(metadata));
    Ok(write_whole(path, file.map_err(|e| cannot(&e))?)?)
}

/// An f32 tensor whose bytes are made when its turn has come, one tensor's at a time.
struct Floats<'a>(&'a TensorData);

impl View for Floats<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        self.0.shape().as_slice()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.0.iter::<f32>().flat_map(f32::to_le_bytes).collect())
    }

    fn data_len(&self) -> usize {
        size_of::<f32>() * self.0.num_elements()
    }
}
