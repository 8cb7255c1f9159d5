//! Values of interest: modality units to presentation values in `[0, 1]` (PS3.3 C.11.2).

use super::element::Element;
use super::file::{Header, labels};
use super::lut::{self, Lut};
use super::tag;
use crate::window::{Function, Window};
use crate::{Error, Voi, VoiChoice, Warning};

/// The VOI transformation chosen.
#[derive(Debug, Clone)]
pub(crate) enum Presentation {
    /// From the smallest to the largest value.
    Stretch,
    Window(Window),
    Table {
        item: usize,
        lut: Lut,
    },
}

impl Presentation {
    /// Chooses among the windows and tables of the file. `signed`: whether modality values can be
    /// negative, which decides how an implicitly encoded LUT descriptor is read.
    pub(crate) fn read(
        header: &Header<'_>,
        choice: &VoiChoice,
        signed: bool,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        let luts = header.items(tag::VOI_LUT_SEQUENCE)?;
        let usable = |lut: &Header<'_>| !lut::is_empty(lut);
        if !luts.iter().all(usable) {
            let what = format!("{}: an item is empty", tag::VOI_LUT_SEQUENCE.name);
            warnings.push(Warning::Ignored { what });
        }
        match choice {
            VoiChoice::None => Ok(Self::Stretch),
            VoiChoice::Given(center, width) => Window::given(*center, *width).map(Self::Window),
            VoiChoice::Lut(item) => Self::table(&luts, *item, signed, warnings),
            VoiChoice::Window(index) => Self::window(header, *index, warnings),
            VoiChoice::Named(name) => match find(name, header, &luts)? {
                Place::Window(index) => Self::window(header, index, warnings),
                Place::Lut(item) => Self::table(&luts, item, signed, warnings),
            },
            VoiChoice::First => match luts.iter().position(usable) {
                Some(item) => {
                    warn_several(luts.len(), item, warnings);
                    Self::table(&luts, item, signed, warnings)
                }
                None => first_window(header, warnings),
            },
        }
    }

    fn window(
        header: &Header<'_>,
        index: usize,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        let window = window(header, index, warnings)?;
        let name = "a window of that number, Window Center (0028,1050)";
        window.map(Self::Window).ok_or(Error::Missing { name })
    }

    fn table(
        luts: &[Header<'_>],
        item: usize,
        signed: bool,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        let lut = luts.get(item).ok_or(Error::Missing { name: "a VOI LUT of that number" })?;
        Ok(Self::Table { item, lut: Lut::read(lut, signed, warnings)? })
    }

    /// Presentation value of a modality value.
    pub(crate) fn apply(&self, value: f64, extent: [f64; 2]) -> f64 {
        match self {
            Self::Window(window) => window.apply(value),
            Self::Table { lut, .. } => lut.fraction(value),
            Self::Stretch => stretch(value, extent),
        }
    }

    /// Modality values that become grey 0 and 1, before inversion.
    pub(crate) fn range(&self, extent: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Window(window) => window.range(),
            Self::Table { lut, .. } => {
                let first = f64::from(lut.first);
                [first, first + lut.entries.len() as f64 - 1.0]
            }
            Self::Stretch => extent,
        }
    }

    pub(crate) fn record(&self) -> Voi {
        match self {
            Self::Stretch => Voi::None,
            Self::Window(window) => window.record(),
            Self::Table { item, lut } => Voi::Sequence {
                item: *item,
                entries: lut.entries.len() as u32,
                first: lut.first,
                bits: lut.bits,
            },
        }
    }
}

/// Where in the file a window or a table stands.
enum Place {
    Window(usize),
    Lut(usize),
}

/// The window, or else the table, that is explained by a name; upper and lower case are the same.
fn find(name: &str, header: &Header<'_>, luts: &[Header<'_>]) -> Result<Place, Error> {
    let windows = header.element(tag::WINDOW_EXPLANATION).map(labels).unwrap_or_default();
    let first = |lut: &Header<'_>| {
        let all = lut.element(tag::LUT_EXPLANATION).map(labels).unwrap_or_default();
        all.into_iter().next().unwrap_or_default()
    };
    let luts: Vec<String> = luts.iter().map(first).collect();
    let is_meant = |label: &String| label.to_lowercase() == name.trim().to_lowercase();
    let window = windows.iter().position(is_meant).map(Place::Window);
    window.or_else(|| luts.iter().position(is_meant).map(Place::Lut)).ok_or_else(|| {
        let named = windows.iter().chain(&luts).filter(|label| !label.is_empty());
        let names: Vec<String> = named.take(20).map(|label| format!("\"{label}\"")).collect();
        let expected = match names.as_slice() {
            [] => "one that the file explains, which it does for none".into(),
            names => format!("one of {}", names.join(", ")),
        };
        Error::invalid("name of a window or VOI LUT", expected, format!("\"{name}\""))
    })
}

/// The first window that can be one; where none can (width 0) there is none, with a warning.
fn first_window(header: &Header<'_>, warnings: &mut Vec<Warning>) -> Result<Presentation, Error> {
    let (pairs, function) = (windows(header), function(header, &mut Vec::new()));
    let is_window = |pair: &Option<(f64, f64)>| {
        pair.is_some_and(|(center, width)| Window { function, center, width }.checked().is_ok())
    };
    let index = pairs.iter().position(is_window);
    let index = index.or_else(|| pairs.iter().position(Option::is_some)).unwrap_or(0);
    match window(header, index, warnings) {
        Ok(Some(window)) => {
            warn_several(pairs.len(), index, warnings);
            Ok(Presentation::Window(window))
        }
        Ok(None) => Ok(Presentation::Stretch),
        Err(error) => {
            warnings.push(Warning::InvalidVoi { what: error.to_string() });
            Ok(Presentation::Stretch)
        }
    }
}

fn warn_several(available: usize, used: usize, warnings: &mut Vec<Warning>) {
    if available > 1 {
        warnings.push(Warning::SeveralVoi { available, used });
    }
}

/// Centre and width of each window; `None` where one of them is not a number.
fn windows(header: &Header<'_>) -> Vec<Option<(f64, f64)>> {
    let each = |tag| header.element(tag).and_then(Element::each_number).unwrap_or_default();
    let (centers, widths) = (each(tag::WINDOW_CENTER), each(tag::WINDOW_WIDTH));
    let finite = |v: Option<f64>| v.filter(|v| v.is_finite());
    let pair = |i: usize| {
        let value = |list: &[Option<f64>]| finite(list.get(i).copied().flatten());
        Some((value(&centers)?, value(&widths)?))
    };
    (0..centers.len().max(widths.len())).map(pair).collect()
}

fn window(
    header: &Header<'_>,
    index: usize,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Window>, Error> {
    let pairs = windows(header);
    let Some((center, width)) = pairs.get(index).copied().flatten() else {
        // Which of the two is no number, for the message.
        let centers = header.numbers(tag::WINDOW_CENTER)?;
        let widths = header.numbers(tag::WINDOW_WIDTH)?;
        let (Some(&center), Some(&width)) = (centers.get(index), widths.get(index)) else {
            return Ok(None);
        };
        return Window { function: Function::Linear, center, width }.checked().map(Some);
    };
    let function = function(header, warnings);
    Window { function, center, width }.checked().map(Some)
}

fn function(header: &Header<'_>, warnings: &mut Vec<Warning>) -> Function {
    match header.text(tag::VOI_LUT_FUNCTION) {
        None | Some("LINEAR") => Function::Linear,
        Some("LINEAR_EXACT") => Function::LinearExact,
        Some("SIGMOID") => Function::Sigmoid,
        Some(other) => {
            let what: String = other.chars().take(20).collect();
            warnings.push(Warning::Guessed {
                what: format!("{} \"{what}\" taken for LINEAR", tag::VOI_LUT_FUNCTION.name),
            });
            Function::Linear
        }
    }
}

/// Linear from 0 to 1; a picture of one value is black.
fn stretch(value: f64, [low, high]: [f64; 2]) -> f64 {
    if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 }
}
