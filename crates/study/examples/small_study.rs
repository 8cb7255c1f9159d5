//! Makes a small synthetic cohort in a temporary folder, studies it, and prints what each model is
//! worth on the test set. The networks barely learn: this shows the calls, not the method.
#![allow(clippy::print_stdout)]

use vertebra_phantom::PhantomConfig;
use vertebra_report::results::{EvaluationSet, Subgroup};
use vertebra_study::{Preset, Study, StudyConfig};

/// What differs from the quick preset.
const SETTINGS: &str = "
    folds = 2
    bootstrap = 100
    film_height = 128
    variants = ['l1_l5']
    clinical_models = [['age', 'sex']]
    [trimming]
    pool_sexes = true
    [keypoints]
    input_size = [64, 64]
    [keypoints.training]
    epochs = 2
    [picture]
    size = 32
    [risk.image_training.training]
    epochs = 1
    [risk.clinical_training.training]
    epochs = 10
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let [cohort, run] = ["cohort", "run"].map(|name| folder.path().join(name));
    let phantom = PhantomConfig::quick().with_subjects(60).with_film_size([160, 128]);
    vertebra_phantom::generate(&phantom, &cohort, &mut |_| {})?;

    let config = StudyConfig::from_toml(Preset::Quick, SETTINGS)?;
    let results = Study::new(&cohort).config(config).run(&run)?;

    println!("{} of {} subjects analysed", results.flow.remaining(), results.flow.start());
    for model in &results.models {
        if let Some(test) = model.on(EvaluationSet::Test, Subgroup::All) {
            println!("{:<36} C {:.2}", model.name, test.harrell.estimate.value);
        }
    }
    Ok(())
}
