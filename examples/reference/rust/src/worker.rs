//! Hosts every pipeline of this crate on one task queue.
//!
//! Where Temporal is comes from the standard environment (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, …,
//! or temporal.toml); TEMPORAL_TASK_QUEUE names the queue (default `pipelines-rust`).
//! Prints READY, and ends gracefully on SIGTERM or SIGINT. Logs go to stderr, as RUST_LOG says.
use std::{
    env,
    error::Error,
    io::{IsTerminal, stderr},
    process::ExitCode,
    time::Duration,
};

use temporalio_client::{
    Client, ClientOptions, Connection,
    envconfig::LoadClientConfigProfileOptions, tonic::Request,
};
use temporalio_common::protos::temporal::api::workflowservice::v1::DescribeNamespaceRequest;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::pipelines;

/// A killed worker loses at most a second of heartbeats.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);
/// Activities that run may end before the worker does; then they are cancelled.
const GRACE: Duration = Duration::from_secs(10);

/// Works until it is told to stop.
pub async fn run() -> ExitCode {
    log_to_stderr();
    match host().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, whatever the error holds.
            let words = error.to_string();
            let words: Vec<_> =
                words.split_whitespace().collect();
            eprintln!("worker: {}", words.join(" "));
            ExitCode::FAILURE
        }
    }
}

async fn host() -> Result<(), Box<dyn Error>> {
    let cached = cached_workflows()?;
    let client = connect().await?;
    let queue = env::var("TEMPORAL_TASK_QUEUE")
        .unwrap_or_else(|_| "pipelines-rust".to_owned());
    let mut options = WorkerOptions::new(queue)
        .max_heartbeat_throttle_interval(HEARTBEAT_EVERY)
        .default_heartbeat_throttle_interval(HEARTBEAT_EVERY)
        .max_cached_workflows(cached)
        .graceful_shutdown_period(GRACE)
        .build();
    pipelines::register(&mut options)?;

    let runtime =
        Runtime::from_current_tokio(Default::default())?;
    let mut worker = Worker::new(&runtime, client, options)?;
    stop_on_signal(worker.shutdown_handle())?;
    println!("READY");
    worker.run().await?;
    Ok(())
}

/// Connects to Temporal, and asks for the namespace: what is wrong is said before READY.
async fn connect() -> Result<Client, Box<dyn Error>> {
    let (to, options) = ClientOptions::load_from_config(
        LoadClientConfigProfileOptions::default(),
    )?;
    let target = to.target.clone();
    let connection =
        Connection::connect(to).await.map_err(|error| {
            format!(
                "no Temporal service at {target}: {}",
                root(&error)
            )
        })?;
    let namespace = options.namespace.clone();
    let asked = Request::new(DescribeNamespaceRequest {
        namespace: namespace.clone(),
        ..Default::default()
    });
    let mut service = connection.workflow_service();
    service.describe_namespace(asked).await.map_err(
        |status| {
            format!(
                "namespace {namespace}: {}",
                status.message()
            )
        },
    )?;
    Ok(Client::new(connection, options)?)
}

/// What lies at the root of an error.
fn root(error: &dyn Error) -> &dyn Error {
    error.source().map_or(error, root)
}

/// WORKFLOW_CACHE: 0 lets another worker, of another language, take over a run at once.
fn cached_workflows() -> Result<usize, &'static str> {
    match env::var("WORKFLOW_CACHE") {
        Ok(size) => size.parse().map_err(|_| {
            "WORKFLOW_CACHE: must be a whole number, 0 or more"
        }),
        Err(_) => Ok(1000),
    }
}

/// Calls `stop` on SIGTERM or SIGINT.
fn stop_on_signal(
    stop: impl Fn() + Send + 'static,
) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => stop(),
            _ = interrupt.recv() => stop(),
        }
    });
    Ok(())
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .init();
}
