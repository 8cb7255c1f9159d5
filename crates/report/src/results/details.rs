//! What those who ran a study say of it, which no program can know.

use serde::{Deserialize, Serialize};

/// The section `[report]` of a study's settings. All texts are optional; the report prints them as
/// they are, and lists once what the checklists ask for and nobody wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct StudyDetails {
    /// Whether the values that the paper printed stand beside those of this study.
    pub paper_values: bool,
    /// Title of the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How the test set relates to the development set: `internal`, `temporal`, `external`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<String>,
    /// The healthcare context, and existing models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<String>,
    /// Who would use the models, on whom, for what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intended_use: Option<String>,
    /// Known inequalities of health between groups of the target population.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inequalities: Option<String>,
    /// Setting, centres, and how subjects came to be recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// Dates of accrual and of the end of follow-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dates: Option<String>,
    /// Treatments received, and how they were handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treatments: Option<String>,
    /// Who assessed the outcome, and with which training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_assessors: Option<String>,
    /// What those who assessed outcome and predictors knew of each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blinding: Option<String>,
    /// Why these covariates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predictor_choice: Option<String>,
    /// Who recorded the covariates and marked the films.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predictor_assessors: Option<String>,
    /// How the number of subjects was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_size: Option<String>,
    /// Approval by a committee, and consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ethics: Option<String>,
    /// Sources of funding and the role of funders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub funding: Option<String>,
    /// Conflicts of interest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflicts: Option<String>,
    /// Where the protocol is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// Number and registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration: Option<String>,
    /// Where data are available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_sharing: Option<String>,
    /// How patients or the public took part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub involvement: Option<String>,
    /// What the results mean, fairness included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpretation: Option<String>,
    /// What should follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_steps: Option<String>,
}

impl Default for StudyDetails {
    fn default() -> Self {
        Self {
            paper_values: true,
            title: None,
            validation: None,
            background: None,
            intended_use: None,
            inequalities: None,
            setting: None,
            dates: None,
            treatments: None,
            outcome_assessors: None,
            blinding: None,
            predictor_choice: None,
            predictor_assessors: None,
            sample_size: None,
            ethics: None,
            funding: None,
            conflicts: None,
            protocol: None,
            registration: None,
            data_sharing: None,
            involvement: None,
            interpretation: None,
            next_steps: None,
        }
    }
}

impl StudyDetails {
    /// Every text by the name of its setting, what the report calls it, and what was written.
    #[must_use]
    pub fn texts(&self) -> [(&'static str, &'static str, Option<&str>); 22] {
        [
            ("title", "Title", self.title.as_deref()),
            ("validation", "Validation", self.validation.as_deref()),
            ("background", "Background", self.background.as_deref()),
            ("intended_use", "Intended use", self.intended_use.as_deref()),
            ("inequalities", "Inequalities", self.inequalities.as_deref()),
            ("setting", "Setting", self.setting.as_deref()),
            ("dates", "Dates", self.dates.as_deref()),
            ("treatments", "Treatments", self.treatments.as_deref()),
            ("outcome_assessors", "Outcome assessed by", self.outcome_assessors.as_deref()),
            ("blinding", "Blinding", self.blinding.as_deref()),
            ("predictor_choice", "Choice of covariates", self.predictor_choice.as_deref()),
            ("predictor_assessors", "Covariates recorded by", self.predictor_assessors.as_deref()),
            ("sample_size", "Sample size", self.sample_size.as_deref()),
            ("ethics", "Ethics", self.ethics.as_deref()),
            ("funding", "Funding", self.funding.as_deref()),
            ("conflicts", "Conflicts of interest", self.conflicts.as_deref()),
            ("protocol", "Protocol", self.protocol.as_deref()),
            ("registration", "Registration", self.registration.as_deref()),
            ("data_sharing", "Data", self.data_sharing.as_deref()),
            ("involvement", "Patients and public", self.involvement.as_deref()),
            ("interpretation", "Interpretation", self.interpretation.as_deref()),
            ("next_steps", "Next steps", self.next_steps.as_deref()),
        ]
    }

    /// The text of a setting, where it was written.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts().into_iter().find(|(of, _, _)| *of == name)?.2
    }
}
