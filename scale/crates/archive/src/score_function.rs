//! `score(path)`: the row of a film as a struct, by an asynchronous function of the engine.
//!
//! `score(path, model)` names another model, `score(path, model, covariates)` gives a list of the
//! model's covariates in its order, null where one is not known.

use crate::{Error, ModelName, Scorer, row};
use async_trait::async_trait;
use datafusion::arrow::array::{Array, AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::async_udf::{AsyncScalarUDF, AsyncScalarUDFImpl};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use futures::{StreamExt, TryStreamExt};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Name of the function.
pub(crate) const SCORE: &str = "score";

#[derive(Debug)]
struct ScoreFunction {
    scorer: Arc<Scorer>,
    default: ModelName,
    signature: Signature,
}

/// The function of a scorer, with the model that is used where a call names none.
pub(crate) fn score_function(scorer: Arc<Scorer>, default: ModelName) -> ScalarUDF {
    // The same film has the same row, as long as nobody replaces it.
    let signature = Signature::variadic_any(Volatility::Stable);
    let function = ScoreFunction { scorer, default, signature };
    AsyncScalarUDF::new(Arc::new(function)).into_scalar_udf()
}

impl PartialEq for ScoreFunction {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.scorer, &other.scorer) && self.default == other.default
    }
}

impl Eq for ScoreFunction {}

impl Hash for ScoreFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.default.hash(state);
    }
}

impl ScalarUDFImpl for ScoreFunction {
    fn name(&self) -> &str {
        SCORE
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let text = |kind: &DataType| kind.is_string() || kind.is_null();
        let numbers = |kind: &DataType| kind.is_list() || kind.is_null();
        let fits = match arguments {
            [path] => text(path),
            [path, model] => text(path) && text(model),
            [path, model, covariates] => text(path) && text(model) && numbers(covariates),
            _ => false,
        };
        match fits {
            true => Ok(DataType::Struct(row::fields())),
            false => {
                let expected = "score(path), score(path, model) or score(path, model, covariates)";
                Err(Error::setting("score()", expected, format!("{arguments:?}")).into())
            }
        }
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(DataFusionError::NotImplemented("score() is asynchronous".into()))
    }
}

#[async_trait]
impl AsyncScalarUDFImpl for ScoreFunction {
    async fn invoke_async_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let paths = texts(&arrays[0])?;
        let models = arrays.get(1).map(texts).transpose()?;
        let covariates = arrays.get(2).map(lists).transpose()?;
        let films: Vec<_> = (0..args.number_rows)
            .map(|at| {
                let value =
                    |texts: &StringArray| texts.is_valid(at).then(|| texts.value(at).to_owned());
                let covariates = covariates.as_ref().and_then(|lists| lists[at].clone());
                (value(&paths), models.as_ref().and_then(value), covariates)
            })
            .map(|(path, model, covariates)| self.film(path, model, covariates))
            .collect();
        let rows = futures::stream::iter(films).buffered(self.scorer.at_once());
        let rows: Vec<_> = rows.try_collect().await?;
        Ok(ColumnarValue::Array(Arc::new(row::to_struct(&rows)?)))
    }
}

impl ScoreFunction {
    async fn film(
        &self,
        path: Option<String>,
        model: Option<String>,
        covariates: Option<Vec<Option<f64>>>,
    ) -> Result<row::FilmRow, Error> {
        let path = path.ok_or_else(|| Error::setting("score()", "a path", "null"))?;
        let name = match model {
            Some(text) => &ModelName::parse(&text)?,
            None => &self.default,
        };
        let model = self.scorer.model(name).await?;
        let none = || vec![None; model.predictor.covariates().len()];
        self.scorer.score(&path, &model, covariates.unwrap_or_else(none)).await
    }
}

fn texts(array: &Arc<dyn Array>) -> Result<StringArray> {
    Ok(cast(array, &DataType::Utf8)?.as_string::<i32>().clone())
}

/// The lists of an array.
fn lists(array: &Arc<dyn Array>) -> Result<Vec<Option<Vec<Option<f64>>>>> {
    let kind = DataType::new_list(DataType::Float64, true);
    let lists = cast(array, &kind)?;
    let lists = lists.as_list::<i32>();
    let list = |values: Option<Arc<dyn Array>>| {
        values.map(|v| v.as_primitive::<Float64Type>().iter().collect())
    };
    Ok(lists.iter().map(list).collect())
}
