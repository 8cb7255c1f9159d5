//! FRAX values of a cohort, from the calculator that its user is licensed for.

mod asked;
mod table;

use anyhow::ensure;
use asked::Asked;
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use vertebra_baselines::{
    FraxAnswers, FraxInput, FraxProgram, read_frax_records, write_frax_bulk, write_frax_records,
};
use vertebra_examples::{output, remark, say};

/// Bring FRAX probabilities to a cohort: nothing here computes FRAX.
///
/// FRAX is a licensed program whose coefficients are unpublished. `export` writes the file that the
/// calculator takes, `import` adds its answer to the cohort, `run` does both with a batch program
/// that you are licensed for and name.
#[derive(Parser)]
#[command(name = "frax", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the subjects as a bulk file (13 columns, blank = not recorded).
    Export {
        #[command(flatten)]
        cohort: CohortArguments,
        /// Write batch records instead, in which what is not recorded is "no".
        #[arg(long)]
        records: bool,
        /// The file.
        #[arg(long)]
        out: PathBuf,
    },
    /// Add the calculator's answer (17 fields a line, for the subjects of `export` in their order)
    /// to the cohort's table.
    Import {
        #[command(flatten)]
        cohort: CohortArguments,
        /// The answer.
        #[arg(long)]
        answers: PathBuf,
        /// The cohort's table with the columns frax_mof, frax_hip, frax_mof_bmd, frax_hip_bmd.
        #[arg(long)]
        out: PathBuf,
    },
    /// Run a licensed batch program in a folder of its own, where it reads input.txt and writes
    /// output.txt, and add its answer to the cohort's table.
    Run {
        #[command(flatten)]
        cohort: CohortArguments,
        /// The licensed program.
        #[arg(long)]
        program: PathBuf,
        /// An argument for it; may be repeated.
        #[arg(long, allow_hyphen_values = true)]
        argument: Vec<OsString>,
        /// A file that it needs beside it; may be repeated.
        #[arg(long, value_name = "FILE")]
        with: Vec<PathBuf>,
        /// Seconds that it may take.
        #[arg(long, default_value_t = 300)]
        timeout: u64,
        /// The cohort's table with the columns frax_mof, frax_hip, frax_mof_bmd, frax_hip_bmd.
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Args)]
struct CohortArguments {
    /// Folder of the cohort.
    #[arg(long)]
    cohort: PathBuf,
    /// The calculator's number of the country model: 1 United Kingdom, 19 Canada, 25 Korea.
    #[arg(long)]
    country: u16,
}

fn main() -> std::process::ExitCode {
    output::exit_code(run(&Arguments::parse().command))
}

fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Export { cohort, records, out } => {
            let asked = read(cohort)?;
            let text = match records {
                true => write_frax_records(&asked.inputs)?,
                false => write_frax_bulk(&asked.inputs)?,
            };
            vertebra_run::write_whole(out, &text)?;
            say!("{}: {} subjects", out.display(), asked.inputs.len());
            Ok(())
        }
        Command::Import { cohort, answers, out } => {
            let asked = read(cohort)?;
            let file = answers.display();
            let text = std::fs::read_to_string(answers)
                .map_err(|error| anyhow::anyhow!("{file}: {error}"))?;
            let records =
                read_frax_records(&text).map_err(|error| anyhow::anyhow!("{file}: {error}"))?;
            let (expected, got) = (asked.inputs.len(), records.len());
            ensure!(got == expected, "{file}: expected {expected} records, got {got}");
            let same = |(a, b): (&FraxInput, &FraxInput)| {
                (a.age, a.female, a.country) == (b.age, b.female, b.country)
            };
            let inputs = records.iter().map(|(input, _)| input);
            let other = asked.inputs.iter().zip(inputs).position(|pair| !same(pair));
            if let Some(record) = other {
                let id = &asked.ids[record];
                anyhow::bail!(
                    "{file}, record {}: expected age, sex and country of subject {id}, got another's",
                    record + 1
                );
            }
            write(cohort, &asked, records.into_iter().map(|(_, answers)| answers).collect(), out)
        }
        Command::Run { cohort, program, argument, with, timeout, out } => {
            let asked = read(cohort)?;
            let program = FraxProgram::new(program)
                .with_arguments(argument.clone())
                .with_companions(with.clone())
                .with_timeout(Duration::from_secs(*timeout));
            let answers = program.run(&asked.inputs)?;
            write(cohort, &asked, answers, out)
        }
    }
}

/// Says what the calculator will do with what is not recorded.
fn read(arguments: &CohortArguments) -> anyhow::Result<Asked> {
    let asked = Asked::read(&arguments.cohort, arguments.country)?;
    for remark in asked.remarks() {
        remark!("{}: {remark}", arguments.cohort.display());
    }
    Ok(asked)
}

fn write(
    arguments: &CohortArguments,
    asked: &Asked,
    answers: Vec<FraxAnswers>,
    out: &std::path::Path,
) -> anyhow::Result<()> {
    let cohort = arguments.cohort.join("cohort.csv");
    let text = table::with_answers(&cohort, asked, &answers)?;
    vertebra_run::write_whole(out, &text)?;
    say!("{}: answers for {} of {} subjects", out.display(), answers.len(), asked.n_subjects);
    Ok(())
}
