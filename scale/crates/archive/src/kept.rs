//! The table that rows are inserted into: each part becomes one file, when all of its rows are
//! there, written whole or not at all.

use crate::out_folder::{OutFolder, PartId};
use crate::store::Place;
use crate::{Error, Stores, row};
use async_trait::async_trait;
use datafusion::arrow::array::{Array, AsArray, RecordBatch, StructArray, UInt64Array};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::dml::InsertOp;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The folder of results, as it travels to other processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) out: String,
}

/// The table.
#[derive(Debug, Clone)]
pub(crate) struct KeptTable {
    pub(crate) of: Kept,
    pub(crate) stores: Arc<Stores>,
}

pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("part", DataType::Utf8, false),
        Field::new("films", DataType::Int64, false),
        Field::new("score", DataType::Struct(row::fields()), true),
    ]))
}

/// What inserting answers: how many rows.
pub(crate) fn count_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("count", DataType::UInt64, false)]))
}

#[async_trait]
impl TableProvider for KeptTable {
    fn schema(&self) -> SchemaRef {
        schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        _: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Err(DataFusionError::NotImplemented("the parts are read as Parquet".into()))
    }

    async fn insert_into(
        &self,
        _: &dyn Session,
        input: Arc<dyn ExecutionPlan>,
        _: InsertOp,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(crate::keep_plan::KeepExec::new(self.clone(), input)))
    }
}

impl KeptTable {
    /// Writes the parts that come in; the number of rows.
    pub(crate) async fn keep(self, mut rows: SendableRecordBatchStream) -> Result<RecordBatch> {
        let out = OutFolder::new(self.stores.place(&self.of.out)?);
        let (mut open, mut count) = (None::<OpenPart>, 0);
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            for slice in slices(&batch)? {
                match &mut open {
                    Some(part) if part.name == slice.name => part.scores.extend(slice.scores),
                    _ => {
                        count += finish(open.replace(slice), &out).await?;
                    }
                }
            }
        }
        count += finish(open, &out).await?;
        let counts = UInt64Array::from_iter_values([count as u64]);
        Ok(RecordBatch::try_new(count_schema(), vec![Arc::new(counts)])?)
    }
}

/// A part whose rows come in.
struct OpenPart {
    name: String,
    films: usize,
    scores: Vec<Arc<dyn Array>>,
}

/// The rows of a batch, by part.
fn slices(batch: &RecordBatch) -> Result<Vec<OpenPart>> {
    let parts = batch.column(0).as_string::<i32>();
    let films = batch.column(1).as_primitive::<Int64Type>();
    let (mut slices, mut from) = (Vec::new(), 0);
    for to in 1..=batch.num_rows() {
        if to < batch.num_rows() && parts.value(to) == parts.value(from) {
            continue;
        }
        slices.push(OpenPart {
            name: parts.value(from).to_owned(),
            films: usize::try_from(films.value(from)).unwrap_or(0),
            scores: vec![batch.column(2).slice(from, to - from)],
        });
        from = to;
    }
    Ok(slices)
}

/// Writes a part of which all rows are there.
async fn finish(part: Option<OpenPart>, out: &OutFolder) -> Result<usize, Error> {
    let Some(OpenPart { name, films, scores }) = part else { return Ok(0) };
    let scores: Vec<&dyn Array> = scores.iter().map(AsRef::as_ref).collect();
    let scores = concat(&scores).map_err(|error| Error::engine(error.into()))?;
    if scores.len() != films {
        let expected = format!("{films} rows, in one partition of the plan");
        return Err(Error::malformed(&name, &expected, format!("{} rows", scores.len())));
    }
    let id = PartId::parse(&name)
        .ok_or_else(|| Error::malformed(&name, "the name of a part", "another"))?;
    let bytes = encode(scores.as_struct()).map_err(|error| Error::engine(error.into()))?;
    out.part(id).write(bytes).await?;
    Ok(films)
}

/// A file of results.
fn encode(scores: &StructArray) -> Result<Vec<u8>, ParquetError> {
    let version = ("vertebra.schema_version".to_owned(), row::SCHEMA_VERSION.to_string());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(vec![KeyValue::new(version.0, version.1)]))
        .build();
    let batch = RecordBatch::from(scores);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes)
}

/// Path and content digest of the films of a file of results.
pub(crate) async fn digests(place: &Place) -> Result<Vec<(String, Option<String>)>, Error> {
    let bytes = place.read().await?;
    let read = || -> Result<Vec<RecordBatch>, ParquetError> {
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
        let mask = ProjectionMask::columns(reader.parquet_schema(), ["path", "content"]);
        Ok(reader.with_projection(mask).build()?.collect::<Result<Vec<_>, _>>()?)
    };
    let malformed = |got: String| Error::malformed(&place.name(), "a file of results", got);
    let batches = read().map_err(|error| malformed(error.to_string()))?;
    let mut rows = Vec::new();
    for batch in &batches {
        let column = |name| batch.column_by_name(name)?.as_string_opt::<i32>();
        let (Some(paths), Some(contents)) = (column("path"), column("content")) else {
            return Err(malformed("other columns".into()));
        };
        let pairs = paths.iter().zip(contents);
        rows.extend(pairs.map(|(path, content)| {
            (path.unwrap_or_default().to_owned(), content.map(str::to_owned))
        }));
    }
    Ok(rows)
}
