//! Heartbeats while an activity waits: for a page, for a lock, for an answer.
use std::time::Duration;

use temporalio_common::data_converters::{
    PayloadConversionError, TemporalSerializable,
};
use temporalio_sdk::activities::{
    ActivityContext, ActivityError,
};
use tokio::{sync::watch, task::JoinHandle, time::sleep};

use super::failures::Result;

const EVERY: Duration = Duration::from_secs(1);

/// The heartbeats of an activity, until it is dropped.
pub struct Alive<T> {
    ctx: ActivityContext,
    details: watch::Sender<T>,
    beats: JoinHandle<()>,
}

/// Heartbeats each second, with the `details` that were told last, until it is dropped. It keeps a slow
/// attempt from being taken for a dead one, and an answer to a heartbeat is how a cancellation arrives.
// #region alive
pub fn stay_alive<T: Details>(
    ctx: &ActivityContext,
    details: T,
) -> Alive<T> {
    // #step Say so each second, also while nothing arrives
    let ctx = ctx.clone();
    let (details, last) = watch::channel(details);
    let beats = tokio::spawn({
        let ctx = ctx.clone();
        async move {
            loop {
                sleep(EVERY).await;
                let details = last.borrow().clone();
                drop(ctx.record_heartbeat(details).await);
            }
        }
    });

    // #step Until the work is done
    Alive { ctx, details, beats }
}

impl<T> Drop for Alive<T> {
    fn drop(&mut self) {
        self.beats.abort();
    }
}
// #endregion alive

impl<T: Details> Alive<T> {
    /// Heartbeats at once with new details, and from now on.
    pub async fn tell(
        &self,
        details: T,
    ) -> Result<(), PayloadConversionError> {
        self.details.send_replace(details.clone());
        self.ctx.record_heartbeat(details).await
    }
}

/// What a heartbeat can hold.
pub trait Details:
    TemporalSerializable + Clone + Send + Sync + 'static
{
}
impl<T> Details for T where
    T: TemporalSerializable + Clone + Send + Sync + 'static
{
}

/// What `work` gives, unless the activity is cancelled before: then it is dropped, and ends.
pub async fn unless_cancelled<T>(
    ctx: &ActivityContext,
    work: impl Future<Output = Result<T>>,
) -> Result<T, ActivityError> {
    tokio::select! {
        done = work => Ok(done?),
        () = ctx.cancelled() => Err(ActivityError::cancelled()),
    }
}
