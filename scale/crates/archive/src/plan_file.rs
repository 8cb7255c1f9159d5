//! A file of the plan: films in parts, each part a row group of its own.
//!
//! A film is planned once, in one part; a part is written as one file of results. So a part that is
//! scored twice, by two runs or after a crash, replaces its rows by the same rows.

use crate::Error;
use crate::store::Place;
use bytes::Bytes;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Builder, Int64Array, ListBuilder, RecordBatch, StringArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::properties::WriterProperties;
use std::sync::Arc;

/// The metadata that holds the digest of the model.
const MODEL: &str = "vertebra.model";

/// A film to be scored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlannedFilm {
    pub(crate) path: String,
    pub(crate) size: i64,
    pub(crate) etag: String,
    /// `None`: whatever the model takes for unknown.
    pub(crate) covariates: Option<Vec<Option<f64>>>,
}

/// The films of a part, and those of a whole plan file.
pub(crate) type Part = Vec<PlannedFilm>;

/// A plan file that was read.
#[derive(Debug, Clone)]
pub(crate) struct PlanFile {
    name: String,
    bytes: Bytes,
    /// Digest of the model it is for.
    pub(crate) model: String,
    /// How many parts it has.
    pub(crate) parts: usize,
}

fn schema() -> SchemaRef {
    let numbers = DataType::new_list(DataType::Float64, true);
    Arc::new(Schema::new(vec![
        Field::new("path", DataType::Utf8, false),
        Field::new("size", DataType::Int64, false),
        Field::new("etag", DataType::Utf8, false),
        Field::new("covariates", numbers, true),
    ]))
}

/// The bytes of a plan file.
pub(crate) fn encode(parts: &[Part], model: &str) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    write(parts, model, &mut bytes).map_err(|error| Error::engine(error.into()))?;
    Ok(bytes)
}

fn write(parts: &[Part], model: &str, bytes: &mut Vec<u8>) -> Result<(), ParquetError> {
    let model = vec![KeyValue::new(MODEL.to_owned(), model.to_owned())];
    let properties = WriterProperties::builder().set_key_value_metadata(Some(model)).build();
    let mut writer = ArrowWriter::try_new(bytes, schema(), Some(properties))?;
    for part in parts {
        writer.write(&batch(part)?)?;
        writer.flush()?;
    }
    writer.close().map(|_| ())
}

/// The covariates of films as a column of lists; null where a film has none.
pub(crate) fn covariates(films: &[PlannedFilm]) -> ArrayRef {
    let mut lists = ListBuilder::new(Float64Builder::new());
    for film in films {
        let values = film.covariates.iter().flatten();
        values.for_each(|value| lists.values().append_option(*value));
        lists.append(film.covariates.is_some());
    }
    Arc::new(lists.finish())
}

fn batch(films: &[PlannedFilm]) -> Result<RecordBatch, ParquetError> {
    let paths = StringArray::from_iter_values(films.iter().map(|film| &film.path));
    let sizes = Int64Array::from_iter_values(films.iter().map(|film| film.size));
    let etags = StringArray::from_iter_values(films.iter().map(|film| &film.etag));
    let columns: Vec<ArrayRef> =
        vec![Arc::new(paths), Arc::new(sizes), Arc::new(etags), covariates(films)];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

impl PlanFile {
    /// Reads a plan file.
    ///
    /// # Errors
    /// It is absent or not what [`encode`] writes.
    pub(crate) async fn read(place: &Place) -> Result<Self, Error> {
        let (name, bytes) = (place.name(), place.read().await?);
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes.clone());
        let reader = reader.map_err(|error| Error::malformed(&name, "a plan", error))?;
        let metadata = reader.metadata();
        let keys = metadata.file_metadata().key_value_metadata();
        let model = keys.into_iter().flatten().find(|pair| pair.key == MODEL);
        let model = model.and_then(|pair| pair.value.clone());
        let none = || Error::malformed(&name, "the digest of a model", "none");
        let (model, parts) = (model.ok_or_else(none)?, metadata.num_row_groups());
        Ok(Self { bytes, model, parts, name })
    }

    /// The films of a part.
    ///
    /// # Errors
    /// There is no such part; it is damaged.
    pub(crate) fn part(&self, part: usize) -> Result<Part, Error> {
        let malformed = |error: String| Error::malformed(&self.name, "a part of a plan", error);
        let read = || -> Result<Vec<RecordBatch>, ParquetError> {
            let reader = ParquetRecordBatchReaderBuilder::try_new(self.bytes.clone())?;
            let reader = reader.with_row_groups(vec![part]).build()?;
            Ok(reader.collect::<Result<Vec<_>, _>>()?)
        };
        if part >= self.parts {
            return Err(malformed(format!("{} parts, none of number {part}", self.parts)));
        }
        let batches = read().map_err(|error| malformed(error.to_string()))?;
        let films = batches.iter().map(films).collect::<Option<Vec<_>>>();
        Ok(films.ok_or_else(|| malformed("other columns".into()))?.concat())
    }
}

fn films(batch: &RecordBatch) -> Option<Part> {
    let column = |name: &str| batch.column_by_name(name);
    let paths = column("path")?.as_string_opt::<i32>()?;
    let sizes = column("size")?.as_primitive_opt::<Int64Type>()?;
    let etags = column("etag")?.as_string_opt::<i32>()?;
    let lists = column("covariates")?.as_list_opt::<i32>()?;
    let film = |at: usize| {
        let list = lists.is_valid(at).then(|| lists.value(at));
        PlannedFilm {
            path: paths.value(at).to_owned(),
            size: sizes.value(at),
            etag: etags.value(at).to_owned(),
            covariates: list.map(|v| v.as_primitive::<Float64Type>().iter().collect()),
        }
    };
    Some((0..batch.num_rows()).map(film).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stores;

    #[tokio::test]
    async fn parts_come_back() -> Result<(), Box<dyn std::error::Error>> {
        let film = |path: &str, covariates| PlannedFilm {
            path: path.into(),
            size: 7,
            etag: "e".into(),
            covariates,
        };
        let parts = [
            vec![film("/a", None), film("/b", Some(vec![Some(1.5), None]))],
            vec![film("/c", Some(vec![]))],
        ];
        let folder = tempfile::tempdir()?;
        let name = folder.path().join("plan").display().to_string();
        let place = Stores::default().place(&name)?;
        place.write(encode(&parts, "abc")?).await?;
        let read = PlanFile::read(&place).await?;
        assert_eq!((read.model.as_str(), read.parts), ("abc", 2));
        assert_eq!([read.part(0)?, read.part(1)?], parts);
        assert!(matches!(read.part(2), Err(Error::Malformed { .. })));
        Ok(())
    }
}
