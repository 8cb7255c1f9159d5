//! What the nodes of a graph compute.

use super::Weight;
use crate::Convolution;
use std::ops::Range;

/// Window of a pooling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) size: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
}

/// What a node of a graph computes from its inputs.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Input,
    Convolution { layer: Convolution, weight: Weight, bias: Vec<f32> },
    Scale { scale: Vec<f64>, shift: Vec<f64> },
    Relu,
    Selu,
    Sum,
    Product,
    Enlarge(usize),
    MaxPool(Window),
    MeanOverPixels,
    MeanOverCopies,
    MaxOverCopies,
    AttendOverCopies,
    CopiesSideBySide,
    Concatenate,
    Channels(Range<usize>),
}
