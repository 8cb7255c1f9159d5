//! Weights in files, under the parameter names of torchvision and timm.
use crate::{
    Encoder, EncoderConfig, Error,
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
use vertebra_conv::Layers;
use vertebra_run::write_whole;

/// burn's field names on the left, published ones on the right; both are anchored, because
/// patterns apply in turn.
const NAMES: [(&str, &str); 2] =
    [(".downsample.conv.", ".downsample.0."), (".downsample.norm.", ".downsample.1.")];

/// What a file of weights should hold.
const WEIGHTS: &str = "the weights of this network";

/// Writes a network as `.safetensors`; the file appears complete or not at all.
pub(crate) fn save<N: Encoder>(network: &RiskNetwork<N>, path: &Path) -> Result<(), Error> {
    // One entry of metadata: several would come in an order that changes from run to run.
    let mut store = SafetensorsStore::from_bytes(None)
        .clear_metadata()
        .metadata("format", "pt")
        .with_to_adapter(BurnToPyTorchAdapter)
        .skip_enum_variants(true);
    for (ours, published) in NAMES {
        store = store.with_key_remapping(escaped(ours), published);
    }
    let cannot = |e: &dyn std::fmt::Display| Error::malformed(path, "weights to write", e);
    network.save_into(&mut store).map_err(|e| cannot(&e))?;
    let bytes = store.get_bytes().map_err(|e| cannot(&e))?;
    Ok(write_whole(path, bytes)?)
}

/// Reads every weight of `network` from a `.safetensors` file that [`save`] wrote.
pub(crate) fn load<N: Encoder>(
    mut network: RiskNetwork<N>,
    path: &Path,
) -> Result<RiskNetwork<N>, Error> {
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
    let mut encoder = ResNet::new(config, 3, &Layers::on(device));
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
    let result = result.map_err(|e| Error::malformed(path, WEIGHTS, e))?;
    if let Some((missing, _)) = result.missing.first() {
        let got = match result.missing.len() {
            1 => format!("none of the name {missing}"),
            n => format!("{n} missing, the first of them {missing}"),
        };
        return Err(Error::malformed(path, WEIGHTS, got));
    }
    if let Some(error) = result.errors.first() {
        return Err(Error::malformed(path, WEIGHTS, error));
    }
    match result.unused.iter().find(|name| !may_be_unused(name)) {
        Some(name) => Err(Error::malformed(path, WEIGHTS, format!("{name}, which it has not"))),
        None => Ok(()),
    }
}

fn readable(path: &Path) -> Result<(), Error> {
    std::fs::File::open(path).map(drop).map_err(Error::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EncoderSettings;
    use burn::tensor::{Tensor, TensorData};
    use safetensors::tensor::{Dtype, TensorView, serialize};
    use serde_json::Value;

    const RESNET18: &str = include_str!("../testdata/resnet18.json");
    const RESNET50: &str = include_str!("../testdata/resnet50.json");

    /// As `formula` in `testdata/resnet.py`.
    fn formula(name: &str, n: usize) -> impl Iterator<Item = f64> {
        let key = name.bytes().fold(0u32, |key, byte| (key * 31 + u32::from(byte)) % 1009);
        (0..n).map(move |i| (0.37 * (i % 8191) as f64 + 0.11 * f64::from(key)).sin())
    }

    /// As `value` in `testdata/resnet.py`.
    fn value(name: &str, shape: &[usize]) -> Vec<f32> {
        let n = shape.iter().product();
        let fan_in: usize = shape[1..].iter().product();
        let (offset, scale) = match shape.len() {
            4 => (0.0, (4.0 / fan_in as f64).sqrt()),
            _ if name.ends_with("running_var") || name.ends_with("weight") => (1.0, 0.3),
            _ => (0.0, 0.1),
        };
        formula(name, n).map(|wave| (offset + scale * wave) as f32).collect()
    }

    fn write_classifier(path: &Path, golden: &Value, leave_out: &str) {
        let shapes = golden["shapes"].as_object().unwrap().iter();
        let tensors: Vec<(&String, Vec<usize>, Vec<u8>)> = shapes
            .filter(|(name, _)| *name != leave_out)
            .map(|(name, shape)| {
                let shape: Vec<usize> = serde_json::from_value(shape.clone()).unwrap();
                let bytes = value(name, &shape).iter().flat_map(|v| v.to_le_bytes()).collect();
                (name, shape, bytes)
            })
            .collect();
        let views = tensors.iter().map(|(name, shape, bytes)| {
            (*name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
        });
        std::fs::write(path, serialize(views, None).unwrap()).unwrap();
    }

    /// Golden: torchvision's networks on a grey image repeated in three channels; versions are in
    /// the files.
    #[test]
    fn a_published_classifier_gives_torchvisions_features() {
        gives_the_features(RESNET18, &EncoderConfig::resnet18());
        gives_the_features(RESNET50, &EncoderConfig::resnet50());
    }

    fn gives_the_features(golden: &str, config: &EncoderConfig) {
        let golden: Value = serde_json::from_str(golden).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("resnet.safetensors");
        write_classifier(&path, &golden, "");
        let device = Device::default();
        let encoder = load_published(config, &path, &device).unwrap();
        let pixels: Vec<f32> = formula("image", 64 * 48).map(|p| p as f32).collect();
        let image = Tensor::<4>::from_data(TensorData::new(pixels, [1, 1, 64, 48]), &device);
        let maps = encoder.forward(image);
        assert_eq!(maps.dims(), [1, config.n_features(), 2, 2]);
        let got: Vec<f32> = maps.mean_dims(&[2, 3]).into_data().try_to_vec::<f32>().unwrap();
        let expected: Vec<f64> = serde_json::from_value(golden["features"].clone()).unwrap();
        let scale = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        assert!(scale > 0.1);
        for (i, (got, expected)) in got.iter().zip(&expected).enumerate() {
            let difference = (f64::from(*got) - expected).abs();
            assert!(difference < 2e-5 * scale, "feature {i}: {got}, expected {expected}");
        }
    }

    #[test]
    fn a_missing_weight_is_named() {
        let golden: Value = serde_json::from_str(RESNET18).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("resnet18.safetensors");
        write_classifier(&path, &golden, "layer3.0.downsample.0.weight");
        let load = |config, path: &Path| {
            load_published(&config, path, &Device::default()).unwrap_err().to_string()
        };
        let message = load(EncoderConfig::resnet18(), &path);
        assert!(
            message.ends_with("network, got none of the name layer3.0.downsample.conv.weight"),
            "{message}"
        );
        let deeper = load(EncoderConfig::resnet34(), &path);
        assert!(deeper.contains("missing, the first of them layer"), "{deeper}");
        assert!(load(EncoderConfig::resnet18(), Path::new("no/such.pth")).contains("no/such.pth"));
    }
}
