//! A convolution whose weight is packed once, for inference.

use crate::{
    Convolution, Error,
    convolution::{check, correlate_packed},
    correlation::Correlation,
    direct,
    packing::{blocks, pack},
    problem::{Addend, Problem},
    winograd,
};

/// A convolution layer ready for inference: its weight is packed once, and bias, sum and ReLU
/// are part of the kernels' last step.
///
/// # Examples
/// ```
/// use vertebra_conv::{Addend, Convolution, PackedConvolution};
/// let edge = Convolution::new([1, 1, 1, 2])?;
/// let layer = PackedConvolution::new(&edge, &[-1.0, 1.0], Some(&[0.5]), [1, 3])?.with_relu();
/// let mut y = [0.0; 2];
/// layer.run(1, &[1.0, 4.0, 2.0], Addend::Given(&[10.0, 1.0]), &mut y)?;
/// assert_eq!(y, [13.5, 0.0]);
/// # Ok::<(), vertebra_conv::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PackedConvolution {
    convolution: Convolution,
    /// Of one image.
    correlation: Correlation,
    map: [usize; 2],
    weights: Weights,
    bias: Option<Vec<f32>>,
    relu: bool,
}

/// The weight in the order of the method that is quickest for the map.
#[derive(Debug, Clone)]
enum Weights {
    Direct(Vec<f32>),
    Winograd(Vec<f32>),
    DirectInt8(direct::Int8Weights),
    WinogradInt8(winograd::Int8Filters),
}

/// Fewest channels, and outputs, whose products in bytes pay for making the source bytes.
const FEW: usize = 12;

/// Most products of bytes, up to 255 times 127 each, whose sum 32 bits hold.
const MOST_TERMS: usize = 1 << 16;

/// Fewest of those that pay for Winograd's transforms, beside the direct sum in bytes.
const FEW_BY_WINOGRAD: usize = 32;

impl PackedConvolution {
    /// Packs `weight` for inputs of height and width `map`.
    ///
    /// # Shapes
    /// - `weight`: the convolution's `[out, in, height, width]`
    /// - `bias`: `[out]`
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::InputTooSmall`].
    pub fn new(
        convolution: &Convolution,
        weight: &[f32],
        bias: Option<&[f32]>,
        map: [usize; 2],
    ) -> Result<Self, Error> {
        convolution.check_weight(weight, bias)?;
        let input = [1, convolution.weight_shape()[1], map[0], map[1]];
        let correlation = convolution.correlation(input, convolution.output_shape(input)?);
        let isa = convolution.isa();
        let few = correlation.channels.min(correlation.outputs);
        let by_winograd = convolution.allows_winograd() && winograd::wins(&correlation, 1);
        let directly = direct::suits_int8(&correlation, isa);
        let in_int8 = convolution.allows_int8()
            && few >= FEW
            && correlation.terms() <= MOST_TERMS
            && (by_winograd || directly);
        let by_winograd = by_winograd && !(in_int8 && directly && few < FEW_BY_WINOGRAD);
        let weights = match (by_winograd, in_int8) {
            (true, true) => {
                Weights::WinogradInt8(winograd::Int8Filters::new(&correlation, weight, isa))
            }
            (true, false) => {
                let mut packed = vec![0.0; winograd::packed_len(&correlation, isa)];
                winograd::pack(&correlation, weight, isa, &mut packed);
                Weights::Winograd(packed)
            }
            (false, true) => Weights::DirectInt8(direct::Int8Weights::new(
                &correlation,
                weight,
                isa.max_outputs(),
            )),
            (false, false) => {
                let mut packed = vec![0.0; weight.len()];
                pack(&correlation, weight, isa.max_outputs(), &mut packed);
                Weights::Direct(packed)
            }
        };
        let bias = bias.map(<[f32]>::to_vec);
        Ok(Self { convolution: *convolution, correlation, map, weights, bias, relu: false })
    }

    /// Ends with a ReLU: negative results become zero, NaN stays.
    #[must_use]
    pub fn with_relu(self) -> Self {
        Self { relu: true, ..self }
    }

    /// Whether it multiplies 8-bit integers: see [`Convolution::with_int8`].
    #[must_use]
    pub fn is_int8(&self) -> bool {
        matches!(self.weights, Weights::DirectInt8(_) | Weights::WinogradInt8(_))
    }

    /// Shape of the input of a run on this many images.
    #[must_use]
    pub fn input_shape(&self, images: usize) -> [usize; 4] {
        [images, self.correlation.channels, self.map[0], self.map[1]]
    }

    /// Shape of the output of a run on this many images.
    #[must_use]
    pub fn output_shape(&self, images: usize) -> [usize; 4] {
        let [height, width] = self.correlation.domain;
        [images, self.correlation.outputs, height, width]
    }

    /// Writes `relu?(convolution(input) + bias + addend)` to every value of `output`.
    ///
    /// Nothing that lasts is allocated: scratch is kept per thread of the current rayon pool.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn run(
        &self,
        images: usize,
        input: &[f32],
        addend: Addend<'_>,
        output: &mut [f32],
    ) -> Result<(), Error> {
        let shape = self.output_shape(images);
        check("input", &self.input_shape(images), input)?;
        check("output", &shape, output)?;
        if let Addend::Given(values) = addend {
            check("addend", &shape, values)?;
        }
        let problem = Problem {
            addend,
            relu: self.relu,
            ..self.convolution.problem(images, input, self.bias.as_deref())
        };
        match &self.weights {
            Weights::Winograd(packed) => {
                let filters = winograd::Filters::Floats(packed);
                winograd::correlate(&self.correlation, &problem, filters, output);
            }
            Weights::WinogradInt8(filters) => {
                let filters = winograd::Filters::Int8(filters);
                winograd::correlate(&self.correlation, &problem, filters, output);
            }
            Weights::DirectInt8(weights) => {
                direct::correlate_int8(&self.correlation, &problem, weights, output);
            }
            Weights::Direct(packed) => {
                let blocks = blocks(&self.correlation, problem.isa.max_outputs(), packed);
                correlate_packed(&self.correlation, &problem, &blocks, output);
            }
        }
        Ok(())
    }
}
