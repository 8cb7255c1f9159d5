//! The statistical crates, with the vectors and matrices that other projects have.

use nalgebra::DMatrix;
use ndarray::{Array1, Array2, array};
use std::error::Error;
use vertebra_baselines::{CoxOptions, CoxRegression, DesignMatrix, Outcomes};
use vertebra_charts::{Chart, SurvivalChart, SurvivalLine};
use vertebra_evaluation::{Evaluation, EvaluationOptions, Sample};
use vertebra_run::Seed;
use vertebra_survival::{compare_harrell_c, harrell_c, kaplan_meier};

type Done = Result<(), Box<dyn Error>>;

fn outcomes() -> Result<Outcomes, vertebra_survival::Error> {
    let time = vec![2.1, 0.7, 3.9, 5.0, 1.4, 4.2, 2.8, 3.3];
    let event = vec![true, true, false, false, true, true, false, true];
    Outcomes::new(time, event)
}

#[test]
fn concordance_of_ndarray_scores() -> Done {
    let image: Array1<f64> = array![0.8, 0.9, 0.2, 0.1, 0.7, 0.3, 0.4, 0.5];
    let age = &image * -10.0 + 71.0;
    let image = image.as_slice().ok_or("not contiguous")?;
    let c = harrell_c(&outcomes()?, image)?.estimate;
    let worse = compare_harrell_c(&outcomes()?, &age.to_vec(), image)?;
    assert!(c.value > 0.9 && worse.difference.value < 0.0);
    Ok(())
}

#[test]
fn regression_on_a_matrix() -> Done {
    let rows = [69., 1., 74., 1., 58., 0., 55., 1., 71., 0., 60., 0., 66., 0., 63., 1.];
    let matrix = Array2::from_shape_vec((8, 2), rows.to_vec())?; // by rows, as a design is
    let names = vec!["age".into(), "female".into()];
    let design = DesignMatrix::new(names, matrix.into_raw_vec_and_offset().0)?;
    let fit = CoxRegression::from(CoxOptions::default().with_ridge(0.1)).fit(&outcomes()?, &design)?;
    assert_eq!(fit.coefficients.len(), 2);
    assert!(fit.coefficients[0].hazard_ratio.value > 1.0);
    Ok(())
}

/// As the README of `vertebra-baselines` says it.
#[test]
fn regression_on_a_nalgebra_matrix() -> Done {
    let rows = [69., 1., 74., 1., 58., 0., 55., 1., 71., 0., 60., 0., 66., 0., 63., 1.];
    let matrix = DMatrix::from_row_slice(8, 2, &rows);
    let columns = ["age", "female"].iter().zip(matrix.column_iter());
    let columns = columns.map(|(name, x)| (name.to_string(), x.as_slice().to_vec()));
    let design = DesignMatrix::from_columns(columns.collect())?;
    let cox = CoxRegression::from(CoxOptions::default().with_ridge(0.1));
    let fit = cox.fit(&outcomes()?, &design)?;
    // The same matrix by rows gives the same fit.
    let names = vec!["age".into(), "female".into()];
    let by_rows = DesignMatrix::new(names, matrix.transpose().as_slice().to_vec())?;
    assert_eq!(cox.fit(&outcomes()?, &by_rows)?.log_likelihood, fit.log_likelihood);
    let beta = nalgebra::DVector::from_vec(fit.log_hazard_ratios());
    let centred = &matrix * beta;
    let log_hazard = fit.log_hazard(&design)?;
    let shift = log_hazard[0] - centred[0];
    let pairs = log_hazard.iter().zip(&centred);
    pairs.for_each(|(h, x)| assert!((h - x - shift).abs() < 1e-12, "{h}, {x}"));
    Ok(())
}

#[test]
fn one_evaluation_of_scores_and_probabilities() -> Done {
    let sample = Sample::new(outcomes()?)
        .with_score("model", vec![0.8, 0.9, 0.2, 0.1, 0.7, 0.3, 0.6, 0.5])
        .with_probability("p3", 3.0, vec![0.7, 0.9, 0.3, 0.1, 0.6, 0.3, 0.5, 0.4]);
    let options = EvaluationOptions::default().with_horizons(vec![3.0]).with_bootstrap(99, 1);
    let evaluation = Evaluation::of(&sample, &options)?;
    assert_eq!(evaluation.scores.len(), 1);
    assert!(evaluation.to_string().contains("model"));
    Ok(())
}

#[test]
fn a_curve_as_a_figure() -> Done {
    let curve = kaplan_meier(&outcomes()?)?;
    let line = SurvivalLine::new("All", &curve.times, &curve.survival);
    let svg = SurvivalChart::new("Free of fracture").with_line(line).to_svg();
    assert!(svg.starts_with("<svg"));
    Ok(())
}

#[test]
fn one_seed_for_each_purpose() {
    let run = Seed::new(7);
    assert_ne!(run.named("noise").value(), run.named("order").value());
    assert_eq!(run.named("noise").at(&[3]), Seed::new(7).named("noise").at(&[3]));
}
