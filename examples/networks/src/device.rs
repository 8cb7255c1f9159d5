//! The device that computes: `--device`, else `BURN_DEVICE`, else what was added at compile time.

use anyhow::{anyhow, bail};
#[cfg(feature = "cuda")]
use burn::tensor::DeviceIndex;
use burn::tensor::{Device, Tensor};
use clap::Args;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::{Arc, Mutex, PoisonError};
use vertebra_examples::remark;
use vertebra_study::NamedDevice;

#[cfg(feature = "wgpu-plain")]
mod wgpu;

/// The variable by which burn lets one choose.
const VARIABLE: &str = "BURN_DEVICE";

/// Every device that a feature of this package is named after; the first that is compiled in is the
/// default, so that a feature added to the default `flex` is what runs.
const DEVICES: [(&str, bool); 4] = [
    ("cuda", cfg!(feature = "cuda")),
    ("wgpu", cfg!(feature = "wgpu-plain")),
    ("ndarray", cfg!(feature = "ndarray")),
    ("flex", cfg!(feature = "flex")),
];

/// The option `--device`.
#[derive(Debug, Args)]
pub struct DeviceArgument {
    /// Device that computes, of those compiled in: cuda, wgpu, ndarray, flex; with the number of a
    /// discrete card, from 0, as in cuda:1 (docs/BACKENDS.md) [default: BURN_DEVICE, else the first of these]
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
}

impl DeviceArgument {
    /// The device, used once, so that a card or a driver that is missing is noticed before anything
    /// is done.
    ///
    /// # Errors
    /// A name that is unknown or not compiled in, or a device that does not compute.
    pub fn open(&self) -> anyhow::Result<NamedDevice> {
        let variable = std::env::var(VARIABLE).ok();
        // The libraries' default is burn's, which panics on such a value even where it is not used.
        if let Some(name) = &variable {
            compiled(name).map_err(|error| anyhow!("{VARIABLE}={name}: {error}"))?;
        }
        let chosen = match (&self.device, &variable) {
            (Some(name), _) => {
                Chosen::of(name).map_err(|error| anyhow!("--device {name}: {error}"))?
            }
            (None, Some(name)) => Chosen::of(name)?,
            (None, None) => Chosen { backend: first()?, card: None },
        };
        let cannot = |error| anyhow!("device {}: {error}", chosen.backend);
        quietly(|| {
            let named = chosen.opened()?;
            sum_of_two_ones(&named.device)?;
            Ok(named)
        })
        .map_err(cannot)
    }
}

/// A backend, and one of several cards.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Chosen {
    backend: &'static str,
    card: Option<usize>,
}

impl Chosen {
    fn of(written: &str) -> anyhow::Result<Self> {
        let Some((name, card)) = written.split_once(':') else {
            return Ok(Self { backend: compiled(written)?, card: None });
        };
        let backend = compiled(name)?;
        match (backend, card.parse()) {
            ("cuda" | "wgpu", Ok(card)) => Ok(Self { backend, card: Some(card) }),
            ("cuda" | "wgpu", Err(_)) => bail!("expected the number of a card, got {card}"),
            _ => bail!("{backend} has no cards to choose from"),
        }
    }

    #[allow(deprecated)] // burn gives `ndarray` up for `flex`; it is here to compare with
    fn opened(self) -> anyhow::Result<NamedDevice> {
        match self.backend {
            #[cfg(feature = "cuda")]
            "cuda" => {
                let index = self.card.map_or(DeviceIndex::Default, DeviceIndex::Specified);
                Ok(Device::cuda(index).into())
            }
            #[cfg(feature = "wgpu-plain")]
            "wgpu" => wgpu::opened(self.card),
            #[cfg(feature = "ndarray")]
            "ndarray" => Ok(Device::ndarray().into()),
            #[cfg(feature = "flex")]
            "flex" => Ok(Device::flex().into()),
            other => bail!("{other} is not compiled in"),
        }
    }
}

/// Says on standard error which device computes.
pub fn tell(device: &NamedDevice) {
    remark!("device: {}", device.name);
}

/// The device's name as the features write it.
fn compiled(name: &str) -> anyhow::Result<&'static str> {
    match DEVICES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((known, true)) => Ok(known),
        Some((known, false)) => bail!("not compiled in; build with --features {known}"),
        None => bail!("expected one of {}", DEVICES.map(|(name, _)| name).join(", ")),
    }
}

fn first() -> anyhow::Result<&'static str> {
    let found = DEVICES.iter().find(|(_, compiled)| *compiled);
    found.map(|(name, _)| *name).ok_or_else(|| anyhow!("no device is compiled in; --features flex"))
}

fn sum_of_two_ones(device: &Device) -> anyhow::Result<()> {
    match Tensor::<1>::ones([2], device).sum().into_scalar::<f32>() {
        2.0 => Ok(()),
        sum => bail!("expected 1 + 1 = 2, got {sum}"),
    }
}

/// Runs a job whose panic, here or on a thread that it waits for, becomes an error with the first
/// panic's first line: burn and its drivers panic where no card is found.
fn quietly<T>(job: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let first: Arc<Mutex<Option<String>>> = Arc::default();
    let said = Arc::clone(&first);
    let usual = take_hook();
    set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or("no reason given");
        let line = text.lines().next().unwrap_or_default().to_owned();
        said.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(line);
    }));
    let result = catch_unwind(AssertUnwindSafe(job));
    set_hook(usual);
    let reason = first.lock().unwrap_or_else(PoisonError::into_inner).take();
    result.unwrap_or_else(|_| bail!("cannot be used: {}", reason.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)] // in a test that is how it fails

    use super::*;

    #[test]
    fn names_are_checked_with_what_would_be_right() {
        let error = |name: &str| compiled(name).unwrap_err().to_string();
        assert_eq!(error("gpu"), "expected one of cuda, wgpu, ndarray, flex");
        for (name, compiled_in) in DEVICES {
            match compiled_in {
                true => assert_eq!(compiled(&name.to_uppercase()).unwrap(), name),
                false => assert!(error(name).ends_with(&format!("build with --features {name}"))),
            }
        }
    }

    #[test]
    fn the_default_was_chosen_at_compile_time_and_computes() {
        let name = first().unwrap();
        assert!(DEVICES.iter().take_while(|(other, _)| *other != name).all(|(_, on)| !on));
        let named = Chosen { backend: name, card: None }.opened().unwrap();
        sum_of_two_ones(&named.device).unwrap();
    }

    #[test]
    fn a_card_is_chosen_by_its_number_where_there_are_several() {
        let error = |written: &str| Chosen::of(written).unwrap_err().to_string();
        assert_eq!(error("gpu:1"), "expected one of cuda, wgpu, ndarray, flex");
        for (backend, _) in DEVICES.iter().filter(|(_, compiled_in)| *compiled_in) {
            match *backend {
                "cuda" | "wgpu" => {
                    let chosen = Chosen::of(&format!("{backend}:2")).unwrap();
                    assert_eq!(chosen, Chosen { backend, card: Some(2) });
                    let sentence = "expected the number of a card, got two";
                    assert_eq!(error(&format!("{backend}:two")), sentence);
                }
                _ => {
                    let sentence = format!("{backend} has no cards to choose from");
                    assert_eq!(error(&format!("{backend}:0")), sentence);
                }
            }
        }
    }

    #[test]
    fn a_panic_on_another_thread_is_one_sentence() {
        let job = || {
            let thread = std::thread::spawn(|| panic!("no adapter found\nsecond line"));
            thread.join().map_err(|_| anyhow!("lost")).unwrap();
            Ok(())
        };
        let error = quietly(job).unwrap_err().to_string();
        assert_eq!(error, "cannot be used: no adapter found");
        assert!(quietly(|| Ok(())).is_ok());
    }
}
