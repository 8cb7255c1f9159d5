//! How our tables and plans travel between client, scheduler and executors: as JSON within the
//! engine's own messages, which carry everything else.

use crate::Stores;
use crate::films::{FilmTable, FilmsExec, FilmsScan};
use crate::keep_plan::KeepExec;
use crate::kept::{Kept, KeptTable};
use crate::pending::{PendingExec, PendingParts, PendingPlan, PendingTable};
use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Extension, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What begins each of our messages; the engine's own never begin so.
const OURS: &[u8] = b"vertebra:";

/// A table or plan of ours.
#[derive(Debug, Serialize, Deserialize)]
enum Node {
    Films { url: String, attributes: Vec<String> },
    FilmsPlan { url: String, attributes: Vec<String>, scan: FilmsScan },
    Pending(PendingParts),
    PendingPlan(PendingPlan),
    Keep(Kept),
}

impl Node {
    fn encode(&self, buffer: &mut Vec<u8>) -> Result<()> {
        buffer.extend_from_slice(OURS);
        serde_json::to_writer(buffer, self).map_err(|e| DataFusionError::External(Box::new(e)))
    }

    /// `None` for a message of the engine's own.
    fn decode(buffer: &[u8]) -> Result<Option<Self>> {
        let Some(json) = buffer.strip_prefix(OURS) else { return Ok(None) };
        serde_json::from_slice(json).map(Some).map_err(|e| DataFusionError::External(Box::new(e)))
    }
}

/// For tables.
#[derive(Debug)]
pub(crate) struct TableCodec {
    pub(crate) stores: Arc<Stores>,
    pub(crate) engine: BallistaLogicalExtensionCodec,
}

impl LogicalExtensionCodec for TableCodec {
    fn try_decode(
        &self,
        buffer: &[u8],
        inputs: &[LogicalPlan],
        context: &TaskContext,
    ) -> Result<Extension> {
        self.engine.try_decode(buffer, inputs, context)
    }

    fn try_encode(&self, node: &Extension, buffer: &mut Vec<u8>) -> Result<()> {
        self.engine.try_encode(node, buffer)
    }

    fn try_decode_table_provider(
        &self,
        buffer: &[u8],
        name: &TableReference,
        schema: SchemaRef,
        context: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        let stores = Arc::clone(&self.stores);
        Ok(match Node::decode(buffer)? {
            Some(Node::Films { url, attributes }) => {
                Arc::new(FilmTable::named(&stores, &url, &attributes)?)
            }
            Some(Node::Pending(of)) => Arc::new(PendingTable { of, stores }),
            Some(Node::Keep(of)) => Arc::new(KeptTable { of, stores }),
            _ => self.engine.try_decode_table_provider(buffer, name, schema, context)?,
        })
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        buffer: &mut Vec<u8>,
    ) -> Result<()> {
        if let Some(films) = table.downcast_ref::<FilmTable>() {
            let (url, attributes) = films.names();
            return Node::Films { url, attributes }.encode(buffer);
        }
        if let Some(table) = table.downcast_ref::<PendingTable>() {
            return Node::Pending(table.of.clone()).encode(buffer);
        }
        if let Some(table) = table.downcast_ref::<KeptTable>() {
            return Node::Keep(table.of.clone()).encode(buffer);
        }
        self.engine.try_encode_table_provider(name, table, buffer)
    }

    fn try_decode_file_format(
        &self,
        buffer: &[u8],
        context: &TaskContext,
    ) -> Result<Arc<dyn FileFormatFactory>> {
        self.engine.try_decode_file_format(buffer, context)
    }

    fn try_encode_file_format(
        &self,
        buffer: &mut Vec<u8>,
        format: Arc<dyn FileFormatFactory>,
    ) -> Result<()> {
        self.engine.try_encode_file_format(buffer, format)
    }
}

/// For plans.
#[derive(Debug)]
pub(crate) struct PlanCodec {
    pub(crate) stores: Arc<Stores>,
    pub(crate) engine: BallistaPhysicalExtensionCodec,
}

impl PhysicalExtensionCodec for PlanCodec {
    fn try_decode(
        &self,
        buffer: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let stores = Arc::clone(&self.stores);
        Ok(match (Node::decode(buffer)?, inputs) {
            (Some(Node::FilmsPlan { url, attributes, scan }), [input]) => {
                let table = FilmTable::named(&stores, &url, &attributes)?;
                Arc::new(FilmsExec::new(table, scan, Arc::clone(input))?)
            }
            (Some(Node::PendingPlan(plan)), [input]) => {
                Arc::new(PendingExec::new(plan, stores, Arc::clone(input))?)
            }
            (Some(Node::Keep(of)), [input]) => {
                Arc::new(KeepExec::new(KeptTable { of, stores }, Arc::clone(input)))
            }
            _ => self.engine.try_decode(buffer, inputs, context, converter)?,
        })
    }

    fn try_encode(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        buffer: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        if let Some(plan) = plan.downcast_ref::<FilmsExec>() {
            let (url, attributes) = plan.table.names();
            let scan = plan.scan.as_ref().clone();
            return Node::FilmsPlan { url, attributes, scan }.encode(buffer);
        }
        if let Some(plan) = plan.downcast_ref::<PendingExec>() {
            return Node::PendingPlan(plan.plan.clone()).encode(buffer);
        }
        if let Some(plan) = plan.downcast_ref::<KeepExec>() {
            return Node::Keep(plan.table.of.clone()).encode(buffer);
        }
        self.engine.try_encode(plan, buffer, converter)
    }
}
