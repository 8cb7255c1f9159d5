//! The comparison of image variants.

use serde::{Deserialize, Serialize};
use vertebra_alignment::ImageVariant;
use vertebra_evaluation::discrimination::ReportedAccuracy;
use vertebra_evaluation::{Figure, Headline, Reason, Undefined};

/// One image variant on the development set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VariantResult {
    /// The variant.
    pub variant: ImageVariant,
    /// Horizon of the measures below, years.
    pub horizon: f64,
    /// Youden's threshold of the risk score over all validation folds, the score standardised
    /// within folds. Sensitivity to NPV flag each fold by the threshold of the other folds.
    pub threshold: f64,
    /// Area under the cumulative/dynamic ROC curve (IPCW).
    pub auc: Headline,
    /// Sensitivity, specificity and predictive values at the threshold (IPCW); undefined where the
    /// threshold has nobody on one side.
    pub accuracy: Figure<ReportedAccuracy>,
    /// AUC in each validation fold, where defined.
    pub fold_auc: Vec<Option<f64>>,
    /// Whether it was chosen for the models.
    pub chosen: bool,
}

impl VariantResult {
    /// A variant's AUC at a horizon and the threshold of its score; the rest is not known yet.
    #[must_use]
    pub fn new(variant: ImageVariant, horizon: f64, threshold: f64, auc: Headline) -> Self {
        Self {
            variant,
            horizon,
            threshold,
            auc,
            accuracy: Undefined::new(Reason::NotRequested, "not evaluated").into(),
            fold_auc: Vec::new(),
            chosen: false,
        }
    }
}
