//! Float (7FE0,0008) and Double Float Pixel Data (7FE0,0009) (PS3.3 C.7.6.24 and C.7.6.25): values
//! that are no codes, so that the grey scale is evaluated for each.
//!
//! To grey: rescaled where the file says so, then the window or VOI LUT of the file, or else from
//! the smallest to the largest value. Padding, infinities and NaN are no film: they are black, and
//! where values are asked for the smallest one.

use super::element::Element;
use super::file::Header;
use super::layout::Layout;
use super::modality::Modality;
use super::tag;
use super::voi::Presentation;
use crate::{Error, Grey, Provenance, ReadOptions, Warning};

/// The attribute of such pixels, and the bytes of one.
pub(crate) fn element<'h, 'a>(header: &'h Header<'a>) -> Option<(&'h Element<'a>, usize)> {
    let single = header.element(tag::FLOAT_PIXEL_DATA).map(|element| (element, 4));
    single.or_else(|| header.element(tag::DOUBLE_FLOAT_PIXEL_DATA).map(|element| (element, 8)))
}

/// The values of a frame, as stored.
pub(crate) struct Floats {
    values: Vec<f64>,
    padding: Option<[f64; 2]>,
}

impl Floats {
    pub(crate) fn read(
        header: &Header<'_>,
        (element, size): (&Element<'_>, usize),
        layout: &Layout,
        frame: usize,
    ) -> Result<Self, Error> {
        let bytes = layout.pixels() * size;
        let start = bytes.saturating_mul(frame);
        let Some(data) = element.value.get(start..).and_then(|rest| rest.get(..bytes)) else {
            let expected = bytes as u64 * layout.frames as u64;
            let (name, got) = ("the floats of Pixel Data".into(), element.value.len() as u64);
            return Err(Error::Truncated { name, expected, got });
        };
        let values = data.chunks_exact(size).map(|bytes| element.float(bytes)).collect();
        Ok(Self { values, padding: padding(header, size)? })
    }

    fn is_film(&self, value: f64) -> bool {
        let is_padding = |[low, high]: [f64; 2]| (low..=high).contains(&value);
        value.is_finite() && !self.padding.is_some_and(is_padding)
    }

    /// Grey values; clears in `valid` what is no film.
    pub(crate) fn grey(
        &self,
        header: &Header<'_>,
        layout: &Layout,
        options: &ReadOptions,
        (provenance, warnings): (&mut Provenance, &mut Vec<Warning>),
    ) -> Result<(Vec<f32>, Option<Vec<bool>>), Error> {
        let modality = match Modality::read(header, layout, warnings)? {
            Modality::Table(_) => {
                let name = tag::MODALITY_LUT_SEQUENCE.name;
                warnings.push(Warning::Ignored { what: format!("{name} with floats for pixels") });
                Modality::Identity
            }
            modality => modality,
        };
        provenance.modality_lut = modality.record();
        let values: Vec<f64> = self.values.iter().map(|&v| modality.apply_to(v)).collect();
        let film: Vec<bool> = self.values.iter().map(|&v| self.is_film(v)).collect();
        let kept = values.iter().zip(&film).filter(|(_, film)| **film).map(|(v, _)| *v);
        let widen = |[low, high]: [f64; 2], v: f64| [low.min(v), high.max(v)];
        let extent = kept.fold([f64::INFINITY, f64::NEG_INFINITY], widen);
        let extent = if extent[0] <= extent[1] { extent } else { [0.0, 0.0] };
        let others = film.iter().filter(|film| !**film).count();
        provenance.padded_pixels = others as u64;
        let pixels = match options.grey {
            Grey::Modality => {
                let value = |(v, film): (&f64, &bool)| (if *film { *v } else { extent[0] }) as f32;
                values.iter().zip(&film).map(value).collect()
            }
            Grey::Display => {
                let voi = Presentation::read(header, &options.voi, true, warnings)?;
                provenance.voi = voi.record();
                let invert = super::grey::inverts(layout);
                (provenance.grey_range, provenance.inverted) = (Some(voi.range(extent)), invert);
                let shown = |(v, film): (&f64, &bool)| match film {
                    true => {
                        let grey = voi.apply(*v, extent);
                        (if invert { 1.0 - grey } else { grey }) as f32
                    }
                    false => 0.0,
                };
                values.iter().zip(&film).map(shown).collect()
            }
        };
        Ok((pixels, (others > 0).then_some(film)))
    }
}

/// The range of values that stand for no film.
fn padding(header: &Header<'_>, size: usize) -> Result<Option<[f64; 2]>, Error> {
    let [value, limit] = match size {
        4 => [tag::FLOAT_PADDING_VALUE, tag::FLOAT_PADDING_LIMIT],
        _ => [tag::DOUBLE_PADDING_VALUE, tag::DOUBLE_PADDING_LIMIT],
    };
    // Padding that is no number is no finite value either.
    let number = |tag| header.element(tag).map(|e| e.float(&e.value[..size.min(e.value.len())]));
    let Some(value) = number(value).filter(|v| !v.is_nan()) else { return Ok(None) };
    let limit = number(limit).filter(|v| !v.is_nan()).unwrap_or(value);
    Ok(Some([value.min(limit), value.max(limit)]))
}
