//! The grid of models: clinical covariates 1, 2, 3, ... by Cox regression, DeepSurv, DeepSurv with
//! images; images alone; imported FRAX; the phantom's oracle.

use crate::Error;
use crate::input::data::StudyData;
use crate::stages::folds::{FitOn, Part, Scores, all_parts, score};
use crate::stages::networks::{Networks, log_hazard, purpose};
use vertebra_baselines::{CoxFit, CoxRegression, DesignMatrix};
use vertebra_cohort::{Covariate, FraxPercent};
use vertebra_deepsurv::{ImageSet, RiskInputs, RiskModel};
use vertebra_report::results::{Coefficient, Estimate, Method};
use vertebra_survival::{BaselineHazard, breslow_baseline};

/// One model of the grid: what it is, and how it scores every subject.
pub(crate) struct FittedModel {
    pub(crate) name: String,
    pub(crate) method: Method,
    pub(crate) clinical: Option<usize>,
    pub(crate) covariates: Vec<String>,
    pub(crate) scores: Scores,
    /// Turns log hazards of the model of the whole development set into risks.
    pub(crate) baseline: Option<BaselineHazard>,
    pub(crate) coefficients: Vec<Coefficient>,
    /// The network fitted on the whole development set.
    pub(crate) network: Option<RiskModel>,
}

/// The covariates of one clinical model, for every subject.
pub(crate) struct Clinical {
    /// 1, 2, 3, ...
    pub(crate) number: usize,
    pub(crate) names: Vec<String>,
    pub(crate) rows: Vec<Vec<f64>>,
}

impl Clinical {
    pub(crate) fn new(
        data: &StudyData,
        number: usize,
        covariates: &[Covariate],
    ) -> Result<Self, Error> {
        let names = covariates.iter().map(|c| c.name().to_owned()).collect();
        Ok(Self { number, names, rows: data.covariates(covariates)? })
    }

    pub(crate) fn inputs(&self) -> Result<RiskInputs, Error> {
        let rows = self.rows.iter().map(|row| row.iter().map(|&v| v as f32).collect());
        Ok(RiskInputs::from_covariates(rows.collect())?)
    }

    fn design(&self, subjects: &[usize]) -> Result<DesignMatrix, Error> {
        let values = subjects.iter().flat_map(|&i| self.rows[i].iter().copied()).collect();
        Ok(DesignMatrix::new(self.names.clone(), values)?)
    }

    fn model_name(&self, method: &str) -> String {
        format!("Model {}, {method}", self.number)
    }
}

/// Cox regression on covariates.
pub(crate) fn cox(
    data: &StudyData,
    networks: Networks<'_>,
    clinical: &Clinical,
) -> Result<FittedModel, Error> {
    let regression = CoxRegression::default().with_ties(networks.config.ties);
    let fit = |train: &[usize]| -> Result<CoxFit, Error> {
        Ok(regression.fit(&data.outcomes.subset(train), &clinical.design(train)?)?)
    };
    let parts = all_parts(data);
    let fits = parts.iter().map(|part| fit(&part.subjects)).collect::<Result<Vec<_>, _>>()?;
    let development = data.split.train();
    let scores = score(data, &fits, |fit: &CoxFit, subjects| {
        Ok(fit.log_hazard(&clinical.design(subjects)?)?)
    })?;
    let whole = &fits[data.folds.n_folds()];
    let log_hazard = whole.log_hazard(&clinical.design(development)?)?;
    let baseline = breslow_baseline(&data.outcomes.subset(development), &log_hazard)?;
    Ok(FittedModel {
        name: clinical.model_name("Cox regression"),
        method: Method::CoxPh,
        clinical: Some(clinical.number),
        covariates: clinical.names.clone(),
        scores,
        baseline: Some(baseline),
        coefficients: whole.coefficients.iter().map(coefficient).collect(),
        network: None,
    })
}

fn coefficient(c: &vertebra_baselines::Coefficient) -> Coefficient {
    Coefficient {
        name: c.name.clone(),
        coef: c.coef,
        se: c.se,
        hazard_ratio: Estimate { value: c.hazard_ratio, lower: c.lower, upper: c.upper },
        p: c.p,
    }
}

/// DeepSurv on covariates.
pub(crate) fn deepsurv(
    data: &StudyData,
    networks: Networks<'_>,
    clinical: &Clinical,
    on_fit: &mut dyn FnMut(),
) -> Result<FittedModel, Error> {
    let inputs = clinical.inputs()?;
    let name = clinical.model_name("DeepSurv");
    let fit = |part: &Part, on_fit: &dyn Fn()| {
        let purpose = purpose(&name, part.on);
        let model = networks.clinical(&clinical.names, &inputs, &part.subjects, &purpose)?;
        on_fit();
        Ok(model)
    };
    let models = networks.crew().run(&all_parts(data), fit, on_fit)?;
    let method = Method::DeepSurv;
    assemble(data, name, method, Some(clinical), &inputs, models)
}

/// DeepSurv on covariates and images; `image_only` are the fold models and that of the whole
/// development set.
pub(crate) fn deepsurv_with_images(
    data: &StudyData,
    networks: Networks<'_>,
    clinical: &Clinical,
    (images, image_only): (&ImageSet, &[RiskModel]),
    on_fit: &mut dyn FnMut(),
) -> Result<FittedModel, Error> {
    let inputs = clinical.inputs()?.with_images(images.clone())?;
    let name = clinical.model_name("DeepSurv with images");
    let n_folds = data.folds.n_folds();
    let fit = |part: &Part, on_fit: &dyn Fn()| {
        let start = &image_only[part.on.index(n_folds)];
        let purpose = purpose(&name, part.on);
        let model = networks.fused(&clinical.names, &inputs, &part.subjects, start, &purpose)?;
        on_fit();
        Ok(model)
    };
    let models = networks.crew().run(&all_parts(data), fit, on_fit)?;
    let method = Method::DeepSurvImage;
    assemble(data, name, method, Some(clinical), &inputs, models)
}

/// The image-only model from its fold models (of the variant comparison) and one more, fitted here,
/// of the whole development set. Returns all networks too, as starts of the others.
pub(crate) fn image_only(
    data: &StudyData,
    networks: Networks<'_>,
    images: &ImageSet,
    (seed_name, mut models): (&str, Vec<RiskModel>),
) -> Result<(FittedModel, Vec<RiskModel>), Error> {
    let inputs = RiskInputs::from_images(images.clone());
    let seed = purpose(seed_name, FitOn::Development);
    models.push(networks.image_only(images, &inputs, data.split.train(), &seed)?);
    let name = "Image only, DeepSurv".to_owned();
    let fitted = assemble(data, name, Method::ImageOnly, None, &inputs, models.clone())?;
    Ok((fitted, models))
}

/// Each imported FRAX probability that some analysed subject has.
pub(crate) fn frax(data: &StudyData) -> Vec<FittedModel> {
    type Column = (&'static str, fn(&FraxPercent) -> Option<f64>);
    const COLUMNS: [Column; 4] = [
        ("FRAX, major osteoporotic, with BMD", |f| f.mof_bmd),
        ("FRAX, hip, with BMD", |f| f.hip_bmd),
        ("FRAX, major osteoporotic, without BMD", |f| f.mof),
        ("FRAX, hip, without BMD", |f| f.hip),
    ];
    let column = |(name, value): Column| {
        let values: Vec<_> = (0..data.n()).map(|i| value(&data.subject(i).frax)).collect();
        let known = values.iter().any(Option::is_some);
        known.then(|| score_only(name.to_owned(), Method::Frax, values))
    };
    COLUMNS.into_iter().filter_map(column).collect()
}

/// The phantom's true log hazard.
pub(crate) fn oracle(data: &StudyData) -> Option<FittedModel> {
    let truth = data.truth.as_ref()?.iter().map(|h| Some(*h)).collect();
    Some(score_only("Oracle (true hazard of the phantom)".to_owned(), Method::Oracle, truth))
}

fn score_only(name: String, method: Method, log_hazard: Vec<Option<f64>>) -> FittedModel {
    FittedModel {
        name,
        method,
        clinical: None,
        covariates: Vec::new(),
        scores: Scores { log_hazard, by_fold_model: Vec::new() },
        baseline: None,
        coefficients: Vec::new(),
        network: None,
    }
}

fn assemble(
    data: &StudyData,
    name: String,
    method: Method,
    clinical: Option<&Clinical>,
    inputs: &RiskInputs,
    mut models: Vec<RiskModel>,
) -> Result<FittedModel, Error> {
    let scores = score(data, &models, |m, subjects| log_hazard(m, inputs, subjects))?;
    let network = models.pop();
    Ok(FittedModel {
        name,
        method,
        clinical: clinical.map(|c| c.number),
        covariates: clinical.map(|c| c.names.clone()).unwrap_or_default(),
        scores,
        baseline: network.as_ref().map(|n| n.baseline().clone()),
        coefficients: Vec::new(),
        network,
    })
}
