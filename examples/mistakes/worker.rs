//! The Rust worker of the mistakes: told by its environment what the worker of the twins is told.
use std::{env, error::Error, io::stderr};

use temporalio_client::{
    Client, ClientOptions, Connection,
    envconfig::LoadClientConfigProfileOptions,
};
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[path = "activities/activities.rs"]
mod activities;
mod clock {
    pub mod cured;
    pub mod wrong;
}
mod failure {
    pub mod cured;
    pub mod wrong;
}
mod heartbeat {
    pub mod cured;
    #[cfg(refused)]
    pub mod wrong;
}
mod order {
    pub mod cured;
    pub mod wrong;
}
mod rows {
    pub mod cured;
    pub mod wrong;
}
mod secret {
    pub mod cured;
    pub mod wrong;
}
mod signal {
    pub mod cured;
    pub mod wrong;
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let logs = EnvFilter::new("warn");
    tracing_subscriber::fmt()
        .with_env_filter(logs)
        .with_writer(stderr)
        .with_ansi(false)
        .init();
    let (to, options) = ClientOptions::load_from_config(
        LoadClientConfigProfileOptions::default(),
    )?;
    let client =
        Client::new(Connection::connect(to).await?, options)?;
    let queue = env::var("TEMPORAL_TASK_QUEUE")
        .unwrap_or_else(|_| "mistakes-rust".to_owned());

    // Every workflow task replays: a mistake shows at once, not weeks later.
    let options = WorkerOptions::new(queue)
        .max_cached_workflows(0_usize)
        .register_activities(activities::MistakeActivities)
        .register_workflow::<clock::wrong::ClockWrong>()?
        .register_workflow::<clock::cured::ClockCured>()?
        .register_workflow::<failure::wrong::FailureWrong>()?
        .register_workflow::<failure::cured::FailureCured>()?
        .register_workflow::<heartbeat::cured::HeartbeatCured>()?
        .register_workflow::<order::wrong::OrderWrong>()?
        .register_workflow::<order::cured::OrderCured>()?
        .register_workflow::<rows::wrong::RowsWrong>()?
        .register_workflow::<rows::cured::RowsCured>()?
        .register_workflow::<secret::wrong::SecretWrong>()?
        .register_workflow::<secret::cured::SecretCured>()?
        .register_workflow::<signal::wrong::SignalWrong>()?
        .register_workflow::<signal::cured::SignalCured>()?
        .build();
    let runtime =
        Runtime::from_current_tokio(Default::default())?;
    let mut worker = Worker::new(&runtime, client, options)?;
    let stop = worker.shutdown_handle();
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        terminate.recv().await;
        stop();
    });
    println!("READY");
    worker.run().await?;
    Ok(())
}
