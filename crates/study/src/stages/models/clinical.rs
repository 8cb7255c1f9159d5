//! The covariates of one clinical model.

use crate::Error;
use crate::input::covariates::Covariates;
use vertebra_baselines::DesignMatrix;
use vertebra_cohort::Covariate;
use vertebra_deepsurv::RiskInputs;

/// The covariates of one clinical model, for every subject.
#[derive(Debug, Clone)]
pub(crate) struct Clinical {
    /// 1, 2, 3, ...
    pub(crate) number: usize,
    /// Name of each covariate and what stands in for a missing value of a new subject.
    pub(crate) stand_ins: Vec<(String, f64)>,
    /// The same covariates, for imputation.
    pub(super) covariates: Vec<Covariate>,
    rows: Vec<Vec<f64>>,
}

impl Clinical {
    pub(crate) fn new(covariates: &Covariates, number: usize, model: &[Covariate]) -> Self {
        let (stand_ins, rows) = (covariates.stand_ins(model), covariates.rows(model));
        Self { number, stand_ins, covariates: model.to_vec(), rows }
    }

    /// Names of the covariates, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.stand_ins.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The values of one subject.
    #[cfg(test)]
    pub(crate) fn row(&self, subject: usize) -> &[f64] {
        &self.rows[subject]
    }

    /// As networks take them.
    pub(crate) fn inputs(&self) -> Result<RiskInputs, Error> {
        let rows = self.rows.iter().map(|row| row.iter().map(|&v| v as f32).collect());
        Ok(RiskInputs::from_covariates(rows.collect())?)
    }

    /// As Cox regression takes them.
    pub(crate) fn design(&self, subjects: &[usize]) -> Result<DesignMatrix, Error> {
        let values = subjects.iter().flat_map(|&i| self.rows[i].iter().copied()).collect();
        Ok(DesignMatrix::new(self.names(), values)?)
    }

    /// What a model on these covariates is called.
    pub(crate) fn model_name(&self, method: &str) -> String {
        format!("Model {}, {method}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use crate::test_data::Scene;

    #[test]
    fn rows_names_and_stand_ins_are_in_the_order_of_the_model() {
        let scene = Scene::new();
        let clinical = scene.clinical();
        assert_eq!(clinical.names(), ["age", "sex", "bmi"]);
        assert_eq!(clinical.model_name("DeepSurv"), "Model 2, DeepSurv");
        let inputs = clinical.inputs().unwrap();
        assert_eq!((inputs.n_subjects(), inputs.n_covariates()), (scene.data.n(), 3));
        for (row, i) in inputs.covariates().iter().zip(0..) {
            assert_eq!(row[0], scene.data.subject(i).age as f32);
        }
    }
}
