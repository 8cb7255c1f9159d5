//! A convolution with its bias, an addend and ReLU.

use crate::{Convolution, Error};

#[derive(Debug)]
pub(super) struct PackedConvolution {
    convolution: Convolution,
    weight: Vec<f32>,
    bias: Option<Vec<f32>>,
    map: [usize; 2],
    relu: bool,
}

pub(super) enum Addend<'a> {
    Nothing,
    Given(&'a [f32]),
    /// What the output holds already.
    Output,
}

impl PackedConvolution {
    pub(super) fn new(
        convolution: &Convolution,
        weight: &[f32],
        bias: Option<&[f32]>,
        map: [usize; 2],
    ) -> Result<Self, Error> {
        let (weight, bias) = (weight.to_vec(), bias.map(<[f32]>::to_vec));
        Ok(Self { convolution: *convolution, weight, bias, map, relu: false })
    }

    pub(super) fn with_relu(self) -> Self {
        Self { relu: true, ..self }
    }

    pub(super) fn run(
        &self,
        images: usize,
        input: &[f32],
        addend: Addend<'_>,
        output: &mut [f32],
    ) -> Result<(), Error> {
        let [_, channels, ..] = self.convolution.weight_shape();
        let shape = [images, channels, self.map[0], self.map[1]];
        let y = self.convolution.forward(input, shape, &self.weight, self.bias.as_deref())?;
        let rectified = |v: f32| if self.relu && v < 0.0 { 0.0 } else { v };
        let pairs = output.iter_mut().zip(y);
        match addend {
            Addend::Nothing => pairs.for_each(|(o, y)| *o = rectified(y)),
            Addend::Given(a) => pairs.zip(a).for_each(|((o, y), a)| *o = rectified(y + a)),
            Addend::Output => pairs.for_each(|(o, y)| *o = rectified(y + *o)),
        }
        Ok(())
    }
}
