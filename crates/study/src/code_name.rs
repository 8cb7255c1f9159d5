//! Names for code and for files.

/// Words in lower case joined by `_`: `model_2_deepsurv_with_images` for "Model 2, DeepSurv with
/// images".
pub(crate) fn code_name(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::code_name;

    #[test]
    fn words_are_joined_in_lower_case() {
        assert_eq!(code_name("Model 2, Cox regression"), "model_2_cox_regression");
        assert_eq!(code_name("Oracle (true hazard)"), "oracle_true_hazard");
    }
}
