//! Loading and saving a network's weights by their published names.

use super::names::published_name;
use super::weight_file::{self, NamedTensors};
use crate::{Error, Hrnet};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use std::path::Path;

/// Which weights of a file are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WeightScope {
    /// All of them: a pose network with the same number of keypoints.
    All,
    /// All but the head `final_layer`, which keeps its initial weights: a pose network with other
    /// keypoints, or an ImageNet network, whose classifier and unused outputs of the last module
    /// are passed over.
    Backbone,
}

impl Hrnet {
    /// Loads published weights (`.pth`, `.safetensors`; the official pose networks and timm's
    /// ImageNet networks use the same names; those of MMPose and of torch's training checkpoints
    /// are the same behind `state_dict.`, `module.`, `backbone.` or the head's name).
    ///
    /// A network with one input channel takes the sum of the three channels of the first
    /// convolution: the same output as for a grey picture repeated in three channels.
    ///
    /// # Errors
    /// [`Error::WeightsMismatch`] with all missing and unexpected names, and [`Error::Malformed`]
    /// or [`Error::Io`]; a network is never loaded in part.
    pub fn load_weights(self, path: &Path, scope: WeightScope) -> Result<Self, Error> {
        self.with_tensors(path, weight_file::read(path)?, scope)
    }

    /// As [`load_weights`](Self::load_weights) with all weights, for the bytes of a `.safetensors`
    /// file, which errors call `name`.
    pub(crate) fn load_bytes(self, name: &Path, bytes: &[u8]) -> Result<Self, Error> {
        self.with_tensors(name, weight_file::read_bytes(name, bytes)?, WeightScope::All)
    }

    /// The same network with `n_keypoints` heatmaps: those that it has are kept, further ones are
    /// silent until they are trained.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for fewer heatmaps than it has.
    pub fn with_heatmaps(&self, n_keypoints: usize) -> Result<Self, Error> {
        let (had, name) = (self.config().n_keypoints, "network.n_keypoints");
        if n_keypoints < had {
            return Err(Error::invalid(name, format!("at least {had}"), n_keypoints));
        }
        let mut collect = Collect::default();
        self.valid().visit(&mut collect);
        for (_, data) in collect.tensors.iter_mut().filter(|(name, _)| is_head(name)) {
            let mut shape = data.shape().to_vec();
            let mut values: Vec<f32> = data.iter::<f32>().collect();
            values.resize(values.len() / had * n_keypoints, 0.0);
            shape[0] = n_keypoints;
            *data = TensorData::new(values, shape);
        }
        let device = self.devices().into_iter().next().unwrap_or_default();
        let network = self.config().clone().with_n_keypoints(n_keypoints).init(&device)?;
        network.with_tensors(Path::new(name), collect.tensors, WeightScope::All)
    }

    fn with_tensors(
        self,
        name: &Path,
        tensors: NamedTensors,
        scope: WeightScope,
    ) -> Result<Self, Error> {
        let last_module = self.config().stages[2].n_modules - 1;
        let mut load = Load::new(unwrapped(tensors), scope, last_module);
        let network = self.map(&mut load);
        load.into_result(name)?;
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

/// What checkpoints put before the published names.
const WRAPPERS: [&str; 5] = ["state_dict.", "module.", "backbone.", "keypoint_head.", "head."];

/// The tensors by their published names, where those are behind [`WRAPPERS`].
fn unwrapped(tensors: NamedTensors) -> NamedTensors {
    if tensors.contains_key("conv1.weight") {
        return tensors;
    }
    let bare = |name: String| {
        let strip = |name: &str, wrapper| name.strip_prefix(wrapper).unwrap_or(name).to_owned();
        WRAPPERS.into_iter().fold(name, |name, wrapper| strip(&name, wrapper))
    };
    tensors.into_iter().map(|(name, data)| (bare(name), data)).collect()
}

struct Load {
    /// Those that no parameter has taken yet.
    tensors: NamedTensors,
    scope: WeightScope,
    /// Number of the last module of stage 4, from 0.
    last_module: usize,
    path: Vec<String>,
    missing: Vec<String>,
    mismatched: Vec<String>,
}

impl Load {
    fn new(tensors: NamedTensors, scope: WeightScope, last_module: usize) -> Self {
        let (path, missing, mismatched) = (Vec::new(), Vec::new(), Vec::new());
        Self { tensors, scope, last_module, path, missing, mismatched }
    }

    fn into_result(self, path: &Path) -> Result<(), Error> {
        let Self { tensors, scope, last_module, missing, mismatched, .. } = self;
        let left = tensors.into_keys();
        let unexpected: Vec<String> =
            left.filter(|name| !may_be_left(name, scope, last_module)).collect();
        if missing.is_empty() && unexpected.is_empty() && mismatched.is_empty() {
            return Ok(());
        }
        Err(Error::WeightsMismatch { path: path.to_owned(), missing, unexpected, mismatched })
    }

    /// The tensor for a parameter of this name and shape, or `None` and a note.
    fn take(&mut self, name: String, shape: &[usize]) -> Option<TensorData> {
        let Some(mut data) = self.tensors.remove(&name) else {
            self.missing.push(name);
            return None;
        };
        if needs_grey(&name, data.shape().as_slice(), shape) {
            data = sum_over_input_channels(&data);
        }
        if data.shape().as_slice() != shape {
            let got = data.shape().to_vec();
            self.mismatched.push(format!("{name} (expected {shape:?}, got {got:?})"));
        }
        (data.shape().as_slice() == shape).then_some(data)
    }
}

fn is_head(name: &str) -> bool {
    name.starts_with("final_layer.")
}

/// timm's ImageNet networks have a classifier, and all outputs of the last module.
fn may_be_left(name: &str, scope: WeightScope, last_module: usize) -> bool {
    let first = name.split('.').next().unwrap_or_default();
    let classifier = ["final_layer", "classifier", "incre_modules", "downsamp_modules"];
    let outputs = format!("stage4.{last_module}.fuse_layers.");
    let other_output = name.strip_prefix(&outputs).is_some_and(|row| !row.starts_with("0."));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HrnetConfig, StageConfig};
    use burn::tensor::Device;
    use std::path::PathBuf;

    /// Two modules in stage 4, and its weights.
    fn network() -> (HrnetConfig, NamedTensors) {
        let stage = |n_modules| StageConfig { n_modules, n_blocks: 1 };
        let config =
            HrnetConfig { stages: [stage(1), stage(1), stage(2)], ..HrnetConfig::small(2) };
        let mut collect = Collect::default();
        config.init(&Device::default()).unwrap().with_initial_weights(4).visit(&mut collect);
        (config, collect.tensors)
    }

    fn written(tensors: &NamedTensors) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        weight_file::write_safetensors(&path, tensors).unwrap();
        (folder, path)
    }

    #[test]
    fn further_heatmaps_are_silent_and_leave_the_others_as_they_are() {
        let network = HrnetConfig::small(2).init(&Device::default()).unwrap();
        let network = network.with_initial_weights(3);
        let more = network.with_heatmaps(7).unwrap();
        let x = Tensor::<4>::ones([1, 1, 32, 32], &Device::default());
        let maps = |network: &Hrnet| -> Vec<f32> {
            network.valid().forward(x.clone()).into_data().iter::<f32>().collect()
        };
        let (few, many) = (maps(&network), maps(&more));
        assert_eq!((few.len(), many.len()), (5 * 64, 7 * 64));
        assert!(few.iter().any(|v| *v != 0.0) && many[..few.len()] == few);
        assert!(many[few.len()..].iter().all(|v| *v == 0.0));
        let text = more.with_heatmaps(5).unwrap_err().to_string();
        assert_eq!(text, "network.n_keypoints: expected at least 7, got 5");
    }

    fn load(config: &HrnetConfig, path: &Path, scope: WeightScope) -> Result<NamedTensors, Error> {
        let mut collect = Collect::default();
        config.init(&Device::default())?.load_weights(path, scope)?.visit(&mut collect);
        Ok(collect.tensors)
    }

    #[test]
    fn a_backbone_leaves_a_classifier_and_the_other_outputs_of_whichever_module_is_last() {
        let (config, mut tensors) = network();
        let odd = TensorData::from([1.0_f32]);
        for name in ["classifier.bias", "stage4.1.fuse_layers.3.0.1.1.weight"] {
            tensors.insert(name.to_owned(), odd.clone());
        }
        let (_folder, path) = written(&tensors);
        load(&config, &path, WeightScope::Backbone).unwrap();
        let error = load(&config, &path, WeightScope::All).unwrap_err();
        let Error::WeightsMismatch { unexpected, .. } = error else { panic!("{error}") };
        assert_eq!(unexpected, ["classifier.bias", "stage4.1.fuse_layers.3.0.1.1.weight"]);
        // An inner module's outputs are all used, so one more belongs to another network.
        tensors.insert("stage4.0.fuse_layers.9.bias".to_owned(), odd);
        let (_folder, path) = written(&tensors);
        let error = load(&config, &path, WeightScope::Backbone).unwrap_err().to_string();
        assert!(error.contains("unexpected: stage4.0.fuse_layers.9.bias;"), "{error}");
    }

    #[test]
    fn names_behind_those_of_a_checkpoint_or_of_its_parts_are_found() {
        let (config, tensors) = network();
        let wrap = |body: &str, head: &str| -> NamedTensors {
            let name = |name: &String| match is_head(name) {
                true => format!("{head}{name}"),
                false => format!("{body}{name}"),
            };
            tensors.iter().map(|(n, data)| (name(n), data.clone())).collect()
        };
        for (body, head) in [
            ("module.", "module."),
            ("state_dict.", "state_dict."),
            ("state_dict.backbone.", "state_dict.keypoint_head."),
            ("backbone.", "head."),
        ] {
            let (_folder, path) = written(&wrap(body, head));
            let loaded = load(&config, &path, WeightScope::All).unwrap();
            assert!(loaded == tensors, "{body}");
        }
        let (_folder, path) = written(&wrap("other.", "other."));
        let error = load(&config, &path, WeightScope::All).unwrap_err().to_string();
        assert!(error.contains("unexpected: other."), "{error}");
    }
}
