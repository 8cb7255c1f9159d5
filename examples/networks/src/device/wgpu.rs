//! Devices of `wgpu`, whose adapter has a name, and may be the processor.

use anyhow::anyhow;
use burn::backend::wgpu::{WgpuInitError, wgpu};
use burn::tensor::{Device, DeviceKind};
use vertebra_study::NamedDevice;

/// The best adapter, or that discrete card, with what its driver says of it.
pub(super) fn opened(card: Option<usize>) -> anyhow::Result<NamedDevice> {
    let kind = card.map_or(DeviceKind::DefaultDevice, DeviceKind::DiscreteGpu);
    match Device::wgpu_options().device_kind(kind.clone()).init_with_setup() {
        Ok((device, setup)) => {
            let name = format!("burn wgpu, {}", described(&setup.adapter.get_info()));
            Ok(NamedDevice::new(device, name))
        }
        // In use already, which a driver tells once.
        Err(WgpuInitError::Registration { .. }) => Ok(Device::wgpu(kind).into()),
        Err(error @ WgpuInitError::AdapterUnavailable { .. }) => Err(match card {
            Some(card) => anyhow!("there is no discrete graphics card of number {card}"),
            None => anyhow!("{error}"),
        }),
        Err(error) => Err(anyhow!("{error}")),
    }
}

/// A graphics card by name, and what is none by what it is: a driver that computes on the processor
/// is an adapter like any other.
fn described(adapter: &wgpu::AdapterInfo) -> String {
    let kind = match adapter.device_type {
        wgpu::DeviceType::Cpu => "software on the processor, not a graphics card",
        wgpu::DeviceType::IntegratedGpu => "integrated",
        wgpu::DeviceType::VirtualGpu => "virtual",
        wgpu::DeviceType::DiscreteGpu => "discrete",
        wgpu::DeviceType::Other => "of unknown kind",
    };
    format!("{} by {} ({kind})", adapter.name, adapter.backend)
}
