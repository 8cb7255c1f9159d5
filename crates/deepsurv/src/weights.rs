//! Weights in files, under the parameter names of torchvision and timm.
use crate::{
    EncoderConfig, Error,
    network::{ResNet, RiskNetwork},
};
use burn::{
    store::{
        ApplyResult, BurnToPyTorchAdapter, ModuleSnapshot, PyTorchToBurnAdapter, PytorchStore,
        SafetensorsStore,
    },
    tensor::Device,
};
use std::path::Path;

/// burn's field names on the left, published ones on the right; both are anchored, because
/// patterns apply in turn.
const NAMES: [(&str, &str); 2] =
    [(".downsample.conv.", ".downsample.0."), (".downsample.norm.", ".downsample.1.")];

/// Writes a network as `.safetensors`.
pub(crate) fn save(network: &RiskNetwork, path: &Path) -> Result<(), Error> {
    let mut store = SafetensorsStore::from_file(path)
        .with_to_adapter(BurnToPyTorchAdapter)
        .skip_enum_variants(true)
        .overwrite(true);
    for (ours, published) in NAMES {
        store = store.with_key_remapping(escaped(ours), published);
    }
    network.save_into(&mut store).map_err(|e| malformed(path, e.to_string()))
}

/// Reads every weight of `network` from a `.safetensors` file that [`save`] wrote.
pub(crate) fn load(mut network: RiskNetwork, path: &Path) -> Result<RiskNetwork, Error> {
    readable(path)?;
    let result = network.load_from(&mut safetensors(path));
    check(result, path, |_| false)?;
    Ok(network)
}

/// Reads a published image classifier (`.pth`, `.pt`, `.bin` or `.safetensors`; torchvision's and
/// timm's names are the same) into an encoder; its classifier `fc` is left out.
///
/// Weights for three colours become weights for one grey channel by summing over the colours,
/// which is what a grey image repeated three times would see.
pub(crate) fn load_published(
    config: &EncoderConfig,
    path: &Path,
    device: &Device,
) -> Result<ResNet, Error> {
    readable(path)?;
    let unused = |name: &str| name.starts_with("fc.") || name.ends_with("num_batches_tracked");
    let mut encoder = ResNet::new(config, 3, device);
    let pickled = path.extension().is_some_and(|e| ["pth", "pt", "bin"].iter().any(|p| e == *p));
    match pickled {
        true => check(encoder.load_from(&mut pytorch(path)), path, unused)?,
        false => check(encoder.load_from(&mut safetensors(path)), path, unused)?,
    }
    encoder.conv1.weight = encoder.conv1.weight.map(|colours| {
        let trained = colours.is_require_grad();
        colours.sum_dim(1).detach().set_require_grad(trained)
    });
    Ok(encoder)
}

fn safetensors(path: &Path) -> SafetensorsStore {
    let store = SafetensorsStore::from_file(path)
        .with_from_adapter(PyTorchToBurnAdapter)
        .skip_enum_variants(true)
        .allow_partial(true);
    NAMES.iter().fold(store, |s, (ours, published)| s.with_key_remapping(escaped(published), *ours))
}

fn pytorch(path: &Path) -> PytorchStore {
    let store = PytorchStore::from_file(path)
        .skip_enum_variants(true)
        .map_indices_contiguous(false)
        .allow_partial(true);
    NAMES.iter().fold(store, |s, (ours, published)| s.with_key_remapping(escaped(published), *ours))
}

fn escaped(name: &str) -> String {
    name.replace('.', r"\.")
}

/// `allow_partial` lets burn report everything that is wrong at once; here it becomes an error.
fn check<E: std::fmt::Display>(
    result: Result<ApplyResult, E>,
    path: &Path,
    may_be_unused: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    let result = result.map_err(|e| malformed(path, e.to_string()))?;
    if let Some((missing, _)) = result.missing.first() {
        let n = result.missing.len();
        return Err(malformed(path, format!("{n} weights are missing, the first is {missing}")));
    }
    if let Some(error) = result.errors.first() {
        return Err(malformed(path, error.to_string()));
    }
    match result.unused.iter().find(|name| !may_be_unused(name)) {
        Some(name) => Err(malformed(path, format!("the network has no weight {name}"))),
        None => Ok(()),
    }
}

fn readable(path: &Path) -> Result<(), Error> {
    match std::fs::File::open(path) {
        Ok(_) => Ok(()),
        Err(source) => Err(Error::Io { path: path.to_owned(), source }),
    }
}

fn malformed(path: &Path, what: String) -> Error {
    Error::Malformed { path: path.to_owned(), what }
}
