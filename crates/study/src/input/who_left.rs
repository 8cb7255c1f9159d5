//! What explains that too few are left: who left where, and which columns were not read.

use crate::Error;
use vertebra_cohort::{Cohort, EligibilityFlow};

/// The columns that were not read, in a sentence without a full stop; `None` without one.
pub(crate) fn unread_columns(cohort: &Cohort) -> Option<String> {
    let unread: Vec<String> = cohort.unread_columns().iter().map(ToString::to_string).collect();
    let list = unread.join(", ");
    (!unread.is_empty()).then(|| format!("Columns of cohort.csv that were not read: {list}"))
}

/// What was missing, with what explains it most often: who left where, and what was not read.
pub(crate) fn after_exclusions(source: Error, cohort: &Cohort, flow: &EligibilityFlow) -> Error {
    let left = flow.steps().iter().filter(|step| step.excluded > 0);
    let left: Vec<String> =
        left.map(|step| format!("{} at \"{}\"", step.excluded, step.reason)).collect();
    let (remaining, start) = (flow.remaining(), flow.start());
    let mut analysed = format!("{remaining} of {start} subjects are analysed");
    if !left.is_empty() {
        analysed += &format!(" ({} left)", left.join(", "));
    }
    let unread = unread_columns(cohort).map(|list| format!(". {list}")).unwrap_or_default();
    Error::AfterExclusions { missing: Box::new(source), analysed, unread }
}

#[cfg(test)]
mod tests {
    use crate::StudyConfig;
    use crate::input::subjects::StudyData;
    use crate::test_data;

    #[test]
    fn columns_that_may_be_meant_otherwise_are_named_where_nobody_is_left() {
        let folder = test_data::edited("cohort.csv", |text| {
            let text = test_data::with_column(text, "followup_years", "2.5");
            test_data::with_column(&text, "fracture", "1")
        });
        let config = StudyConfig { test_fraction: 0.001, ..test_data::config() };
        let error = StudyData::read(folder.path(), &config).unwrap_err().to_string();
        assert!(error.contains("at least one event in each of 2 parts"), "{error}");
        assert!(error.contains("48 of 60 subjects are analysed ("), "{error}");
        let unread = "followup_years (meant as time?), fracture (meant as event?)";
        assert!(error.contains(unread), "{error}");
    }
}
