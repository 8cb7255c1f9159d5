//! Networks of whole survival curves, beside the linear Cox model.

use crate::data::Data;
use crate::ensemble::Training;
use crate::{Arguments, Run, print_columns, print_head, with_interval};
use anyhow::Context;
use serde::Serialize;
use std::time::Instant;
use vertebra_deepsurv::PredictedCurves;
use vertebra_evaluation::{Estimate, Figure};
use vertebra_examples::concordance::{self, Concordance};
use vertebra_examples::say;
use vertebra_survival::concordance::antolini_c;
use vertebra_survival::losses::TimeGrid;
use vertebra_survival::observed_expected;
use vertebra_training::keep_going;

/// What the program prints of curves, as lines or as JSON.
#[derive(Serialize)]
pub(crate) struct CurveReport {
    #[serde(flatten)]
    run: Run,
    intervals: Vec<f64>,
    test: Antolini,
    calibration: Calibrated,
}

#[derive(Serialize)]
struct Antolini {
    antolini: Figure<Concordance>,
}

/// Observed over expected risk on the test rows by the middle of the intervals' ends.
#[derive(Serialize)]
struct Calibrated {
    horizon: f64,
    observed_expected: Figure<Estimate>,
}

/// Trains the networks on `n` intervals with about as many events in each; test rows take no part.
pub(crate) fn report(
    arguments: &Arguments,
    (training, data): (Training<'_>, &Data),
    n: usize,
) -> anyhow::Result<CurveReport> {
    let started = Instant::now();
    let rows = [&*data.rows.train, &*data.rows.valid].concat();
    let grid = TimeGrid::of_events(&data.outcomes.subset(&rows), n)
        .with_context(|| format!("{}: --intervals", arguments.input.table.display()))?;
    let (test, outcomes) = data.subset(&data.rows.test);
    let (mut members, mut epochs, mut sizes) = (Vec::new(), Vec::new(), (0, 0));
    for network in 0..arguments.networks {
        let (train, held_out) = training.parts(network)?;
        sizes = (train.len(), held_out.len());
        let (train, held_out) = (data.subset(&train), data.subset(&held_out));
        let valid = Some((&held_out.0, &held_out.1));
        let trained = training
            .trainer(&arguments.settings, network)
            .fit_curves(&grid, (&train.0, &train.1), valid, &mut keep_going)
            .with_context(|| arguments.input.table.display().to_string())?;
        members.push(trained.model.curves(&test)?);
        epochs.push(trained.history.len());
    }
    let antolini = antolini_c(&outcomes, |time| mean_risk(&members, time));
    let horizon = grid.ends()[(grid.n_intervals() - 1) / 2];
    let ratio = observed_expected(&outcomes, &mean_risk(&members, horizon), horizon);
    Ok(CurveReport {
        run: Run::new(data, arguments.settings.clone(), sizes, (epochs, started)),
        intervals: grid.into(),
        test: Antolini { antolini: antolini.map(Concordance::from).into() },
        calibration: Calibrated { horizon, observed_expected: ratio.map(|r| r.ratio).into() },
    })
}

/// What the networks say together: the mean of their probabilities.
fn mean_risk(members: &[PredictedCurves], time: f64) -> Vec<f64> {
    let mut mean: Vec<f64> = Vec::new();
    for member in members {
        let risk = member.risk_by(time);
        mean.resize(risk.len(), 0.0);
        mean.iter_mut().zip(risk).for_each(|(sum, risk)| *sum += risk / members.len() as f64);
    }
    mean
}

pub(crate) fn print_lines(arguments: &Arguments, report: &CurveReport) {
    print_head(arguments, &report.run);
    print_columns("Antolini's C, test");
    say!("{}", concordance::line("networks of curves", &report.test.antolini));
    say!("{}", concordance::line("Cox regression", &report.run.cox.harrell));
    let Calibrated { horizon, observed_expected } = &report.calibration;
    say!(
        "\nobserved over expected risk by {horizon:.2} (as {} has it), test: {}",
        arguments.input.time,
        with_interval(observed_expected)
    );
}
