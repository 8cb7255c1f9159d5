//! burn's default device, as an error where burn panics.

use crate::Error;
use burn::tensor::Device;
use std::panic::catch_unwind;

/// The variable by which burn lets a user choose.
const VARIABLE: &str = "BURN_DEVICE";

/// What burn knows, whatever is compiled in.
const NAMES: [&str; 11] = [
    "cuda", "rocm", "metal", "vulkan", "webgpu", "wgpu", "cpu", "tch", "remote", "flex", "ndarray",
];

/// The device that `BURN_DEVICE` names, else burn's choice among those compiled in: GPU before
/// `flex` before `ndarray`.
///
/// # Errors
/// [`Error::InvalidSetting`] for a name that burn does not know or that is not compiled in, where
/// burn's `Device::default()` panics.
///
/// # Examples
/// ```
/// # fn main() -> Result<(), vertebra_training::Error> {
/// let device = vertebra_training::default_device()?;
/// println!("{device:?}");
/// # Ok(())
/// # }
/// ```
pub fn default_device() -> Result<Device, Error> {
    let named = std::env::var(VARIABLE).ok();
    if let Some(name) = &named {
        check(name)?;
    }
    // Only burn knows what is compiled in.
    let expected = "a device that is compiled in";
    catch_unwind(Device::default)
        .map_err(|_| Error::invalid(VARIABLE, expected, named.as_deref().unwrap_or("none")))
}

fn check(name: &str) -> Result<(), Error> {
    match NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        true => Ok(()),
        false => Err(Error::invalid(VARIABLE, "cuda, wgpu, flex or another of burn's", name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_burn_does_not_know_is_an_error() {
        assert_eq!(
            check("gpu").unwrap_err().to_string(),
            "BURN_DEVICE: expected cuda, wgpu, flex or another of burn's, got gpu"
        );
        check("FLEX").unwrap();
    }
}
