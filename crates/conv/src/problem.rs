use crate::Isa;

/// The values that a correlation works on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Problem<'a> {
    pub(crate) images: usize,
    /// `[images, channels, source height, source width]`
    pub(crate) source: &'a [f32],
    /// In the caller's order; the correlation knows where each tap's weight lies.
    pub(crate) weight: &'a [f32],
    /// `[outputs]`
    pub(crate) bias: Option<&'a [f32]>,
    pub(crate) isa: Isa,
}
