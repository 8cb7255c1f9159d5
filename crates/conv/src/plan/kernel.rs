//! One step of a plan with all that it needs, and how it runs.

use super::passes;
use crate::graph::{MapShape, Program, Step, StepKind, Window};
use crate::{Addend, Convolution, Error, PackedConvolution};
use std::ops::Range;

/// The values that a step reads, in the order of [`StepKind::reads`].
pub(super) type Reads<'a> = Vec<&'a [f32]>;

#[derive(Debug)]
pub(super) enum Kernel {
    Convolution {
        packed: Box<PackedConvolution>,
        copies: usize,
        addend: Adds,
    },
    Sum {
        factors: Vec<usize>,
        relu: bool,
        shape: MapShape,
    },
    Scale {
        scale: Vec<f32>,
        shift: Vec<f32>,
        shape: MapShape,
    },
    Selu,
    MaxPool {
        window: Window,
        from: MapShape,
        to: MapShape,
    },
    MeanOverPixels {
        pixels: usize,
    },
    MeanOverCopies {
        copies: usize,
        size: usize,
    },
    MaxOverCopies {
        copies: usize,
        size: usize,
    },
    AttendOverCopies {
        copies: usize,
        size: usize,
    },
    CopiesSideBySide,
    Concatenate {
        sizes: Vec<usize>,
    },
    Product,
    /// Of pictures of `size` values these.
    Channels {
        size: usize,
        values: Range<usize>,
    },
}

/// What a convolution adds to its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Adds {
    Nothing,
    /// The second value it reads.
    Read,
    /// What lies in its output's place.
    InPlace,
}

impl Kernel {
    /// Packs the step's weights.
    ///
    /// # Errors
    /// [`Error::Device`] from a device that does not give them.
    pub(super) fn new(
        program: &Program,
        step: &Step,
        in_place: bool,
        configure: impl Fn(Convolution) -> Convolution,
    ) -> Result<Self, Error> {
        let to = program.shape(step.output);
        Ok(match &step.kind {
            StepKind::Convolution { layer, weight, bias, x, addend, relu } => {
                let from = program.shape(*x);
                let map = [from.height, from.width];
                let packed =
                    PackedConvolution::new(&configure(*layer), &weight.values()?, Some(bias), map)?;
                let packed = if *relu { packed.with_relu() } else { packed };
                let addend = match addend {
                    None => Adds::Nothing,
                    Some(_) if in_place => Adds::InPlace,
                    Some(_) => Adds::Read,
                };
                Self::Convolution { packed: Box::new(packed), copies: from.copies, addend }
            }
            StepKind::Sum { terms, relu } => {
                let factors = terms.iter().map(|term| term.factor).collect();
                Self::Sum { factors, relu: *relu, shape: to }
            }
            StepKind::Scale { scale, shift, .. } => {
                Self::Scale { scale: scale.clone(), shift: shift.clone(), shape: to }
            }
            StepKind::Selu { .. } => Self::Selu,
            StepKind::MaxPool { x, window } => {
                Self::MaxPool { window: *window, from: program.shape(*x), to }
            }
            StepKind::MeanOverPixels { x } => {
                Self::MeanOverPixels { pixels: program.shape(*x).pixels() }
            }
            StepKind::MeanOverCopies { x } => {
                Self::MeanOverCopies { copies: program.shape(*x).copies, size: to.len() }
            }
            StepKind::MaxOverCopies { x } => {
                Self::MaxOverCopies { copies: program.shape(*x).copies, size: to.len() }
            }
            StepKind::AttendOverCopies { x, .. } => {
                Self::AttendOverCopies { copies: program.shape(*x).copies, size: to.len() }
            }
            StepKind::CopiesSideBySide { .. } => Self::CopiesSideBySide,
            StepKind::Concatenate { parts } => {
                let size = |part: &_| program.shape(*part).with_copies(1).len();
                Self::Concatenate { sizes: parts.iter().map(size).collect() }
            }
            StepKind::Product { .. } => Self::Product,
            StepKind::Channels { x, range } => {
                let pixels = to.pixels();
                let size = program.shape(*x).channels * pixels;
                Self::Channels { size, values: range.start * pixels..range.end * pixels }
            }
        })
    }

    /// Computes `items` items.
    pub(super) fn run(
        &self,
        items: usize,
        reads: &Reads<'_>,
        output: &mut [f32],
    ) -> Result<(), Error> {
        match self {
            Self::Convolution { packed, copies, addend } => {
                let addend = match addend {
                    Adds::Nothing => Addend::Nothing,
                    Adds::Read => Addend::Given(reads[1]),
                    Adds::InPlace => Addend::Output,
                };
                packed.run(items * copies, reads[0], addend, output)?;
            }
            Self::Sum { factors, relu, shape } => {
                passes::sum(reads, factors, *relu, *shape, output);
            }
            Self::Scale { scale, shift, shape } => {
                passes::scale(reads[0], scale, shift, *shape, output);
            }
            Self::Selu => crate::selu::forward(reads[0], output),
            Self::MaxPool { window, from, to } => {
                passes::max_pool(reads[0], window, *from, *to, output);
            }
            Self::MeanOverPixels { pixels } => {
                passes::mean_over_pixels(reads[0], *pixels, output);
            }
            Self::MeanOverCopies { copies, size } => {
                passes::mean_over_copies(reads[0], *copies, *size, output);
            }
            Self::MaxOverCopies { copies, size } => {
                passes::max_over_copies(reads[0], *copies, *size, output);
            }
            Self::AttendOverCopies { copies, size } => {
                passes::attend_over_copies((reads[0], reads[1]), *copies, *size, output);
            }
            // They lie so already.
            Self::CopiesSideBySide => output.copy_from_slice(reads[0]),
            Self::Concatenate { sizes } => passes::concatenate(reads, sizes, output),
            Self::Product => passes::product(reads[0], reads[1], output),
            Self::Channels { size, values } => {
                passes::channels(reads[0], *size, values.clone(), output);
            }
        }
        Ok(())
    }

    /// Whether it multiplies 8-bit integers.
    pub(super) fn is_int8(&self) -> bool {
        matches!(self, Self::Convolution { packed, .. } if packed.is_int8())
    }

    /// What it is, for a table of times.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Convolution { .. } => "convolution",
            Self::Sum { .. } => "sum",
            Self::Scale { .. } => "scale",
            Self::Selu => "selu",
            Self::MaxPool { .. } => "max pool",
            Self::MeanOverPixels { .. } => "mean over pixels",
            Self::MeanOverCopies { .. } => "mean over copies",
            Self::MaxOverCopies { .. } => "maximum over copies",
            Self::AttendOverCopies { .. } => "attention over copies",
            Self::CopiesSideBySide => "copies side by side",
            Self::Concatenate { .. } => "concatenate",
            Self::Product => "product",
            Self::Channels { .. } => "channels",
        }
    }
}
