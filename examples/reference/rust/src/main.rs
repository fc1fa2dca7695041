//! The Rust worker.
use std::process::ExitCode;

use durable_pipelines::worker;

#[tokio::main]
async fn main() -> ExitCode {
    worker::run().await
}
