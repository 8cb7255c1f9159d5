//! The checklists TRIPOD+AI, CLAIM and PROBAST+AI, with what this report provides: some of it the
//! program knows, the rest stands in the section `[report]` of the study's settings.

use crate::results::StudyResults;
use maud::{Markup, html};

const TRIPOD: &str = include_str!("../data/tripod_ai_items.csv");
const CLAIM: &str = include_str!("../data/claim_2024_items.csv");
const PROBAST: &str = include_str!("../data/probast_ai_domains.csv");

/// One item of a checklist.
pub(crate) struct Item {
    /// Number, or part of the checklist, with what it applies to.
    pub(crate) number: String,
    pub(crate) requirement: String,
    /// What is provided, each with its section; empty where nothing is.
    pub(crate) provided: Vec<(String, String)>,
    /// The setting that would provide it; may be empty.
    pub(crate) setting: String,
}

/// TRIPOD+AI in its order; the number has `D` or `E` behind it where an item is of development or
/// evaluation alone.
pub(crate) fn tripod(results: &StudyResults) -> Vec<Item> {
    items(TRIPOD, results)
}

/// CLAIM 2024 in its order.
pub(crate) fn claim(results: &StudyResults) -> Vec<Item> {
    items(CLAIM, results)
}

/// What the domains of PROBAST+AI ask of a study.
pub(crate) fn probast(results: &StudyResults) -> Vec<Item> {
    items(PROBAST, results)
}

fn items(table: &str, results: &StudyResults) -> Vec<Item> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let heads = reader.headers().cloned().unwrap_or_default();
    let rows = reader.records().flatten();
    rows.map(|row| {
        let cell = |name: &str| {
            let place = heads.iter().position(|head| head == name);
            place.and_then(|place| row.get(place)).unwrap_or_default().to_owned()
        };
        let (first, applies, setting) =
            (row.get(0).unwrap_or_default(), cell("applies"), cell("detail"));
        let number = match applies.as_str() {
            "" | "D;E" => first.to_owned(),
            only => format!("{first} ({only})"),
        };
        let here = Some((cell("here"), cell("where")));
        let known = here.filter(|(text, _)| !text.is_empty() && holds(first, results));
        let given =
            results.details.text(&setting).map(|text| (text.to_owned(), "study".to_owned()));
        let synthetic = (setting == "setting" && results.run.phantom)
            .then(|| ("Synthetic cohort, declared as such".to_owned(), "limits".to_owned()));
        let provided = known.into_iter().chain(given).chain(synthetic).collect();
        Item { number, requirement: cell("requirement"), provided, setting }
    })
    .collect()
}

/// Whether what the program could say of an item holds for these results.
fn holds(item: &str, results: &StudyResults) -> bool {
    match item {
        "12d" | "23b" => !results.left_out_centres.is_empty(),
        "12f" => results.models.iter().any(|model| model.recalibration.is_some()),
        "18f" => results.run.revision.is_some(),
        _ => true,
    }
}

/// What is provided as a table, and below it once what is not.
pub(crate) fn listed(heading: &str, items: &[Item]) -> Markup {
    let (there, absent): (Vec<&Item>, Vec<&Item>) =
        items.iter().partition(|item| !item.provided.is_empty());
    html! {
        figure.table { div.wide tabindex="0" role="group" aria-label=(heading) { table.checklist {
            thead { tr { @for head in [heading, "Asks for", "In this report"] {
                th scope="col" class="text" { (head) }
            } } }
            tbody { @for item in there { tr {
                td.text { (item.number) }
                td.text { (item.requirement) }
                td.text { @for (i, (text, id)) in item.provided.iter().enumerate() {
                    @if i > 0 { "; " }
                    a href=(format!("#{id}")) { (text) }
                } }
            } } }
        } } }
        @if !absent.is_empty() {
            p.note { "Not provided, for a program cannot know it; the setting of " code { "[report]" }
                " that would is in brackets:" }
            ul.absent-items { @for item in absent { li {
                (item.number) ", " (item.requirement)
                @if !item.setting.is_empty() { " (" code { (item.setting) } ")" }
            } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::StudyDetails;

    #[test]
    fn the_checklists_have_their_items_and_name_settings_that_exist() {
        let names: Vec<&str> = StudyDetails::default().texts().map(|(name, _, _)| name).to_vec();
        for (table, n) in [(TRIPOD, 52), (CLAIM, 44), (PROBAST, 16)] {
            let mut reader = csv::Reader::from_reader(table.as_bytes());
            let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
            assert_eq!(rows.len(), n);
            for row in rows {
                let setting = row.iter().next_back().unwrap();
                assert!(setting.is_empty() || names.contains(&setting), "{setting}");
            }
        }
    }
}
