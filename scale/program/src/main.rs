//! Scores an archive of radiographs; see the README of this workspace.

mod arguments;
mod output;
mod sql;

use anyhow::Context;
use arguments::{Arguments, Command, Score};
use clap::Parser;
use output::{exit_code, remark};
use std::process::ExitCode;
use vertebra_archive::{
    Archive, BulkOptions, BulkProgress, ExecutorOptions, ModelName, SHIPPED, SchedulerOptions,
    ScoreOptions,
};

/// Plans of the engine are deep.
const STACK: usize = 32 << 20;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    exit_code(run(arguments.command))
}

fn run(command: Command) -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().thread_stack_size(STACK).build()?;
    runtime.block_on(async {
        match command {
            Command::Score(score) => score_all(score).await,
            Command::Sql(sql) => sql::run(sql).await,
            Command::Scheduler(with) => {
                // A scheduler knows the functions and scores nothing.
                let options = ScoreOptions::default().with_jobs(1);
                let archive = Archive::new(ModelName::new(SHIPPED), options)?;
                let options = SchedulerOptions::new(with.listen).with_lost_after(with.lost_after);
                Ok(archive.run_scheduler(options).await?)
            }
            Command::Executor(with) => {
                let archive = Archive::new(ModelName::new(SHIPPED), with.limiting.options())?;
                let options = ExecutorOptions::new(with.scheduler()?)
                    .with_listen(with.listen, (with.port, with.task_port), with.host)
                    .with_tasks(with.tasks)
                    .with_work(with.work);
                Ok(archive.run_executor(options).await?)
            }
        }
    })
}

async fn score_all(score: Score) -> anyhow::Result<()> {
    let archive =
        Archive::new(score.model.name(), score.limiting.options())?.with_scheduler(score.scheduler);
    let options = BulkOptions::new(score.films, &score.out)
        .with_covariates(score.covariates)
        .with_part_films(score.part_films);
    if score.plan_only {
        tell(archive.plan_all(&options).await?);
        return Ok(());
    }
    archive.score_all(&options, tell).await.with_context(|| "stopped; what is written stays")
}

fn tell(progress: BulkProgress) {
    match progress {
        BulkProgress::Planned { listed, new, without_covariates, parts } => {
            remark(&format!("{listed} files listed, {new} of them new; {parts} parts to score"));
            if without_covariates > 0 {
                remark(&format!(
                    "{without_covariates} of the new have no row in the table of covariates: the \
                     model's typical values stand in, as the warnings of these films say"
                ));
            }
        }
        BulkProgress::Written { parts, of } => remark(&format!("{parts} of {of} parts written")),
        _ => {}
    }
}
