//! Copies of a model that later steps cannot change.

use burn::module::Module;
use burn::store::ModuleRecord;

/// All parameters and running statistics on the host.
///
/// Not `model.clone()`: BatchNorm's running statistics are shared between clones, and a pending
/// update is only folded in by `valid()`, which also gives the copy statistics of its own.
pub(crate) fn snapshot<M: Module>(model: &M) -> ModuleRecord {
    model.valid().into_record()
}
