//! Names of run folders.

use jiff::Timestamp;

/// `<preset>-<date>-<time>` (UTC), so that runs sort by when they began.
#[must_use]
pub fn run_name(preset: &str) -> String {
    name_at(preset, Timestamp::now())
}

fn name_at(preset: &str, began: Timestamp) -> String {
    let preset: String = preset.chars().take_while(char::is_ascii_alphanumeric).collect();
    format!("{preset}-{}", began.strftime("%Y%m%d-%H%M%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_first_word_and_the_time() {
        let began = Timestamp::from_second(1_709_164_800 + 3723).unwrap();
        assert_eq!(name_at("quick, changed", began), "quick-20240229-010203");
    }
}
