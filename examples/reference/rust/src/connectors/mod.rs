//! The edges of the pipelines: where records come from, wait and go to.
pub mod connection;
pub mod csv;
pub mod failures;
pub mod files;
pub mod http;
pub mod input;
pub mod ndjson;
pub mod parquet;
pub mod postgres;
pub mod records;
pub mod staging;
pub mod topic;
pub mod topic_file;
pub mod topic_nats;
