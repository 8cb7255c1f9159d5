//! The device that computes, and its name.

use crate::Error;
use burn::tensor::Device;

/// A device and what it is called in the record of a run, e.g. with the name of the card.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NamedDevice {
    /// What computes.
    pub device: Device,
    /// For people.
    pub name: String,
}

impl NamedDevice {
    /// A device under a name that says more than burn knows of it.
    #[must_use]
    pub fn new(device: Device, name: impl Into<String>) -> Self {
        Self { device, name: name.into() }
    }
}

impl From<Device> for NamedDevice {
    /// As burn calls it, see [`device_name`].
    fn from(device: Device) -> Self {
        let name = device_name(&device);
        Self { device, name }
    }
}

/// The device that was set, from now on the default one where none was.
pub(crate) fn opened(device: &mut Option<NamedDevice>) -> Result<&NamedDevice, Error> {
    match device {
        Some(device) => Ok(device),
        none => {
            let device = vertebra_training::default_device().map_err(setting)?;
            Ok(none.insert(device.into()))
        }
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
