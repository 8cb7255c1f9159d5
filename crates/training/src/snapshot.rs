//! Copies of a model that later steps cannot change.

use burn::module::Module;
use burn::store::{ModuleRecord, RecordError};

/// All parameters and running statistics on the host.
///
/// Not `model.clone()`: BatchNorm's running statistics are shared between clones, and a pending
/// update is only folded in by `valid()`, which also gives the copy statistics of its own.
pub(crate) fn snapshot<M: Module>(model: &M) -> ModuleRecord {
    model.valid().into_record()
}

/// The same in memory of its own, to be kept while the training goes on: a record that burn 0.22
/// took from wgpu was seen to change with later steps, a wrong network without any sign of it.
pub(crate) fn kept_snapshot<M: Module>(model: &M) -> Result<ModuleRecord, RecordError> {
    ModuleRecord::from_bytes(snapshot(model).into_bytes()?)
}
