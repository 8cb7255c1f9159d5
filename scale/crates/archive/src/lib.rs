#![doc = include_str!("../README.md")]

mod bulk;
mod cluster;
mod codec;
mod covariates;
mod error;
mod fetch;
mod films;
mod header;
mod keep_plan;
mod kept;
mod listing;
mod model;
mod out_folder;
mod pending;
mod plan_file;
mod planner;
mod reading;
mod row;
mod score_function;
mod scorer;
mod session;
mod store;
mod worker;

pub use bulk::{BulkOptions, BulkProgress};
pub use cluster::{ExecutorOptions, SchedulerOptions};
pub use error::Error;
pub use listing::{ListedFile, list};
pub use model::{Model, ModelName, Models, SHIPPED};
pub use row::{FilmRow, SCHEMA_VERSION, columns, fields};
pub use scorer::{ScoreOptions, Scorer};
pub use session::Archive;
pub use store::{Place, Stores};
