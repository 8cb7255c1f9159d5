//! What the labels of annotation tools name.

use crate::Level;

/// Suffixes of the six morphometric points, in the order of
/// [`SixPoints::to_array`](crate::SixPoints::to_array).
pub(super) const SUFFIXES: [&str; 6] = ["AS", "MS", "PS", "AI", "MI", "PI"];

/// The same, written out.
const NAMES: [&str; 6] = [
    "anterior_superior",
    "mid_superior",
    "posterior_superior",
    "anterior_inferior",
    "mid_inferior",
    "posterior_inferior",
];

/// What is before the level in the labels of some tools.
const PREFIXES: [&str; 3] = ["vertebrae", "vertebra", "body"];

/// A part of a spine that a label names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A vertebra: its centre, or its outline.
    Body(Level),
    /// One of its six morphometric points.
    Point(Level, usize),
}

impl Part {
    /// `L3`, `vertebra L3`; `L3_AS`, `L3 anterior superior`, `L3-1`; in any case.
    pub(super) fn of_label(label: &str) -> Option<Self> {
        let text = label.trim().to_lowercase().replace([' ', '-', '.'], "_");
        let stripped = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix));
        let text = stripped.map_or(text.as_str(), |rest| rest.trim_start_matches('_'));
        let (level, rest) = match text.split_once('_') {
            Some((level, rest)) => (level, Some(rest)),
            None => (text, None),
        };
        let level: Level = level.to_uppercase().parse().ok()?;
        match rest {
            None => Some(Self::Body(level)),
            Some(rest) => Some(Self::Point(level, index(rest)?)),
        }
    }

    /// The label of a shape within a skeleton or a group, which may leave the level to it.
    pub(super) fn of_labels(group: Option<&str>, label: &str) -> Option<Self> {
        Self::of_label(label).or_else(|| Self::of_label(&format!("{}_{label}", group?)))
    }
}

/// The label of one of the six points.
pub(super) fn six_label(level: Level, index: usize) -> String {
    format!("{level}_{}", SUFFIXES[index])
}

fn index(text: &str) -> Option<usize> {
    let numbered = text.parse::<usize>().ok().filter(|n| (1..=6).contains(n)).map(|n| n - 1);
    let suffix = || SUFFIXES.iter().position(|suffix| suffix.eq_ignore_ascii_case(text));
    numbered.or_else(suffix).or_else(|| NAMES.iter().position(|name| *name == text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_name_vertebrae_and_points_and_discs_name_nothing() {
        for label in ["L3", "l3", " vertebrae_L3", "Vertebra L3", "body-L3"] {
            assert_eq!(Part::of_label(label), Some(Part::Body(Level::L3)), "{label}");
        }
        for label in ["L3_PI", "l3 pi", "L3-6", "vertebra L3 posterior-inferior"] {
            assert_eq!(Part::of_label(label), Some(Part::Point(Level::L3, 5)), "{label}");
        }
        for label in ["L3-L4", "L6", "T12", "S1", "L3_7", "disc_L3", "", "L"] {
            assert_eq!(Part::of_label(label), None, "{label}");
        }
        assert_eq!(Part::of_labels(Some("L5"), "MS"), Some(Part::Point(Level::L5, 1)));
        assert_eq!(Part::of_labels(Some("lumbar_spine"), "L5"), Some(Part::Body(Level::L5)));
        assert_eq!(six_label(Level::L2, 3), "L2_AI");
    }
}
