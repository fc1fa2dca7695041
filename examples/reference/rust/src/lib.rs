//! The Rust twins: each pipeline in its folder, the edges in `connectors`.
pub mod connectors;
pub mod pipelines;
