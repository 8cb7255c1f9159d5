//! The name of the device that computes.

use burn::tensor::Device;

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
