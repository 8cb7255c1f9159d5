//! What the calculator is asked of the subjects of a cohort.

use anyhow::ensure;
use std::collections::BTreeMap;
use std::path::Path;
use vertebra_baselines::FraxInput;
use vertebra_cohort::{Cohort, Sex, Subject};

/// The subjects that the calculator can be asked about, in the order of the cohort.
pub(crate) struct Asked {
    pub(crate) ids: Vec<String>,
    /// Their rows in the cohort's table.
    pub(crate) rows: Vec<usize>,
    pub(crate) inputs: Vec<FraxInput>,
    pub(crate) n_subjects: usize,
}

impl Asked {
    /// Those with a body mass index.
    pub(crate) fn read(folder: &Path, country: u16) -> anyhow::Result<Self> {
        let cohort = Cohort::read(folder)?;
        let n_subjects = cohort.subjects().len();
        let (mut ids, mut rows, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
        for (row, subject) in cohort.subjects().iter().enumerate() {
            if let Some(input) = input(subject, country)? {
                ids.push(subject.id.clone());
                rows.push(row);
                inputs.push(input);
            }
        }
        ensure!(!inputs.is_empty(), "{}: no subject has a body mass index", folder.display());
        Ok(Self { ids, rows, inputs, n_subjects })
    }

    /// How many values are not recorded, and what the calculator makes of that.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        let left_out = self.n_subjects - self.inputs.len();
        if left_out > 0 {
            remarks
                .push(format!("{left_out} subjects without a body mass index are not asked about"));
        }
        let mut assumed = BTreeMap::<&str, usize>::new();
        for name in self.inputs.iter().flat_map(FraxInput::assumed) {
            *assumed.entry(name).or_default() += 1;
        }
        for (name, n) in assumed {
            remarks
                .push(format!("{name} is not recorded for {n} subjects: the calculator takes no"));
        }
        let capped = self.inputs.iter().filter(|input| input.computed_age() != input.age).count();
        if capped > 0 {
            remarks.push(format!("{capped} subjects are computed at an age of 40 or 90"));
        }
        let no_bmd = self.inputs.iter().filter(|input| input.femoral_neck_score.is_none()).count();
        if no_bmd > 0 {
            remarks.push(format!("{no_bmd} subjects have no T-score: no probability with BMD"));
        }
        remarks
    }
}

fn input(subject: &Subject, country: u16) -> anyhow::Result<Option<FraxInput>> {
    let Some(bmi) = subject.bmi else { return Ok(None) };
    let input = FraxInput::new(country, subject.age, subject.sex == Sex::Female, bmi);
    let mut input = input.map_err(|why| anyhow::anyhow!("subject {}: {why}", subject.id))?;
    input.previous_fracture = subject.previous_fracture;
    input.parental_hip_fracture = subject.parental_hip_fracture;
    input.current_smoker = subject.current_smoker;
    input.glucocorticoids = subject.glucocorticoids;
    input.rheumatoid_arthritis = subject.rheumatoid_arthritis;
    input.secondary_osteoporosis = subject.secondary_osteoporosis();
    input.alcohol = subject.alcohol;
    input.femoral_neck_score = subject.femoral_neck_tscore;
    Ok(Some(input))
}
