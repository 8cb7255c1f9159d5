//! Values of interest: modality units to presentation values in `[0, 1]` (PS3.3 C.11.2).

use super::element::Element;
use super::file::Header;
use super::lut::{self, Lut};
use super::tag;
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

/// A window and the function that goes with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    function: Function,
    center: f64,
    width: f64,
}

#[derive(Debug, Clone, Copy)]
enum Function {
    Linear,
    LinearExact,
    Sigmoid,
}

impl Window {
    /// Presentation value of `x`, in `[0, 1]`.
    pub(crate) fn apply(&self, x: f64) -> f64 {
        let (c, w) = (self.center, self.width);
        match self.function {
            // C.11.2.1.2.1; a width of 1 is a threshold.
            Function::Linear => {
                let half = (w - 1.0) / 2.0;
                if x <= c - 0.5 - half {
                    0.0
                } else if x > c - 0.5 + half {
                    1.0
                } else {
                    (x - (c - 0.5)) / (w - 1.0) + 0.5
                }
            }
            Function::LinearExact => ((x - c) / w + 0.5).clamp(0.0, 1.0),
            Function::Sigmoid => 1.0 / (1.0 + (-4.0 * (x - c) / w).exp()),
        }
    }

    /// The values mapped to 0 and 1, or for a sigmoid to those of a straight line of its slope.
    pub(crate) fn range(&self) -> [f64; 2] {
        match self.function {
            Function::Linear => {
                let half = (self.width - 1.0) / 2.0;
                [self.center - 0.5 - half, self.center - 0.5 + half]
            }
            _ => [self.center - self.width / 2.0, self.center + self.width / 2.0],
        }
    }

    fn record(&self) -> Voi {
        let (center, width) = (self.center, self.width);
        match self.function {
            Function::Linear => Voi::Linear { center, width },
            Function::LinearExact => Voi::LinearExact { center, width },
            Function::Sigmoid => Voi::Sigmoid { center, width },
        }
    }
}

impl Presentation {
    /// Chooses among the windows and tables of the file. `signed`: whether modality values can be
    /// negative, which decides how an implicitly encoded LUT descriptor is read.
    pub(crate) fn read(
        header: &Header<'_>,
        choice: VoiChoice,
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
            VoiChoice::Given(center, width) => {
                let window = Window { function: Function::Linear, center, width };
                window.checked().map(Self::Window)
            }
            VoiChoice::Lut(item) => Self::table(&luts, item, signed, warnings),
            VoiChoice::Window(index) => match window(header, index, warnings)? {
                Some(window) => Ok(Self::Window(window)),
                None => Err(Error::Missing { name: "a window of that number (0028,1050)" }),
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

    fn table(
        luts: &[Header<'_>],
        item: usize,
        signed: bool,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        let lut = luts.get(item).ok_or(Error::Missing { name: "a VOI LUT of that number" })?;
        Ok(Self::Table { item, lut: Lut::read(lut, signed, warnings)? })
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

/// The first window whose numbers are numbers; one that cannot be (width 0) is none, with a warning.
fn first_window(header: &Header<'_>, warnings: &mut Vec<Warning>) -> Result<Presentation, Error> {
    let pairs = windows(header);
    let index = pairs.iter().position(Option::is_some).unwrap_or(0);
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

impl Window {
    fn checked(self) -> Result<Self, Error> {
        let (limit, expected) = match self.function {
            Function::Linear => (1.0, "at least 1"),
            _ => (f64::MIN_POSITIVE, "greater than 0"),
        };
        if !self.center.is_finite() || !self.width.is_finite() || self.width < limit {
            return Err(Error::invalid(tag::WINDOW_WIDTH.name, expected, self.width));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(function: Function, center: f64, width: f64) -> Window {
        Window { function, center, width }
    }

    /// PS3.3 C.11.2.1.2.1, Note 3: c = 2048, w = 4096 for output 0 to 255 becomes "if x <= 0 then y
    /// = 0, else if x > 4095 then y = 255, else y = ((x - 2047.5) / 4095 + 0.5) * 255".
    #[test]
    fn linear_agrees_with_the_standards_examples() {
        let full = window(Function::Linear, 2048.0, 4096.0);
        for x in 0..=4095 {
            let expected = ((f64::from(x) - 2047.5) / 4095.0 + 0.5).clamp(0.0, 1.0);
            assert!((full.apply(f64::from(x)) - expected).abs() < 1e-15, "x={x}");
        }
        // c = 2048, w = 1: "if x <= 2047.5 then y = ymin, else y = ymax".
        let threshold = window(Function::Linear, 2048.0, 1.0);
        assert_eq!(threshold.apply(2047.5), 0.0);
        assert_eq!(threshold.apply(2047.6), 1.0);
        // c = 0, w = 100: "if x <= -50 then ymin, else if x > 49 then ymax, else ((x+0.5)/99+0.5)".
        let small = window(Function::Linear, 0.0, 100.0);
        assert_eq!(small.apply(-50.0), 0.0);
        assert_eq!(small.apply(49.1), 1.0);
        assert!((small.apply(10.0) - (10.5 / 99.0 + 0.5)).abs() < 1e-15);
        assert_eq!(small.range(), [-50.0, 49.0]);
    }

    /// PS3.3 C.11.2.1.3.2: the same windows without the half grey level.
    #[test]
    fn linear_exact_agrees_with_the_standards_examples() {
        let full = window(Function::LinearExact, 2048.0, 4096.0);
        assert_eq!(full.apply(0.0), 0.0);
        assert_eq!(full.apply(4096.0), 1.0);
        assert_eq!(full.apply(1024.0), 0.25);
        let small = window(Function::LinearExact, 0.0, 100.0);
        assert_eq!((small.apply(-50.0), small.apply(50.0), small.apply(10.0)), (0.0, 1.0, 0.6));
    }

    #[test]
    fn sigmoid_has_half_at_the_centre_and_the_windows_slope() {
        let sigmoid = window(Function::Sigmoid, 100.0, 40.0);
        assert_eq!(sigmoid.apply(100.0), 0.5);
        let slope = (sigmoid.apply(100.001) - sigmoid.apply(99.999)) / 0.002;
        assert!((slope - 1.0 / 40.0).abs() < 1e-9);
        assert!((sigmoid.apply(110.0) - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-15);
    }
}
