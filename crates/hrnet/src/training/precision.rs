//! The numbers that a network is trained in.

use crate::{Error, Hrnet};
use burn::module::Module;
use vertebra_conv::Precision;

/// The network with its weights, computed in these numbers, on its device without autodiff.
pub(super) fn in_precision(network: Hrnet, precision: Precision) -> Result<Hrnet, Error> {
    if network.layers().precision() == precision {
        return Ok(network);
    }
    let device = network.devices().into_iter().next().unwrap_or_default().without_autodiff();
    if !precision.is_supported_on(&device) {
        let got = format!("{device:?}");
        return Err(Error::invalid("precision", "a device that computes in bfloat16", got));
    }
    let layers = network.layers().clone().with_device(&device).with_precision(precision);
    let made = network.config().clone().init_with(&layers)?;
    let cannot = |error| Error::invalid("precision", "weights that fit the network", error);
    made.try_load_record(network.into_record()).map_err(cannot)
}
