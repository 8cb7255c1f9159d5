//! One convolution layer without its values: forward pass and gradients on slices.

use crate::{
    Error, Isa,
    correlation::{Correlation, Phase},
    direct, gathered,
    packing::{Block, with_packed},
    problem::{Addend, Problem},
    weight_gradient::Job,
    winograd,
    workspace::with_buffer,
};

/// One 2-D convolution layer without its values: filter, stride and zero padding.
///
/// Arrays are row-major `f32` slices: images `[n, channels, height, width]`, the weight
/// `[out, in, height, width]`. As everywhere in deep learning this is a cross-correlation:
/// `y[n, o, i, j] = b[o] + sum over c, u, v of w[o, c, u, v] x[n, c, s i + u - p, s j + v - p]`,
/// where `x` is zero outside the image. Sums run in one fixed order, so results do not depend
/// on the number of threads; they do (in the last bits) on the instruction set.
///
/// # Examples
/// ```
/// use vertebra_conv::Convolution;
/// let blur = Convolution::new([1, 1, 3, 3])?.with_padding([1, 1]);
/// let y = blur.forward(&[1.0, 2.0, 3.0, 4.0], [1, 1, 2, 2], &[1.0; 9], None)?;
/// assert_eq!(y, [10.0; 4]);
/// # Ok::<(), vertebra_conv::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convolution {
    weight: [usize; 4],
    stride: [usize; 2],
    padding: [usize; 2],
    isa: Isa,
    winograd: bool,
    int8: bool,
}

impl Convolution {
    /// A convolution of stride 1 without padding for a weight of shape `[out, in, height, width]`.
    ///
    /// # Errors
    /// [`Error::ZeroExtent`].
    pub fn new(weight: [usize; 4]) -> Result<Self, Error> {
        if weight.contains(&0) {
            return Err(Error::ZeroExtent { name: "weight shape", got: weight.to_vec() });
        }
        Ok(Self {
            weight,
            stride: [1; 2],
            padding: [0; 2],
            isa: Isa::detect(),
            winograd: true,
            int8: false,
        })
    }

    /// Sets the stride `[rows, columns]`.
    ///
    /// # Errors
    /// [`Error::ZeroExtent`].
    pub fn with_stride(self, stride: [usize; 2]) -> Result<Self, Error> {
        if stride.contains(&0) {
            return Err(Error::ZeroExtent { name: "stride", got: stride.to_vec() });
        }
        Ok(Self { stride, ..self })
    }

    /// Sets the zero padding `[rows, columns]` on both sides.
    #[must_use]
    pub fn with_padding(self, padding: [usize; 2]) -> Self {
        Self { padding, ..self }
    }

    /// Computes with another instruction set than the processor's best; one that the processor
    /// does not have is replaced by [`Isa::Portable`].
    #[must_use]
    pub fn with_isa(self, isa: Isa) -> Self {
        Self { isa: if isa.is_available() { isa } else { Isa::Portable }, ..self }
    }

    /// Whether [`forward`](Self::forward), [`input_gradient`](Self::input_gradient),
    /// [`weight_gradient`](Self::weight_gradient) and
    /// [`PackedConvolution`](crate::PackedConvolution) may use Winograd's F(4 x 4, 3 x 3) where it
    /// is quicker, the default. Its error against f64 is some ten times that of the sum in order:
    /// up to 1e-4 of the sum of the terms' magnitudes.
    #[must_use]
    pub fn with_winograd(self, winograd: bool) -> Self {
        Self { winograd, ..self }
    }

    /// Whether [`PackedConvolution`](crate::PackedConvolution) may multiply 8-bit integers where the
    /// processor has an instruction for it ([`Isa::has_int8`]) and channels are many enough; not so
    /// by default. [`Isa::Portable`], asked for where there is a better set, does so in safe Rust.
    ///
    /// Every value is rounded to one of 255 multiples of a scale: a weight by output, a source value
    /// by pixel for 1 x 1 filters, by point and tile with Winograd's transforms, else by image.
    /// Scales are found as the layer runs, so that no range is learnt beforehand. On noise the error
    /// of a direct sum is half a hundredth of the output's standard deviation, by Winograd's
    /// transforms, which 32 channels or more use, eight hundredths;
    /// [`with_winograd(false)`](Self::with_winograd) keeps to direct sums.
    #[must_use]
    pub fn with_int8(self, int8: bool) -> Self {
        Self { int8, ..self }
    }

    /// Shape of the output for an input of shape `[n, in, height, width]`.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] or [`Error::InputTooSmall`].
    pub fn output_shape(&self, input: [usize; 4]) -> Result<[usize; 4], Error> {
        let [n, c, h, w] = input;
        let [o, in_channels, kh, kw] = self.weight;
        if c != in_channels {
            return Err(self.misfit("input", input));
        }
        let extent = |size: usize, filter: usize, axis: usize| {
            let slack = (size + 2 * self.padding[axis]).checked_sub(filter);
            slack.map(|s| s / self.stride[axis] + 1).ok_or(Error::InputTooSmall {
                input,
                filter: [kh, kw],
                padding: self.padding,
            })
        };
        Ok([n, o, extent(h, kh, 0)?, extent(w, kw, 1)?])
    }

    /// Shape of the weight, `[out, in, height, width]`.
    #[must_use]
    pub fn weight_shape(&self) -> [usize; 4] {
        self.weight
    }

    /// Stride `[rows, columns]`.
    #[must_use]
    pub fn stride(&self) -> [usize; 2] {
        self.stride
    }

    /// Zero padding `[rows, columns]`.
    #[must_use]
    pub fn padding(&self) -> [usize; 2] {
        self.padding
    }

    /// The output's shape if weight and bias have theirs.
    pub(crate) fn check(
        &self,
        input: [usize; 4],
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Result<[usize; 4], Error> {
        let output = self.output_shape(input)?;
        self.check_weight(weight, bias)?;
        Ok(output)
    }

    /// The layer's output.
    ///
    /// # Shapes
    /// - `input`: `[n, in, height, width]`, given as `shape`
    /// - `bias`: `[out]`
    /// - output: [`output_shape`](Self::output_shape)
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::ShapeMismatch`] or [`Error::InputTooSmall`].
    pub fn forward(
        &self,
        input: &[f32],
        shape: [usize; 4],
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Result<Vec<f32>, Error> {
        let mut result = zeros(self.check(shape, weight, bias)?);
        self.forward_into(Images { values: input, shape }, weight, bias, &mut result)?;
        Ok(result)
    }

    /// [`forward`](Self::forward) into memory of the output's length, whatever it holds.
    pub(crate) fn forward_into(
        &self,
        input: Images<'_>,
        weight: &[f32],
        bias: Option<&[f32]>,
        result: &mut [f32],
    ) -> Result<(), Error> {
        let Images { values, shape } = input;
        let output = self.check(shape, weight, bias)?;
        check("input", &shape, values)?;
        check("output", &output, result)?;
        let problem = self.problem(shape[0], values, bias);
        self.correlate(&self.correlation(shape, output), &problem, weight, result);
        Ok(())
    }

    /// Gradient of a loss with respect to the input, from the one with respect to the output.
    ///
    /// # Shapes
    /// - `gradient`: the output's shape
    /// - output: `shape`, the input's
    ///
    /// # Errors
    /// As [`forward`](Self::forward).
    pub fn input_gradient(
        &self,
        gradient: &[f32],
        weight: &[f32],
        shape: [usize; 4],
    ) -> Result<Vec<f32>, Error> {
        let mut input = zeros(shape);
        self.input_gradient_into(gradient, weight, shape, &mut input)?;
        Ok(input)
    }

    /// [`input_gradient`](Self::input_gradient) into memory of the input's length, whatever it
    /// holds.
    pub(crate) fn input_gradient_into(
        &self,
        gradient: &[f32],
        weight: &[f32],
        shape: [usize; 4],
        result: &mut [f32],
    ) -> Result<(), Error> {
        let output = self.output_shape(shape)?;
        check("output gradient", &output, gradient)?;
        check("weight", &self.weight, weight)?;
        check("input", &shape, result)?;
        let problem = self.problem(shape[0], gradient, None);
        let phases = Phase::all(self.weight, self.stride, self.padding, shape, output);
        if let [whole] = phases.as_slice()
            && self.stride == [1, 1]
        {
            self.correlate(&whole.correlation, &problem, weight, result);
            return Ok(());
        }
        // A stride beyond the filter leaves pixels that no phase writes.
        if phases.len() != self.stride[0] * self.stride[1] {
            result.fill(0.0);
        }
        for phase in phases {
            with_buffer(shape[0] * shape[1] * phase.correlation.pixels(), |part| {
                self.correlate(&phase.correlation, &problem, weight, part);
                phase.scatter(part, result, shape);
            });
        }
        Ok(())
    }

    /// Gradient of a loss with respect to the weight, summed over the images.
    ///
    /// # Shapes
    /// - `input`: `shape`
    /// - `gradient`: the output's shape
    /// - output: the weight's shape
    ///
    /// # Errors
    /// As [`forward`](Self::forward).
    pub fn weight_gradient(
        &self,
        input: &[f32],
        shape: [usize; 4],
        gradient: &[f32],
    ) -> Result<Vec<f32>, Error> {
        let mut weight = zeros(self.weight);
        self.weight_gradient_into(Images { values: input, shape }, gradient, &mut weight)?;
        Ok(weight)
    }

    /// [`weight_gradient`](Self::weight_gradient) into memory of the weight's length, whatever it
    /// holds.
    pub(crate) fn weight_gradient_into(
        &self,
        input: Images<'_>,
        gradient: &[f32],
        result: &mut [f32],
    ) -> Result<(), Error> {
        let Images { values, shape } = input;
        let output = self.output_shape(shape)?;
        check("input", &shape, values)?;
        check("output gradient", &output, gradient)?;
        check("weight", &self.weight, result)?;
        let (correlation, images) = (&self.correlation(shape, output), shape[0]);
        let job = Job { correlation, images, source: values, gradient, isa: self.isa };
        if self.winograd && winograd::wins_weight_gradient(&job) {
            winograd::weight_gradient(&job, result);
        } else {
            job.write(result);
        }
        Ok(())
    }

    /// Gradient of a loss with respect to the bias: the sum over images and pixels.
    ///
    /// # Shapes
    /// - `gradient`: `[n, out, height, width]`, given as `shape`
    /// - output: `[out]`
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] or [`Error::ShapeMismatch`].
    pub fn bias_gradient(&self, gradient: &[f32], shape: [usize; 4]) -> Result<Vec<f32>, Error> {
        if shape[1] != self.weight[0] {
            return Err(self.misfit("output gradient", shape));
        }
        check("output gradient", &shape, gradient)?;
        let plane = (shape[2] * shape[3]).max(1);
        let mut sums = vec![0.0f64; shape[1]];
        for image in gradient.chunks(plane * shape[1]) {
            for (sum, plane) in sums.iter_mut().zip(image.chunks(plane)) {
                *sum += plane_sum(plane);
            }
        }
        Ok(sums.into_iter().map(|sum| sum as f32).collect())
    }

    pub(crate) fn correlation(&self, input: [usize; 4], output: [usize; 4]) -> Correlation {
        Correlation::forward(self.weight, self.stride, self.padding, input, output)
    }

    /// `images` sources with nothing after the sum.
    pub(crate) fn problem<'a>(
        &self,
        images: usize,
        source: &'a [f32],
        bias: Option<&'a [f32]>,
    ) -> Problem<'a> {
        Problem { images, source, bias, addend: Addend::Nothing, relu: false, isa: self.isa }
    }

    pub(crate) fn check_weight(&self, weight: &[f32], bias: Option<&[f32]>) -> Result<(), Error> {
        check("weight", &self.weight, weight)?;
        self.check_bias(bias)
    }

    pub(crate) fn check_bias(&self, bias: Option<&[f32]>) -> Result<(), Error> {
        bias.map_or(Ok(()), |bias| check("bias", &self.weight[..1], bias))
    }

    /// By Winograd's transforms, the direct kernel, or for maps too small to fill its vectors the
    /// gathering one.
    fn correlate(
        &self,
        correlation: &Correlation,
        problem: &Problem<'_>,
        weight: &[f32],
        output: &mut [f32],
    ) {
        let isa = self.isa;
        if self.winograd && winograd::wins(correlation, problem.images) {
            return with_buffer(winograd::packed_len(correlation, isa), |packed| {
                winograd::pack(correlation, weight, isa, packed);
                let filters = winograd::Filters::Floats(packed);
                winograd::correlate(correlation, problem, filters, output);
            });
        }
        with_packed(correlation, weight, isa.max_outputs(), |blocks| {
            correlate_packed(correlation, problem, blocks, output);
        });
    }

    fn misfit(&self, name: &'static str, got: [usize; 4]) -> Error {
        Error::ShapeMismatch { name, got, weight: self.weight }
    }

    pub(crate) fn allows_winograd(&self) -> bool {
        self.winograd
    }

    pub(crate) fn allows_int8(&self) -> bool {
        self.int8 && self.isa.takes_int8()
    }

    pub(crate) fn isa(&self) -> Isa {
        self.isa
    }
}

/// Images `[n, channels, height, width]` with their shape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Images<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) shape: [usize; 4],
}

fn zeros(shape: [usize; 4]) -> Vec<f32> {
    vec![0.0; shape.iter().product()]
}

/// The direct or the gathering kernel, with a weight packed before.
pub(crate) fn correlate_packed(
    correlation: &Correlation,
    problem: &Problem<'_>,
    blocks: &[Block<'_>],
    output: &mut [f32],
) {
    if gathered::wins(correlation, problem) {
        gathered::correlate(correlation, problem, blocks, output);
    } else {
        direct::correlate(correlation, problem, blocks, output);
    }
}

/// Sum of a plane, in `f32` lanes over runs of 1024 and in `f64` between them.
pub(crate) fn plane_sum(plane: &[f32]) -> f64 {
    plane.chunks(1024).map(|run| f64::from(run_sum(run))).sum()
}

fn run_sum(run: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    let chunks = run.chunks_exact(16);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    rest + lanes.iter().sum::<f32>()
}

pub(crate) fn check(name: &'static str, shape: &[usize], values: &[f32]) -> Result<(), Error> {
    if shape.iter().product::<usize>() == values.len() {
        return Ok(());
    }
    Err(Error::LengthMismatch { name, shape: shape.to_vec(), got: values.len() })
}
