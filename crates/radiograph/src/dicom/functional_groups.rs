//! The functional groups of a frame (PS3.3 C.7.6.16): attributes that enhanced objects state once
//! for all frames or for each one, inside of sequences.

use super::element::Element;
use super::file::Header;
use super::tag::{self, Tag};
use crate::{Error, Warning};

/// The macros whose attributes this crate reads, by element: grey scale, spacing, geometry,
/// shutter, orientation, side.
const MACROS: [(u16, u16); 8] = [
    (0x0018, 0x9472), // Frame Display Shutter
    (0x0018, 0x9476), // X-Ray Geometry
    (0x0020, 0x9071), // Frame Anatomy
    (0x0020, 0x9450), // Patient Orientation in Frame
    (0x0028, 0x9110), // Pixel Measures
    (0x0028, 0x9132), // Frame VOI LUT
    (0x0028, 0x9145), // Pixel Value Transformation
    (0x0028, 0x9443), // Frame Pixel Data Properties
];

impl<'a> Header<'a> {
    /// The attributes as they are for a frame: those of its own functional groups before the shared
    /// ones, and those before the ones of the data set. Groups that cannot be read are left out
    /// with a warning.
    pub(crate) fn for_frame(self, frame: usize, warnings: &mut Vec<Warning>) -> Self {
        let shared = self.group(tag::SHARED_FUNCTIONAL_GROUPS, 0, warnings);
        let mut own = self.group(tag::PER_FRAME_FUNCTIONAL_GROUPS, frame, warnings);
        own.extend(shared);
        if own.is_empty() { self } else { self.with_first(own) }
    }

    /// The attributes of the macros of one item of a sequence of functional groups.
    fn group(&self, tag: Tag, item: usize, warnings: &mut Vec<Warning>) -> Vec<Element<'a>> {
        self.macros(tag, item).unwrap_or_else(|error| {
            warnings.push(Warning::Ignored { what: format!("{}: {error}", tag.name) });
            Vec::new()
        })
    }

    fn macros(&self, tag: Tag, item: usize) -> Result<Vec<Element<'a>>, Error> {
        let Some(element) = self.element(tag) else { return Ok(Vec::new()) };
        let mut attributes = Vec::new();
        let items = element.items()?;
        for group in items.get(item).into_iter().flat_map(|item| &item.elements) {
            if MACROS.contains(&(group.group, group.element)) {
                let first = group.items()?.into_iter().next();
                attributes.extend(first.into_iter().flat_map(|item| item.elements));
            }
        }
        Ok(attributes)
    }
}
