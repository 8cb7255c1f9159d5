//! `films('url', 'StudyDate', ..)`: the files below a place as a table, with DICOM attributes that
//! are read from the headers alone, and only where a query asks for them.

use crate::header::{Attributes, column_name};
use crate::listing::{ListedFile, list};
use crate::store::Place;
use crate::{Error, Stores, reading};
use async_trait::async_trait;
use datafusion::arrow::array::{
    ArrayRef, AsArray, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    TimestampMillisecondArray, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit, UInt64Type};
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, PlanProperties, SendableRecordBatchStream};
use datafusion::scalar::ScalarValue;
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;
use std::sync::Arc;
use vertebra_radiograph::Attribute;
use vertebra_run::Seed;

/// Columns before the attributes.
const FIXED: usize = 4;
/// Headers that are read at once.
const HEADERS_AT_ONCE: usize = 32;

/// The table function.
#[derive(Debug)]
pub(crate) struct FilmsFunction {
    pub(crate) stores: Arc<Stores>,
}

impl TableFunctionImpl for FilmsFunction {
    fn call_with_args(&self, args: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let texts = args.exprs().iter().map(text).collect::<Result<Vec<_>, Error>>()?;
        let Some((url, attributes)) = texts.split_first() else {
            return Err(Error::setting("films()", "a path or URL", "nothing").into());
        };
        Ok(Arc::new(FilmTable::named(&self.stores, url, attributes)?))
    }
}

fn text(expression: &Expr) -> Result<String, Error> {
    match expression {
        Expr::Literal(ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)), _) => {
            Ok(text.clone())
        }
        other => Err(Error::setting("films()", "texts in quotes", other)),
    }
}

/// The files below a place.
#[derive(Debug, Clone)]
pub(crate) struct FilmTable {
    place: Place,
    attributes: Vec<Attribute>,
    schema: SchemaRef,
}

impl FilmTable {
    pub(crate) fn new(place: Place, attributes: Vec<Attribute>) -> Self {
        let mut fields = vec![
            Field::new("path", DataType::Utf8, false),
            Field::new("size", DataType::Int64, false),
            Field::new("etag", DataType::Utf8, true),
            Field::new("modified", modified_type(), false),
        ];
        let names = attributes.iter().map(|attribute| column_name(&attribute.to_string()));
        fields.extend(names.map(|name| Field::new(name, DataType::Utf8, true)));
        Self { place, attributes, schema: Arc::new(Schema::new(fields)) }
    }

    /// From texts, as a query and a message between processes have them.
    pub(crate) fn named(stores: &Stores, url: &str, attributes: &[String]) -> Result<Self, Error> {
        let attributes = attributes.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
        Ok(Self::new(stores.place(url)?, attributes))
    }

    /// The texts that it is made from.
    pub(crate) fn names(&self) -> (String, Vec<String>) {
        (self.place.name(), self.attributes.iter().map(Attribute::to_string).collect())
    }

    /// The files as batches of these columns; a header is read where an attribute is among them.
    async fn batch(
        self: Arc<Self>,
        files: Vec<Result<ListedFile, Error>>,
        scan: Arc<FilmsScan>,
    ) -> Result<RecordBatch> {
        let columns = &scan.columns;
        let files = files.into_iter().collect::<Result<Vec<_>, Error>>()?;
        let asked: Vec<usize> = columns.iter().filter_map(|at| at.checked_sub(FIXED)).collect();
        let attributes = Attributes::new(asked.iter().map(|at| self.attributes[*at].clone()));
        let values: Vec<Vec<Option<String>>> = match asked.is_empty() {
            true => Vec::new(),
            false => {
                let read = files.iter().map(|file| attributes.of(&self.place, file));
                let read: Vec<_> = read.collect();
                futures::stream::iter(read).buffered(HEADERS_AT_ONCE).try_collect().await?
            }
        };
        let mut next = 0..;
        let column = |at: &usize| -> ArrayRef {
            match at {
                0 => Arc::new(StringArray::from_iter_values(files.iter().map(|f| &f.path))),
                1 => Arc::new(Int64Array::from_iter_values(files.iter().map(|f| f.size))),
                2 => Arc::new(files.iter().map(|f| f.etag.as_deref()).collect::<StringArray>()),
                3 => {
                    let times = files.iter().map(|file| file.modified);
                    let array = TimestampMillisecondArray::from_iter_values(times);
                    Arc::new(array.with_timezone("UTC"))
                }
                _ => {
                    let at = next.next().unwrap_or_default();
                    Arc::new(values.iter().map(|row| row[at].as_deref()).collect::<StringArray>())
                }
            }
        };
        let arrays = columns.iter().map(column).collect();
        let rows = RecordBatchOptions::new().with_row_count(Some(files.len()));
        let schema = Arc::new(self.schema.project(columns)?);
        Ok(RecordBatch::try_new_with_options(schema, arrays, &rows)?)
    }
}

fn modified_type() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

#[async_trait]
impl TableProvider for FilmTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all = || (0..self.schema.fields().len()).collect();
        let columns = projection.cloned().unwrap_or_else(all);
        let shares = NonZeroUsize::new(session.config().target_partitions());
        let shares = shares.unwrap_or(NonZeroUsize::MIN);
        let scan = FilmsScan { columns, limit, shares };
        Ok(Arc::new(FilmsExec::new(self.clone(), scan.clone(), scan.assigned()?)?))
    }
}

/// What is read of a table of films.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FilmsScan {
    /// Columns.
    columns: Vec<usize>,
    /// Most rows of a partition; the engine sees to the limit of all.
    limit: Option<usize>,
    /// A partition lists all files and has one of so many shares of them, by their names: nothing
    /// has to be planned, and a listing is cheap where films are scored.
    shares: NonZeroUsize,
}

impl FilmsScan {
    /// A partition per share, with its number.
    fn assigned(&self) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = Arc::new(Schema::new(vec![Field::new("share", DataType::UInt64, false)]));
        let share = |k: u64| -> Result<RecordBatch> {
            let column: ArrayRef = Arc::new(UInt64Array::from(vec![k]));
            Ok(RecordBatch::try_new(Arc::clone(&schema), vec![column])?)
        };
        reading::assigned((0..self.shares.get() as u64).map(share).collect::<Result<_>>()?)
    }

    /// Whether a file is of a share; an error is of all.
    fn takes(&self, file: &Result<ListedFile, Error>, share: u64) -> bool {
        let shares = self.shares.get() as u64;
        let of = |file: &ListedFile| Seed::new(0).named(&file.path).value() % shares;
        shares == 1 || file.as_ref().map_or(true, |file| of(file) == share)
    }
}

/// Lists as it goes, so that memory does not grow with the number of files.
#[derive(Debug)]
pub(crate) struct FilmsExec {
    pub(crate) table: Arc<FilmTable>,
    pub(crate) scan: Arc<FilmsScan>,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

reading::reading_plan!(FilmsExec, "FilmsExec");

impl FilmsExec {
    /// `input` gives the share of each partition.
    pub(crate) fn new(
        table: FilmTable,
        scan: FilmsScan,
        input: Arc<dyn ExecutionPlan>,
    ) -> Result<Self> {
        let schema = Arc::new(table.schema.project(&scan.columns)?);
        let properties = reading::properties(schema, &input);
        Ok(Self { table: Arc::new(table), scan: Arc::new(scan), input, properties })
    }

    fn with_input(&self, input: Arc<dyn ExecutionPlan>) -> Result<Self> {
        Self::new(self.table.as_ref().clone(), self.scan.as_ref().clone(), input)
    }

    fn describe(&self) -> String {
        let FilmsScan { columns, shares, .. } = &*self.scan;
        format!("{}, columns {columns:?}, shares {shares}", self.table.place.name())
    }

    fn stream(
        &self,
        shares: SendableRecordBatchStream,
        context: &TaskContext,
    ) -> Result<SendableRecordBatchStream> {
        let (table, scan) = (Arc::clone(&self.table), Arc::clone(&self.scan));
        let size = context.session_config().batch_size();
        let share = |batch: RecordBatch| -> Vec<Result<u64>> {
            batch.column(0).as_primitive::<UInt64Type>().values().iter().map(|k| Ok(*k)).collect()
        };
        let shares = shares.map_ok(move |batch| futures::stream::iter(share(batch))).try_flatten();
        let batches = shares.map_ok(move |share| {
            let (table, scan, of) = (Arc::clone(&table), Arc::clone(&scan), Arc::clone(&scan));
            list(&table.place)
                .filter(move |file| futures::future::ready(of.takes(file, share)))
                .take(scan.limit.unwrap_or(usize::MAX))
                .chunks(size)
                .then(move |files| Arc::clone(&table).batch(files, Arc::clone(&scan)))
        });
        let schema = self.properties.eq_properties.schema();
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(schema), batches.try_flatten())))
    }
}
