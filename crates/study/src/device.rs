//! The device that computes, and its name.

use crate::Error;
use burn::tensor::Device;

/// The device that was set, from now on the default one where none was.
pub(crate) fn opened(device: &mut Option<Device>) -> Result<&Device, Error> {
    match device {
        Some(device) => Ok(device),
        none => Ok(none.insert(vertebra_training::default_device().map_err(setting)?)),
    }
}

/// An unusable `BURN_DEVICE`, as this crate says it.
fn setting(error: vertebra_training::Error) -> Error {
    match error {
        vertebra_training::Error::InvalidSetting { name, expected, got } => {
            Error::InvalidSetting { name: name.to_owned(), expected, got }
        }
        other => Error::Detector { source: other.into() },
    }
}

/// "burn Flex, Cpu" for the device that burn writes as `Device<Flex(Cpu)>`; what has another form
/// stays as burn writes it.
#[must_use]
pub fn device_name(device: &Device) -> String {
    readable(&format!("{device:?}"))
}

fn readable(written: &str) -> String {
    let inner = written.strip_prefix("Device<").and_then(|text| text.strip_suffix('>'));
    match inner.and_then(|text| text.strip_suffix(')')?.split_once('(')) {
        Some((backend, place)) => format!("burn {backend}, {place}"),
        None => written.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{device_name, readable};

    #[test]
    fn the_default_device_has_no_brackets() {
        let name = device_name(&burn::tensor::Device::default());
        assert!(name.starts_with("burn ") && !name.contains(['<', '>']), "{name}");
    }

    #[test]
    fn backend_and_place_are_told_apart() {
        assert_eq!(readable("Device<Flex(Cpu)>"), "burn Flex, Cpu");
        assert_eq!(readable("Device<Wgpu(DiscreteGpu(0))>"), "burn Wgpu, DiscreteGpu(0)");
        assert_eq!(readable("Other"), "Other");
    }
}
