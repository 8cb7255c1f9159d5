//! One colour, dash pattern and name per kind of model, the same in every figure.

use crate::results::Method;
use vertebra_charts::palette::{ACCENT, INK, Style};

/// The colour of a kind of model in bars.
pub(crate) fn colour(method: Method) -> &'static str {
    match method {
        Method::CoxPh => "#b9c2cc",
        Method::DeepSurv => "#e69f00",
        Method::DeepSurvImage => ACCENT,
        Method::ImageOnly => "#56b4e9",
        Method::Frax | Method::FraxSurrogate => "#b5668f",
        Method::Oracle => INK,
    }
}

/// The look of a kind of model in lines and dots.
pub(crate) fn style(method: Method) -> Style {
    // The grey of the bars is too pale for lines.
    let ink = if method == Method::CoxPh { "#75818f" } else { colour(method) };
    let dash = match method {
        Method::CoxPh | Method::DeepSurvImage => "",
        Method::DeepSurv => "7 3",
        Method::ImageOnly => "9 3 2 3",
        Method::Frax | Method::FraxSurrogate => "4 4",
        Method::Oracle => "1.5 3.5",
    };
    Style::new(ink, dash)
}

/// As legends name it.
pub(crate) fn label(method: Method) -> &'static str {
    match method {
        Method::CoxPh => "Cox regression",
        Method::DeepSurv => "DeepSurv without images",
        Method::DeepSurvImage => "DeepSurv with images",
        Method::ImageOnly => "DeepSurv, image only",
        Method::Frax => "FRAX (imported)",
        Method::FraxSurrogate => "Surrogate of FRAX (made up)",
        Method::Oracle => "True hazard (oracle)",
    }
}
