//! Convolutional networks in f32 on the CPU, near the processor's multiply-add rate: 2-D
//! convolutions with their gradients on plain slices ([`Convolution`]), and graphs of whole
//! networks ([`Graph`]) that run as inference plans ([`Plan`]) or leave as ONNX files. With the
//! feature `burn` also layers for burn's flex backend (`Layers`, `Conv2d`, `BatchNorm`,
//! `ResidualBlock`) and the trait `Maps`, over which a network is written once, for tensors and for
//! its graph.
//!
//! # How
//! Forward pass and input gradient are one thing, a correlation: every output pixel is a
//! weighted sum of source pixels at fixed displacements. The source planes of one image are
//! copied into rows of one common pitch, zero padding included, so that a vector of 16
//! neighbouring pixels may run over the end of a row: the few columns between rows are computed
//! and dropped. A tile of up to 12 outputs times 2 to 4 vectors then stays in registers over the
//! whole sum, with one broadcast weight per 2 to 4 multiply-adds; no copy per tap (im2col) is
//! made. A stride of 2 splits planes into their even and odd rows and columns; 1 x 1 filters read
//! the planes where they are.
//!
//! The weight gradient sums over pixels instead. Vectors run along them and a block of 8 outputs
//! times 3 taps stays in registers, so that nothing is broadcast or transposed. Where Winograd's
//! transforms pay, it is their adjoint: products of matrices over tiles, with outputs along
//! vectors.
//!
//! Maps too small to fill vectors (3 x 3 and the like, with many channels) are gathered: pixels
//! of all images stand side by side, and the same tile kernel multiplies them.
//!
//! # Numbers
//! Each output is one sum in a fixed order (channels, then taps), the weight gradient a fixed tree
//! over groups of images or of rows of tiles that depends on the shapes alone: results are
//! bit-equal for any number of threads. Against a convolution in f64 the error stays below 1e-5 of
//! the sum of the terms' magnitudes. The definition includes the zero padding: a NaN weight makes
//! every output of its filter NaN. NaN and infinities propagate as in the definition, except that
//! one in the input may also reach the gradients of the other taps of its channel.
//!
//! Forward passes, in training and packed for inference, and both gradients use Winograd's F(4 x 4,
//! 3 x 3) for 3 x 3 filters of stride 1 with 16 channels or more, where maps are large enough and, of
//! weight gradients, channels many enough for the instruction set: a quarter of the products, an
//! error of up to 1e-4 of the sum of the terms' magnitudes. There a NaN or infinity makes non-finite
//! what it makes so by the definition, and may make the rest of the 4 x 4 tiles non-finite that see
//! it, and of the filter whose gradient it enters.
//! [`Convolution::with_winograd`], [`PlanOptions::with_winograd`] and, with the feature `burn`,
//! `Layers::with_winograd` forbid it.
//!
//! Where it is allowed ([`PlanOptions::with_int8`], [`Convolution::with_int8`]) and the processor has
//! an instruction for it, layers packed for inference multiply 8-bit integers and sum them in 32 bits.
//! Sources and weights are multiples of scales, of which each pixel (1 x 1 filters), each tile at each
//! of Winograd's points, or else each image has one, found as the layer runs, and each output, or
//! output and point. Sums are exact, so that what is lost is the rounding, up to half a scale for
//! each factor, and magnitudes below 1e-30. On noise that is 0.5 % of the output's size, and 8 % by
//! Winograd's transforms. Results are bit-equal for any number of threads and in any batch; a NaN or infinity
//! makes non-finite all that shares its scale.
//!
//! # Inference
//! A [`Graph`] is a network with its weights. [`Graph::plan`] merges what can be merged: batch norm
//! into weights (in f64, rounded once), sums and ReLUs into the last step of a convolution,
//! enlargements into the sum that reads them; then packs every weight and gives every value its
//! place in one workspace, used again as soon as nothing reads it. [`Graph::to_onnx`] writes the
//! same merged network for any other runtime. With the feature `burn`, [`Graph::conv2d`],
//! [`Graph::batch_norm`] and their like read burn's layers.
//!
//! # Memory
//! A graph of burn's layers shares their weights. A plan holds one copy, in the order in which it
//! reads them, and an exported file is one; both are made layer by layer, so that no more than one
//! layer's weight is there once more.
//!
//! Beside its result a convolution takes a prepared band of one image per thread (at most about
//! 0.6 MB plus what one row of all channels needs), the packed weight, and for the weight gradient
//! up to 16 partial sums, together at most 16 MB or one weight. By Winograd's transforms the weight
//! gradient's band, of 72 tiles or a row of them at least, takes about 2 MB or, if that is more, 144
//! bytes for each tile and each of its channels and 32 outputs; and the sums of 32 outputs 5 kB per
//! channel. A layer in 8-bit integers holds a quarter of its weight, or by Winograd's transforms four
//! quarters, as each of nine floats becomes four bytes; its band by those is twice as large, and a
//! quarter of it again are its bytes. Scratch is kept per thread and reused. The layers of one network use
//! the memory of one step's results for the next and free it with the last of them.
//!
//! ```
//! use vertebra_conv::Convolution;
//!
//! let edge = Convolution::new([1, 1, 1, 2])?;
//! let y = edge.forward(&[1.0, 4.0, 9.0], [1, 1, 1, 3], &[-1.0, 1.0], None)?;
//! assert_eq!(y, [3.0, 5.0]);
//! # Ok::<(), vertebra_conv::Error>(())
//! ```

mod awake;
mod convolution;
mod correlation;
mod direct;
mod error;
mod gathered;
mod graph;
mod kernels;
#[cfg(feature = "burn")]
mod nn;
#[cfg(feature = "burn")]
mod normalization;
mod onnx;
mod packed;
mod packing;
mod plan;
mod planes;
mod problem;
mod selu;
mod weight_gradient;
mod winograd;
mod workspace;

/// The version of burn whose types stand in this crate's signatures.
#[cfg(feature = "burn")]
pub use burn;

pub use convolution::Convolution;
pub use error::Error;
pub use graph::{Graph, MapShape, Value};
pub use kernels::Isa;
#[cfg(feature = "burn")]
pub use nn::{BatchNorm, Conv2d, Conv2dConfig, ConvNorm, Layers, Norm, ResidualBlock};
#[cfg(feature = "burn")]
pub use nn::{Maps, Precision, Traced, Tracer, Vectors, runs_on_flex};
pub use packed::PackedConvolution;
pub use plan::{Plan, PlanOptions, StepTime};
pub use problem::Addend;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
