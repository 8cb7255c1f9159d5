//! The mean of a network over the ends of epochs.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;
use std::collections::VecDeque;

/// `mean + share (model - mean)`, parameter by parameter, running statistics too; both are inference
/// copies of one network.
pub(crate) fn moved<M: Module>(mean: M, model: &M, share: f64) -> M {
    let mut towards = Towards { values: VecDeque::new(), share };
    model.visit(&mut towards);
    mean.map(&mut towards)
}

/// First collects what the model holds, then takes it from the front.
struct Towards {
    values: VecDeque<Tensor<1>>,
    share: f64,
}

impl ModuleVisitor for Towards {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        self.values.push_back(parameter.val().reshape([-1]));
    }
}

impl ModuleMapper for Towards {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        // A module is visited and mapped in one order.
        let Some(value) = self.values.pop_front() else { return parameter };
        parameter.map(|mean| {
            let value = value.reshape(mean.dims());
            mean.clone() + (value - mean) * self.share
        })
    }
}
