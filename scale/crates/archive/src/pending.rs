//! The films of parts that are not written yet, as a table. A part is never split over partitions.

use crate::out_folder::{OutFolder, PartId};
use crate::plan_file::{PlanFile, PlannedFilm, covariates};
use crate::{Error, Stores, leaf};
use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, PlanProperties, SendableRecordBatchStream};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the table is made from, as it travels to other processes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PendingParts {
    /// The folder of results.
    pub(crate) out: String,
    pub(crate) parts: Vec<PartId>,
    /// Into how many partitions the parts are dealt.
    pub(crate) partitions: usize,
}

pub(crate) fn schema() -> SchemaRef {
    let numbers = DataType::new_list(DataType::Float64, true);
    Arc::new(Schema::new(vec![
        Field::new("part", DataType::Utf8, false),
        Field::new("films", DataType::Int64, false),
        Field::new("path", DataType::Utf8, false),
        Field::new("covariates", numbers, true),
    ]))
}

/// The table.
#[derive(Debug, Clone)]
pub(crate) struct PendingTable {
    pub(crate) of: PendingParts,
    pub(crate) stores: Arc<Stores>,
}

#[async_trait]
impl TableProvider for PendingTable {
    fn schema(&self) -> SchemaRef {
        schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all = || (0..schema().fields().len()).collect();
        let columns = projection.cloned().unwrap_or_else(all);
        Ok(Arc::new(PendingExec::new(self.clone(), columns)?))
    }
}

/// Reads the films of its parts, and leaves out parts that were written in the meantime.
#[derive(Debug)]
pub(crate) struct PendingExec {
    pub(crate) table: PendingTable,
    pub(crate) columns: Vec<usize>,
    properties: Arc<PlanProperties>,
}

leaf::leaf_plan!(PendingExec, "PendingExec");

impl PendingExec {
    pub(crate) fn new(table: PendingTable, columns: Vec<usize>) -> Result<Self> {
        let schema = Arc::new(schema().project(&columns)?);
        let properties = leaf::properties(schema, table.of.partitions);
        Ok(Self { table, columns, properties })
    }

    fn describe(&self) -> String {
        format!("{} parts of {}", self.table.of.parts.len(), self.table.of.out)
    }

    fn stream(&self, partition: usize, _: &TaskContext) -> Result<SendableRecordBatchStream> {
        let PendingParts { out, parts, partitions } = &self.table.of;
        let parts = parts.iter().skip(partition).step_by(*partitions).copied();
        let parts: Vec<PartId> = parts.collect();
        let reader = Reader {
            out: OutFolder::new(self.table.stores.place(out)?),
            columns: self.columns.clone(),
            plan: None,
            parts: parts.into_iter(),
        };
        let batches = futures::stream::try_unfold(reader, |mut reader| async move {
            let batch = reader.next().await?;
            Ok::<_, Error>(batch.map(|batch| (batch, reader)))
        });
        let schema = Arc::clone(self.properties.eq_properties.schema());
        let batches = batches.map_err(datafusion::error::DataFusionError::from);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

/// Reads parts one after the other.
struct Reader {
    out: OutFolder,
    columns: Vec<usize>,
    plan: Option<(u32, PlanFile)>,
    parts: std::vec::IntoIter<PartId>,
}

impl Reader {
    async fn next(&mut self) -> Result<Option<RecordBatch>, Error> {
        for part in self.parts.by_ref() {
            if self.out.part(part).exists().await? {
                continue;
            }
            let plan = match self.plan.take().filter(|(number, _)| *number == part.0) {
                Some((_, plan)) => plan,
                None => PlanFile::read(&self.out.plan(part.0)).await?,
            };
            let films = plan.part(part.1 as usize)?;
            self.plan = Some((part.0, plan));
            let batch = batch(part, &films).and_then(|batch| Ok(batch.project(&self.columns)?));
            return batch.map(Some).map_err(Error::engine);
        }
        Ok(None)
    }
}

fn batch(part: PartId, films: &[PlannedFilm]) -> Result<RecordBatch> {
    let n = films.len();
    let parts = StringArray::from_iter_values(std::iter::repeat_n(part.file(), n));
    let counts = Int64Array::from_iter_values(std::iter::repeat_n(n as i64, n));
    let paths = StringArray::from_iter_values(films.iter().map(|film| &film.path));
    let columns: Vec<ArrayRef> =
        vec![Arc::new(parts), Arc::new(counts), Arc::new(paths), covariates(films)];
    Ok(RecordBatch::try_new(schema(), columns)?)
}
