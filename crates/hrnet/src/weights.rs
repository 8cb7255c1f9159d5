//! Loading and saving a network's weights by their published names.

use crate::names::published_name;
use crate::weight_file::{self, NamedTensors};
use crate::{Error, Hrnet};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use std::collections::BTreeSet;
use std::path::Path;

/// Which weights of a file are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightScope {
    /// All of them: a pose network with the same number of keypoints.
    All,
    /// All but the head `final_layer`, which keeps its first weights: a pose network with other
    /// keypoints, or an ImageNet network, whose classifier and unused outputs of the last module
    /// are passed over.
    Backbone,
}

impl Hrnet {
    /// Loads published weights (`.pth`, `.safetensors`; the official pose networks and timm's
    /// ImageNet networks use the same names).
    ///
    /// A network with one input channel takes the sum of the three channels of the first
    /// convolution: the same output as for a grey picture repeated in three channels.
    ///
    /// # Errors
    /// [`Error::WeightsMismatch`] with all missing and unexpected names, and [`Error::Malformed`]
    /// or [`Error::Io`]; a network is never loaded in part.
    pub fn load_weights(self, path: &Path, scope: WeightScope) -> Result<Self, Error> {
        let tensors = weight_file::read(path)?;
        let mut load = Load::new(tensors, scope);
        let network = self.map(&mut load);
        load.into_result(path)?;
        Ok(network)
    }

    /// Writes all weights as `.safetensors` with the published names.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save_weights(&self, path: &Path) -> Result<(), Error> {
        let mut collect = Collect::default();
        self.valid().visit(&mut collect);
        weight_file::write_safetensors(path, &collect.tensors)
    }

    /// Number of learnable parameters, as torch counts them: without running statistics.
    #[must_use]
    pub fn n_parameters(&self) -> usize {
        let mut collect = Collect::default();
        self.valid().visit(&mut collect);
        let learnt = |name: &str| !name.contains(".running_");
        collect.tensors.iter().filter(|(n, _)| learnt(n)).map(|(_, t)| t.num_elements()).sum()
    }
}

#[derive(Default)]
struct Collect {
    path: Vec<String>,
    tensors: NamedTensors,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.tensors.insert(published_name(&self.path), param.val().into_data());
    }
}

struct Load {
    tensors: NamedTensors,
    scope: WeightScope,
    path: Vec<String>,
    used: BTreeSet<String>,
    missing: Vec<String>,
    mismatched: Vec<String>,
}

impl Load {
    fn new(tensors: NamedTensors, scope: WeightScope) -> Self {
        let (missing, mismatched) = (Vec::new(), Vec::new());
        Self { tensors, scope, path: Vec::new(), used: BTreeSet::new(), missing, mismatched }
    }

    fn into_result(self, path: &Path) -> Result<(), Error> {
        let Self { tensors, scope, used, missing, mismatched, .. } = self;
        let unexpected: Vec<String> = tensors
            .into_keys()
            .filter(|name| !used.contains(name) && !may_be_left(name, scope))
            .collect();
        if missing.is_empty() && unexpected.is_empty() && mismatched.is_empty() {
            return Ok(());
        }
        Err(Error::WeightsMismatch { path: path.to_owned(), missing, unexpected, mismatched })
    }

    /// The tensor for a parameter of this name and shape, or `None` and a note.
    fn take(&mut self, name: String, shape: &[usize]) -> Option<TensorData> {
        let Some(data) = self.tensors.get(&name) else {
            self.missing.push(name);
            return None;
        };
        let data = if needs_grey(&name, data.shape().as_slice(), shape) {
            sum_over_input_channels(data)
        } else {
            data.clone()
        };
        if data.shape().as_slice() != shape {
            let got = data.shape().to_vec();
            self.mismatched.push(format!("{name} (expected {shape:?}, got {got:?})"));
        }
        self.used.insert(name);
        (data.shape().as_slice() == shape).then_some(data)
    }
}

fn is_head(name: &str) -> bool {
    name.starts_with("final_layer.")
}

/// timm's ImageNet networks have a classifier, and all outputs of the last module.
fn may_be_left(name: &str, scope: WeightScope) -> bool {
    let first = name.split('.').next().unwrap_or_default();
    let classifier = ["final_layer", "classifier", "incre_modules", "downsamp_modules"];
    let other_output =
        name.starts_with("stage4.2.fuse_layers.") && !name.starts_with("stage4.2.fuse_layers.0.");
    scope == WeightScope::Backbone && (classifier.contains(&first) || other_output)
}

fn needs_grey(name: &str, got: &[usize], wanted: &[usize]) -> bool {
    name == "conv1.weight" && got.len() == 4 && got[1] == 3 && wanted.len() == 4 && wanted[1] == 1
}

/// `[out, 3, kh, kw]` to `[out, 1, kh, kw]`.
fn sum_over_input_channels(data: &TensorData) -> TensorData {
    let shape = data.shape().to_vec();
    let area = shape[2] * shape[3];
    let values: Vec<f32> = data.iter::<f32>().collect();
    let sums = values
        .chunks(3 * area)
        .flat_map(|kernel| (0..area).map(|i| kernel[i] + kernel[area + i] + kernel[2 * area + i]))
        .collect();
    TensorData::new(sums, [shape[0], 1, shape[2], shape[3]])
}

impl ModuleMapper for Load {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = published_name(&self.path);
        if self.scope == WeightScope::Backbone && is_head(&name) {
            return param;
        }
        let shape = param.lazy_shape();
        match self.take(name, shape.as_slice()) {
            Some(data) => {
                let (device, id) = (param.lazy_device(), param.id);
                param.transform_for_load(Tensor::from_data(data, &device), id)
            }
            None => param,
        }
    }
}
