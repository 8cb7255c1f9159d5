//! The cohort's table with the calculator's answers.

use crate::asked::Asked;
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::Path;
use vertebra_baselines::FraxAnswers;
use vertebra_cohort::table::Table;

const COLUMNS: [&str; 4] = ["frax_mof", "frax_hip", "frax_mof_bmd", "frax_hip_bmd"];

/// As CSV, every other column as it was; a subject without an answer has blank cells.
pub(crate) fn with_answers(
    cohort: &Path,
    asked: &Asked,
    answers: &[FraxAnswers],
) -> anyhow::Result<String> {
    let table = Table::read(cohort)?;
    // A subject is a row of the table.
    let of_row: BTreeMap<usize, &FraxAnswers> = asked.rows.iter().copied().zip(answers).collect();
    let kept: Vec<&String> =
        table.names().iter().filter(|name| !COLUMNS.contains(&name.as_str())).collect();
    let columns = kept.iter().map(|name| table.texts(name)).collect::<Result<Vec<_>, _>>()?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(kept.iter().map(|name| name.as_str()).chain(COLUMNS))?;
    for row in 0..table.n_rows() {
        let answers = of_row.get(&row).map_or([None; 4], |a| [a.mof, a.hip, a.mof_bmd, a.hip_bmd]);
        let answers = answers.map(|answer| answer.map(|p| p.to_string()).unwrap_or_default());
        let cells = columns.iter().map(|column| column[row].to_owned()).chain(answers);
        writer.write_record(cells)?;
    }
    String::from_utf8(writer.into_inner()?).context("the cohort's table")
}
