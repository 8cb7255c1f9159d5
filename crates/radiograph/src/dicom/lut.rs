//! Lookup tables as DICOM stores them: a descriptor of three numbers and the entries
//! (PS3.3 C.11.1.1.1).

use super::element::Element;
use super::file::{Header, shown};
use super::segmented;
use super::tag::{self, Tag};
use crate::{Error, Warning};

/// A lookup table: values below `first` take the first entry, values past the end the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lut {
    pub(crate) first: i32,
    pub(crate) bits: u16,
    pub(crate) entries: Vec<u16>,
}

impl Lut {
    /// The table of an item of a LUT sequence. `signed` says how to read the descriptor's first
    /// mapped value where the encoding does not.
    pub(crate) fn read(
        item: &Header<'_>,
        signed: bool,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        Self::read_tags(item, [tag::LUT_DESCRIPTOR, tag::LUT_DATA], signed, warnings)
    }

    /// The table of the attributes of descriptor and data.
    pub(crate) fn read_tags(
        item: &Header<'_>,
        [descriptor, data]: [Tag; 2],
        signed: bool,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        let element = item.element(descriptor).ok_or(Error::Missing { name: descriptor.name })?;
        let bad = || Error::invalid(descriptor.name, "three integers", shown(element));
        let words = element.words().ok_or_else(bad)?;
        let [count, first, bits] = *words.first_chunk::<3>().ok_or_else(bad)?;
        let count = if count == 0 { 65536 } else { usize::from(count) };
        if !(1..=16).contains(&bits) {
            return Err(Error::invalid(descriptor.name, "1 to 16 bits per entry", bits));
        }
        let signed = match element.vr.as_ref() {
            Some(b"SS") => true,
            Some(b"US") => false,
            _ => signed,
        };
        let first = if signed { i32::from(first as i16) } else { i32::from(first) };
        let entries = match (item.element(data), segments(item, data)) {
            (None, Some((element, tag))) => {
                whole(segmented::expand(element, tag, bits, count)?, tag, count, warnings)?
            }
            _ => entries(item, data, count, warnings)?,
        };
        let needed = entries.iter().fold(0, |a, &b| a | b);
        Ok(Self { first, bits: bits.max((16 - needed.leading_zeros()) as u16), entries })
    }

    /// The entry for a value.
    pub(crate) fn at(&self, value: i64) -> u16 {
        let last = self.entries.len() as i64 - 1;
        self.entries[(value - i64::from(self.first)).clamp(0, last) as usize]
    }

    /// The entry for a value that need not be whole, as a fraction of the largest entry possible.
    pub(crate) fn fraction(&self, value: f64) -> f64 {
        f64::from(self.at(value.round() as i64)) / f64::from((1_u32 << self.bits) - 1)
    }
}

/// Whether an item of a LUT sequence is empty: neither descriptor nor data.
pub(crate) fn is_empty(item: &Header<'_>) -> bool {
    item.element(tag::LUT_DESCRIPTOR).is_none() || item.element(tag::LUT_DATA).is_none()
}

/// `count` entries of 16 bits, or of 8 bits packed two to a word where there are just as many
/// bytes. Where there are fewer, the last one stands for the rest.
fn entries(
    item: &Header<'_>,
    data: Tag,
    count: usize,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<u16>, Error> {
    let element = item.element(data).ok_or(Error::Missing { name: data.name })?;
    let words =
        || element.words().ok_or_else(|| Error::invalid(data.name, "16-bit words", shown(element)));
    let entries: Vec<u16> = match element.value.len() {
        len if len == count || len == count.next_multiple_of(2) => {
            element.value.iter().map(|&b| u16::from(b)).collect()
        }
        _ => words()?,
    };
    whole(entries, data, count, warnings)
}

/// The segments that make the table of a palette's colour.
fn segments<'h, 'a>(item: &'h Header<'a>, data: Tag) -> Option<(&'h Element<'a>, Tag)> {
    let all = [
        (tag::RED_LUT_DATA, tag::SEGMENTED_RED_LUT_DATA),
        (tag::GREEN_LUT_DATA, tag::SEGMENTED_GREEN_LUT_DATA),
        (tag::BLUE_LUT_DATA, tag::SEGMENTED_BLUE_LUT_DATA),
    ];
    let (_, segmented) = all.into_iter().find(|(plain, _)| plain.name == data.name)?;
    Some((item.element(segmented)?, segmented))
}

/// As many entries as there are to be: the last one stands for those that are missing.
fn whole(
    mut entries: Vec<u16>,
    data: Tag,
    count: usize,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<u16>, Error> {
    let got = entries.len();
    let last = entries.last().copied();
    let last = last.ok_or_else(|| Error::invalid(data.name, format!("{count} entries"), 0))?;
    if got < count {
        let name = data.name;
        warnings.push(Warning::Guessed {
            what: format!("{name}: expected {count} entries; got {got}; the last one is repeated"),
        });
    }
    entries.resize(count, last);
    Ok(entries)
}
