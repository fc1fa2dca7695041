//! Topics: ordered messages that are read from a cursor and published once, whatever the broker.
use serde::{Deserialize, Serialize};

use super::{
    allowlist::Place,
    connection::resolve,
    failures::Result,
    topic_file::{publish_file, read_file},
    topic_nats::{publish_nats, read_nats},
};

/// A message. Publishing a second one of the same id changes nothing.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Message {
    pub id: String,
    pub body: String,
    /// Why it could not be read as a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl Message {
    pub fn new(id: String, body: String) -> Self {
        Self { id, body, fault: None }
    }
}

/// The fault of what is there, but no message.
pub const NO_MESSAGE: &str = "not a message";

/// Some messages of a topic, and the broker's sequence to go on behind.
#[derive(Clone, Debug)]
pub struct TopicPage {
    pub messages: Vec<Message>,
    pub cursor: u64,
}

const SCHEMES: [&str; 2] = ["nats", "file"];

/// At most `limit` messages behind `cursor`; none when nothing is new. Never waits for more.
// #region read
pub async fn read_topic(
    topic: &str,
    cursor: u64,
    limit: usize,
) -> Result<TopicPage> {
    // #step The scheme says which broker
    let broker = resolve(topic, &SCHEMES, Place::File)?;
    let is_nats = broker.url.scheme() == "nats";

    // #step Bounded: a cursor to start behind, a limit
    if is_nats {
        read_nats(&broker.url, cursor, limit).await
    } else {
        read_file(&broker.path(), cursor, limit).await
    }
}
// #endregion read

/// Publishes messages in order; those that the topic has already are left out.
// #region publish
pub async fn publish(
    topic: &str,
    messages: &[Message],
) -> Result<()> {
    // #step Nothing to say: do not connect
    if messages.is_empty() {
        return Ok(());
    }

    // #step The id of a message is its de-duplication id
    let broker = resolve(topic, &SCHEMES, Place::File)?;
    match broker.url.scheme() {
        "nats" => publish_nats(&broker.url, messages).await,
        _ => publish_file(&broker.path(), messages).await,
    }
}
// #endregion publish
