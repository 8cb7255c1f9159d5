//! Networks of whole survival curves, beside the linear Cox model.

use crate::data::Data;
use crate::ensemble::Training;
use crate::{Arguments, Run, print_columns, print_head, with_interval};
use anyhow::Context;
use serde::Serialize;
use std::time::Instant;
use vertebra_deepsurv::CurveRecalibration;
use vertebra_evaluation::{Estimate, Figure};
use vertebra_examples::concordance::{self, Concordance};
use vertebra_examples::say;
use vertebra_survival::concordance::antolini_c;
use vertebra_survival::losses::TimeGrid;
use vertebra_survival::observed_expected;

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
    learnt: Option<CurveRecalibration>,
}

/// Trains the networks on `n` intervals with about as many events in each; test rows take no part.
pub(crate) fn report(
    arguments: &Arguments,
    (training, data): (Training<'_>, &Data),
    n: usize,
) -> anyhow::Result<CurveReport> {
    let started = Instant::now();
    let grid = TimeGrid::of_events(&training.outcomes(), n)
        .with_context(|| format!("{}: --intervals", arguments.input.table.display()))?;
    let (test, outcomes) = data.subset(&data.rows.test);
    let members = arguments.members(training)?;
    let trained = training.curves(&grid, &arguments.settings, &members)?;
    if let Some(folder) = &arguments.save {
        trained.ensemble.save(folder)?;
    }
    let curves = trained.ensemble.curves(&test)?;
    let antolini = antolini_c(&outcomes, |time| curves.risk_by(time));
    let horizon = grid.ends()[(grid.n_intervals() - 1) / 2];
    let ratio = observed_expected(&outcomes, &curves.risk_by(horizon), horizon);
    Ok(CurveReport {
        run: Run::new((data, &members), arguments.settings.clone(), (&trained.runs, started)),
        intervals: grid.into(),
        test: Antolini { antolini: antolini.map(Concordance::from).into() },
        calibration: Calibrated {
            horizon,
            observed_expected: ratio.map(|r| r.ratio).into(),
            learnt: trained.ensemble.recalibration().copied(),
        },
    })
}

pub(crate) fn print_lines(arguments: &Arguments, report: &CurveReport) {
    print_head(arguments, &report.run);
    print_columns("Antolini's C, test");
    say!("{}", concordance::line("networks of curves", &report.test.antolini));
    say!("{}", concordance::line("Cox regression", &report.run.cox.harrell));
    let Calibrated { horizon, observed_expected, learnt } = &report.calibration;
    say!(
        "\nobserved over expected risk by {horizon:.2} (as {} has it), test: {}",
        arguments.input.time,
        with_interval(observed_expected)
    );
    if let Some(CurveRecalibration { level, factor, events, .. }) = learnt {
        say!(
            "logits raised by {level:.2}, their differences times {factor:.2}, learnt on {events} \
             events of rows held out"
        );
    }
}
