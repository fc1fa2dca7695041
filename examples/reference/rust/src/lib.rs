//! The Rust twins: each pipeline in its folder, the edges in `connectors`, the rules of the data in `domain`,
//! the worker of all.
pub mod connectors;
pub mod domain;
pub mod pipelines;
pub mod worker;
