//! Cox proportional hazards regression of a CSV table.

mod after;
mod arguments;
mod data;
mod page;
mod pictures;
mod predict;
mod report;
mod terms;

use anyhow::Context;
use arguments::Arguments;
use clap::Parser;
use data::Data;
use report::Report;
use vertebra_baselines::{CoxFit, CoxModel, CoxRegression};
use vertebra_examples::{output, say};

fn main() -> std::process::ExitCode {
    let second = std::env::args_os().nth(1);
    output::exit_code(match second.is_some_and(|word| word == "predict") {
        true => predict::run(&predict::Arguments::parse_from(std::env::args_os().skip(1))),
        false => run(&Arguments::parse()),
    })
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let data = data::read(arguments)?;
    let path = arguments.input.table.display();
    let regression = arguments.regression();
    let fit = regression.fit(&data.outcomes, &data.design).with_context(|| path.to_string())?;
    let report = Report::new(arguments, &data, &fit)?;
    if let Some(file) = &arguments.save {
        let model = model(&regression, &data, fit.clone())?;
        vertebra_run::write_whole(file, &(model.to_json()? + "\n"))?;
    }
    if let Some(file) = &arguments.report {
        vertebra_run::write_whole(file, &page::page(arguments, &data, &fit, &report)?)?;
    }
    match arguments.json {
        true => say!("{}", serde_json::to_string(&report)?),
        false => {
            let (n, events, dropped) = (fit.n, fit.events, data.dropped);
            say!("{path}: {n} rows, {events} events, {dropped} dropped for missing values\n");
            report.print();
        }
    }
    Ok(())
}

fn model(regression: &CoxRegression, data: &Data, fit: CoxFit) -> anyhow::Result<CoxModel> {
    let design = (data.prepared.clone(), &data.design);
    let mut model = CoxModel::of(regression, &data.outcomes, design, fit)?;
    if let Some((column, labels)) = &data.strata {
        model = model.with_strata(column.clone(), labels.clone())?;
    }
    if let Some(column) = &data.offset {
        model = model.with_offset(column.clone());
    }
    Ok(model)
}
