//! A query and its rows.

use crate::arguments::Sql;
use crate::output::print;
use datafusion::arrow::json::LineDelimitedWriter;
use datafusion::arrow::util::pretty::pretty_format_batches;
use futures::{StreamExt, TryStreamExt};
use vertebra_archive::Archive;

pub(crate) async fn run(sql: Sql) -> anyhow::Result<()> {
    let archive = Archive::new(sql.model.name(), sql.limiting.options())?
        .with_scheduler(sql.scheduler)
        .with_partitions(sql.partitions);
    let mut rows = archive.rows(&sql.query).await?;
    if !sql.json {
        let batches: Vec<_> = rows.try_collect().await?;
        return Ok(print(&format!("{}\n", pretty_format_batches(&batches)?))?);
    }
    while let Some(batch) = rows.next().await {
        let mut lines = LineDelimitedWriter::new(Vec::new());
        lines.write(&batch?)?;
        lines.finish()?;
        print(&String::from_utf8(lines.into_inner())?)?;
    }
    Ok(())
}
