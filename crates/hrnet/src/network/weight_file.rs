//! Named tensors in files: PyTorch's `.pth` and `.safetensors`.

use crate::Error;
use burn::store::{ModuleStore, PytorchStore, SafetensorsStore, burn_pack};
use burn::tensor::TensorData;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use vertebra_training::write_whole;

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

/// Writes f32 tensors as `.safetensors`: a length, a JSON header, then the numbers.
///
/// The file appears complete or not at all.
pub(crate) fn write_safetensors(path: &Path, tensors: &NamedTensors) -> Result<(), Error> {
    write_whole(path, |file| {
        let header = header(tensors);
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(&header)?;
        for data in tensors.values() {
            let values: Vec<u8> = data.iter::<f32>().flat_map(f32::to_le_bytes).collect();
            file.write_all(&values)?;
        }
        Ok(())
    })
    .map_err(Error::io(path))
}

/// The JSON header, padded with spaces so that the numbers are aligned to 8 bytes.
fn header(tensors: &NamedTensors) -> Vec<u8> {
    let mut end = 0;
    let mut entries = serde_json::Map::new();
    for (name, data) in tensors {
        let start = end;
        end += 4 * data.num_elements();
        let shape: Vec<usize> = data.shape().to_vec();
        let entry =
            serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, end] });
        entries.insert(name.clone(), entry);
    }
    entries.insert("__metadata__".into(), serde_json::json!({ "format": "pt" }));
    let mut header = serde_json::Value::Object(entries).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    header
}
