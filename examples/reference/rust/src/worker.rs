//! The Rust worker: hosts every pipeline of this crate on one task queue.
//!
//! Where Temporal is comes from the standard environment (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, …,
//! or temporal.toml); TEMPORAL_TASK_QUEUE names the queue (default `pipelines-rust`).
//! Prints READY, and ends gracefully on SIGTERM or SIGINT. Logs go to stderr, as RUST_LOG says.
use std::{
    env, error::Error, io, process::ExitCode, time::Duration,
};

use durable_pipelines::pipelines;
use temporalio_client::{
    Client, ClientOptions, Connection,
    envconfig::LoadClientConfigProfileOptions,
};
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// A killed worker loses at most a second of heartbeats.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);
/// What an activity gets to end by itself when the worker stops; then it is cancelled.
const GRACE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    match work().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("worker: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn work() -> Result<(), Box<dyn Error>> {
    let (connection, options) = ClientOptions::load_from_config(
        LoadClientConfigProfileOptions::default(),
    )?;
    let connection = Connection::connect(connection).await?;
    let client = Client::new(connection, options)?;

    let queue = env::var("TEMPORAL_TASK_QUEUE")
        .unwrap_or_else(|_| "pipelines-rust".to_owned());
    let mut options = WorkerOptions::new(queue)
        .max_heartbeat_throttle_interval(HEARTBEAT_EVERY)
        .default_heartbeat_throttle_interval(HEARTBEAT_EVERY)
        .max_cached_workflows(cached_workflows()?)
        .graceful_shutdown_period(GRACE)
        .build();
    pipelines::register(&mut options)?;

    let runtime =
        Runtime::from_current_tokio(Default::default())?;
    let mut worker = Worker::new(&runtime, client, options)?;
    let stop = worker.shutdown_handle();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => stop(),
            _ = interrupt.recv() => stop(),
        }
    });
    println!("READY");
    worker.run().await?;
    Ok(())
}

/// WORKFLOW_CACHE: 0 lets another worker, of another language, take over a run at once.
fn cached_workflows() -> Result<usize, String> {
    match env::var("WORKFLOW_CACHE") {
        Ok(size) => size.parse().map_err(|_| {
            "WORKFLOW_CACHE: must be a whole number".to_owned()
        }),
        Err(_) => Ok(1000),
    }
}
