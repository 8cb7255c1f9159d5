//! The films of parts that are not written yet, as a table. A part is never split over partitions.

use crate::out_folder::{OutFolder, PartId};
use crate::plan_file::{PlanFile, PlannedFilm, covariates};
use crate::{Error, Stores, reading};
use async_trait::async_trait;
use datafusion::arrow::array::{
    ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, UInt32Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type};
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
        let plan = PendingPlan { out: self.of.out.clone(), columns };
        let stores = Arc::clone(&self.stores);
        Ok(Arc::new(PendingExec::new(plan, stores, self.of.assigned()?)?))
    }
}

impl PendingParts {
    /// A partition per deal of parts, which names them.
    fn assigned(&self) -> Result<Arc<dyn ExecutionPlan>> {
        let field = |name: &str| Field::new(name, DataType::UInt32, false);
        let schema = Arc::new(Schema::new(vec![field("plan"), field("part")]));
        let deal = |partition: usize| -> Result<RecordBatch> {
            let parts = || self.parts.iter().skip(partition).step_by(self.partitions);
            let plans: UInt32Array = parts().map(|part| part.0).collect::<Vec<_>>().into();
            let numbers: UInt32Array = parts().map(|part| part.1).collect::<Vec<_>>().into();
            let columns: Vec<ArrayRef> = vec![Arc::new(plans), Arc::new(numbers)];
            Ok(RecordBatch::try_new(Arc::clone(&schema), columns)?)
        };
        reading::assigned((0..self.partitions).map(deal).collect::<Result<_>>()?)
    }
}

/// What is read of pending parts, as it travels to executors.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PendingPlan {
    /// The folder of results.
    out: String,
    columns: Vec<usize>,
}

/// Reads the films of the parts that its input names, and leaves out parts that were written in the
/// meantime.
#[derive(Debug)]
pub(crate) struct PendingExec {
    pub(crate) plan: PendingPlan,
    stores: Arc<Stores>,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

reading::reading_plan!(PendingExec, "PendingExec");

impl PendingExec {
    /// `input` gives the parts of each partition.
    pub(crate) fn new(
        plan: PendingPlan,
        stores: Arc<Stores>,
        input: Arc<dyn ExecutionPlan>,
    ) -> Result<Self> {
        let schema = Arc::new(schema().project(&plan.columns)?);
        let properties = reading::properties(schema, &input);
        Ok(Self { plan, stores, input, properties })
    }

    fn with_input(&self, input: Arc<dyn ExecutionPlan>) -> Result<Self> {
        Self::new(self.plan.clone(), Arc::clone(&self.stores), input)
    }

    fn describe(&self) -> String {
        self.plan.out.clone()
    }

    fn stream(
        &self,
        parts: SendableRecordBatchStream,
        _: &TaskContext,
    ) -> Result<SendableRecordBatchStream> {
        let out = OutFolder::new(self.stores.place(&self.plan.out)?);
        let columns = self.plan.columns.clone();
        let batches = parts.map_ok(move |batch| {
            let column = |at: usize| batch.column(at).as_primitive::<UInt32Type>().values().iter();
            let parts: Vec<PartId> =
                column(0).zip(column(1)).map(|(plan, part)| PartId(*plan, *part)).collect();
            let (out, columns) = (out.clone(), columns.clone());
            let reader = Reader { out, columns, plan: None, parts: parts.into_iter() };
            let batches = futures::stream::try_unfold(reader, |mut reader| async move {
                let batch = reader.next().await?;
                Ok::<_, Error>(batch.map(|batch| (batch, reader)))
            });
            batches.map_err(datafusion::error::DataFusionError::from)
        });
        let schema = Arc::clone(self.properties.eq_properties.schema());
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches.try_flatten())))
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
