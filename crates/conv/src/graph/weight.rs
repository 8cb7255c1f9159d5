//! A convolution's weight as graphs keep it: where it is and what it is multiplied by, no copy.
//!
//! A network's weights are most of its memory. Graphs and programs share them, and what is made of
//! them, packed weights or a file, is made layer by layer, so that beside it there is one layer's
//! copy at most.

use crate::Error;
use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

/// Where the values of a weight are until they are needed.
pub(crate) trait Stored: Debug + Send + Sync {
    /// All values, in the weight's order.
    ///
    /// # Errors
    /// [`Error::Device`] from a device that does not give them.
    fn read(&self) -> Result<Cow<'_, [f32]>, Error>;
}

impl Stored for Vec<f32> {
    fn read(&self) -> Result<Cow<'_, [f32]>, Error> {
        Ok(Cow::Borrowed(self))
    }
}

/// Stored values times factors of their outputs.
#[derive(Debug, Clone)]
pub(crate) struct Weight {
    stored: Arc<dyn Stored>,
    /// One factor for each output, set after set.
    factors: Vec<Arc<[f64]>>,
}

impl Weight {
    pub(crate) fn new(stored: impl Stored + 'static) -> Self {
        Self { stored: Arc::new(stored), factors: Vec::new() }
    }

    /// With one more factor for each output.
    pub(crate) fn scaled(&self, factors: &[f64]) -> Self {
        let mut scaled = self.clone();
        scaled.factors.push(factors.into());
        scaled
    }

    /// The values, each product computed in f64 and rounded once.
    ///
    /// # Errors
    /// As [`Stored::read`].
    pub(crate) fn values(&self) -> Result<Cow<'_, [f32]>, Error> {
        let mut values = self.stored.read()?;
        for factors in &self.factors {
            let filter = (values.len() / factors.len()).max(1);
            let filters = values.to_mut().chunks_exact_mut(filter);
            for (filter, factor) in filters.zip(&**factors) {
                filter.iter_mut().for_each(|w| *w = (f64::from(*w) * factor) as f32);
            }
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_of_outputs_apply_in_turn_and_leave_what_is_stored() {
        let weight = Weight::new(vec![1.0, 2.0, 3.0, 4.0]);
        let twice = weight.scaled(&[0.5, 10.0]).scaled(&[-1.0, 0.1]);
        assert_eq!(*twice.values().unwrap(), [-0.5, -1.0, 3.0, 4.0]);
        // Rounded after each set.
        let third = weight.scaled(&[1.0 / 3.0, 1.0]).scaled(&[3.0, 1.0]);
        let rounded = |w: f64| (f64::from((w / 3.0) as f32) * 3.0) as f32;
        assert_eq!(*third.values().unwrap(), [rounded(1.0), rounded(2.0), 3.0, 4.0]);
        assert!(matches!(weight.values().unwrap(), Cow::Borrowed([1.0, 2.0, 3.0, 4.0])));
    }

    #[test]
    fn a_device_that_gives_nothing_is_an_error_of_the_plan_and_of_the_file() {
        #[derive(Debug)]
        struct Lost;
        impl Stored for Lost {
            fn read(&self) -> Result<Cow<'_, [f32]>, Error> {
                Err(Error::Device { message: "lost".to_owned() })
            }
        }
        let mut graph = crate::Graph::new();
        let x = graph.input("x", crate::MapShape::new(1, 4, 4)).unwrap();
        let layer = crate::Convolution::new([1, 1, 1, 1]).unwrap();
        let y = graph.convolution_of(x, layer, Weight::new(Lost), None).unwrap();
        graph.set_output("y", y).unwrap();
        let expected = Error::Device { message: "lost".to_owned() };
        assert_eq!(graph.plan().unwrap_err(), expected);
        assert_eq!(graph.to_onnx("x", &[]).unwrap_err(), expected);
    }
}
