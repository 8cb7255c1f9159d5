//! What plans that read films and parts share: an input that says what each partition has to read.
//!
//! A scheduler gives a task its partitions of the leaves it knows, such as tables in memory. Of a leaf
//! of our own every task would read all partitions.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::Result;
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::{
    ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use std::sync::Arc;

/// A table in memory with one partition per batch.
pub(crate) fn assigned(partitions: Vec<RecordBatch>) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = partitions.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
    let partitions: Vec<Vec<RecordBatch>> = partitions.into_iter().map(|one| vec![one]).collect();
    Ok(MemorySourceConfig::try_new_exec(&partitions, schema, None)?)
}

/// Of a plan that ends, yields as it goes and has the partitions of its input.
pub(crate) fn properties(schema: SchemaRef, input: &Arc<dyn ExecutionPlan>) -> Arc<PlanProperties> {
    let partitions = input.output_partitioning().partition_count();
    Arc::new(PlanProperties::new(
        EquivalenceProperties::new(schema),
        Partitioning::UnknownPartitioning(partitions),
        EmissionType::Incremental,
        Boundedness::Bounded,
    ))
}

/// An execution plan that reads what its input says: its type has `properties`, `input`, `describe`,
/// `with_input` and `stream`.
macro_rules! reading_plan {
    ($plan:ty, $name:literal) => {
        impl datafusion::physical_plan::DisplayAs for $plan {
            fn fmt_as(
                &self,
                _: datafusion::physical_plan::DisplayFormatType,
                f: &mut std::fmt::Formatter<'_>,
            ) -> std::fmt::Result {
                write!(f, "{}: {}", $name, self.describe())
            }
        }

        impl datafusion::physical_plan::ExecutionPlan for $plan {
            fn name(&self) -> &str {
                $name
            }

            fn properties(&self) -> &std::sync::Arc<datafusion::physical_plan::PlanProperties> {
                &self.properties
            }

            fn children(
                &self,
            ) -> Vec<&std::sync::Arc<dyn datafusion::physical_plan::ExecutionPlan>> {
                vec![&self.input]
            }

            fn benefits_from_input_partitioning(&self) -> Vec<bool> {
                vec![false]
            }

            fn apply_expressions(
                &self,
                _: &mut dyn FnMut(
                    &std::sync::Arc<dyn datafusion::physical_expr::PhysicalExpr>,
                ) -> datafusion::error::Result<
                    datafusion::common::tree_node::TreeNodeRecursion,
                >,
            ) -> datafusion::error::Result<datafusion::common::tree_node::TreeNodeRecursion> {
                Ok(datafusion::common::tree_node::TreeNodeRecursion::Continue)
            }

            fn with_new_children(
                self: std::sync::Arc<Self>,
                mut children: Vec<std::sync::Arc<dyn datafusion::physical_plan::ExecutionPlan>>,
            ) -> datafusion::error::Result<
                std::sync::Arc<dyn datafusion::physical_plan::ExecutionPlan>,
            > {
                let input = children.pop().filter(|_| children.is_empty()).ok_or_else(|| {
                    datafusion::error::DataFusionError::Internal("expected one input".into())
                })?;
                Ok(std::sync::Arc::new(self.with_input(input)?))
            }

            fn execute(
                &self,
                partition: usize,
                context: std::sync::Arc<datafusion::execution::TaskContext>,
            ) -> datafusion::error::Result<datafusion::physical_plan::SendableRecordBatchStream>
            {
                self.stream(self.input.execute(partition, context.clone())?, &context)
            }
        }
    };
}
pub(crate) use reading_plan;
