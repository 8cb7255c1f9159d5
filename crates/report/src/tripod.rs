//! The TRIPOD+AI checklist, with what this report provides.

use crate::results::StudyResults;

const ITEMS: &str = include_str!("../data/tripod_ai_items.csv");

/// One item of the checklist.
pub(crate) struct Item {
    pub(crate) number: String,
    pub(crate) applies: String,
    pub(crate) requirement: String,
    /// What is provided and in which section; `None` for what a program cannot know.
    pub(crate) provided: Option<(String, &'static str)>,
}

/// All items, in the checklist's order.
pub(crate) fn items(results: &StudyResults) -> Vec<Item> {
    let mut reader = csv::Reader::from_reader(ITEMS.as_bytes());
    let rows = reader.records().flatten();
    rows.map(|row| {
        let cell = |i: usize| row.get(i).unwrap_or_default().to_owned();
        let provided = provided(&cell(0), results);
        Item {
            number: cell(0),
            applies: cell(1).replace(';', ", "),
            requirement: cell(2),
            provided,
        }
    })
    .collect()
}

/// What of an item these results fill.
fn provided(item: &str, results: &StudyResults) -> Option<(String, &'static str)> {
    let text = match item {
        "1" => ("Title and header", "top"),
        "2" => ("Summary; no structured abstract", "summary"),
        "4" => ("Development and internal validation", "summary"),
        "5a" if results.run.phantom => ("Synthetic cohort, declared as such", "limits"),
        "6b" => ("Flow chart with counts", "subjects"),
        "7" => ("Alignment, variants, imputation; configuration", "reproduction"),
        "8a" => ("Morphometric fracture; horizons with each table", "subjects"),
        "9b" => ("Covariates of each model", "models"),
        "10" => ("Subjects and events by set; no sample size calculation", "subjects"),
        "11" => ("Missing values and imputation", "subjects"),
        "12a" => ("Split and folds; seed and digests", "reproduction"),
        "12b" => ("Configuration", "reproduction"),
        "12c" => ("Model grid and tuning; configuration", "reproduction"),
        "12e" => ("Measures named with each table; paired comparisons", "models"),
        "12g" => ("Configuration, version and digests", "reproduction"),
        "13" => ("No resampling: the Cox likelihood weighs risk sets", "models"),
        "15" => ("Log hazard and risk; thresholds from the validation folds", "performance"),
        "16" => ("Standardised mean differences", "subjects"),
        "18f" if results.run.revision.is_some() => ("Version and revision", "reproduction"),
        "20a" => ("Flow chart, follow-up and events", "subjects"),
        "20b" => ("Characteristics with missing counts", "subjects"),
        "20c" => ("Development against test set", "subjects"),
        "21" => ("Subjects and events of each analysis", "models"),
        "22" => ("Coefficients; the networks are in the model folder", "models"),
        "23a" => ("All measures with intervals; women apart", "models"),
        "26" => ("Limits", "limits"),
        _ => return None,
    };
    Some((text.0.to_owned(), text.1))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checklist_has_its_52_items() {
        assert_eq!(super::ITEMS.lines().count(), 53);
    }
}
