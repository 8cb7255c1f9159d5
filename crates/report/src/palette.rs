//! One colour per kind of model, the same in every figure.
//!
//! The colours (after Okabe and Ito) differ for colour-blind eyes and differ in lightness, so that
//! they stay apart in grey; every figure names its marks besides.

use vertebra_study::Method;

/// The colour of a kind of model.
pub(crate) fn colour(method: Method) -> &'static str {
    match method {
        Method::CoxPh => "#b9c2cc",
        Method::DeepSurv => "#e69f00",
        Method::DeepSurvImage => "#0b5394",
        Method::ImageOnly => "#56b4e9",
        Method::Frax => "#b5668f",
        Method::Oracle => "#1c2430",
    }
}

/// The same for lines and dots, where the grey of the bars is too pale.
pub(crate) fn ink(method: Method) -> &'static str {
    if method == Method::CoxPh { "#75818f" } else { colour(method) }
}

/// A dash pattern that tells lines apart without colour.
pub(crate) fn dash(method: Method) -> &'static str {
    match method {
        Method::CoxPh | Method::DeepSurvImage => "",
        Method::DeepSurv => "7 3",
        Method::ImageOnly => "9 3 2 3",
        Method::Frax => "4 4",
        Method::Oracle => "1.5 3.5",
    }
}

/// As legends name it.
pub(crate) fn label(method: Method) -> &'static str {
    match method {
        Method::CoxPh => "Cox regression",
        Method::DeepSurv => "DeepSurv without images",
        Method::DeepSurvImage => "DeepSurv with images",
        Method::ImageOnly => "DeepSurv, image only",
        Method::Frax => "FRAX (imported)",
        Method::Oracle => "True hazard (oracle)",
    }
}

/// Risk groups from low to high: light to dark.
pub(crate) fn risk_group(index: usize, n: usize) -> (&'static str, &'static str) {
    const SHADES: [(&str, &str); 4] =
        [("#8fb8d8", "8 3"), ("#4f8fc0", "4 2"), ("#b5668f", "9 3 2 3"), ("#7a1f3d", "")];
    match (index, n) {
        (_, 0 | 1) => SHADES[3],
        (i, n) if i + 1 == n => SHADES[3],
        (i, _) => SHADES[i.min(2)],
    }
}
