//! NATS JetStream: a topic is a stream of one subject, `nats://host:port/<subject>`.
use std::{borrow::Cow, time::Duration};

use async_nats::{
    ConnectOptions, Error, HeaderValue,
    header::NATS_MESSAGE_ID,
    jetstream::{
        self, Context,
        consumer::{AckPolicy, DeliverPolicy, pull},
        message::PublishMessage,
        stream::{self, Stream},
    },
};
use futures::TryStreamExt;
use percent_encoding::percent_decode_str;
use temporalio_sdk::ApplicationFailure;
use url::{Position, Url};

use super::{
    failures::{Result, unavailable},
    topic::{Message, TopicPage},
};

const TIMEOUT: Duration = Duration::from_secs(10);
/// How long the broker remembers an id.
const DEDUPLICATION_WINDOW: Duration =
    Duration::from_secs(24 * 3600);
/// How long it remembers who read.
const INACTIVE_AFTER: Duration = Duration::from_secs(60);

/// The cursor is the stream's sequence.
// #region read
pub async fn read_nats(
    url: &Url,
    cursor: u64,
    limit: usize,
) -> Result<TopicPage> {
    let read = async {
        let (_, stream) = open(url).await?;

        // #step Ask for what is there, so that nothing waits
        let config = consumer_config(cursor);
        let consumer = stream.create_consumer(config).await?;
        let pending = consumer.cached_info().num_pending;
        let due = limit.min(pending as usize);

        // #step Take that many, and the last one's sequence
        let mut page = TopicPage { messages: vec![], cursor };
        if due == 0 {
            return Ok(page);
        }
        let batch = consumer.batch().max_messages(due);
        let mut taken =
            batch.expires(TIMEOUT).messages().await?;
        while let Some(message) = taken.try_next().await? {
            page.cursor = message.info()?.stream_sequence;
            page.messages.push(message_of(message));
        }
        Ok(page)
    };
    read.await.map_err(no_answer)
}
// #endregion read

// #region publish
pub async fn publish_nats(
    url: &Url,
    messages: &[Message],
) -> Result<()> {
    let published = async {
        let (js, _) = open(url).await?;
        for Message { id, body } in messages.iter().cloned() {
            // #step The broker drops an id that it knows
            let id: HeaderValue = id.parse()?;
            let message = PublishMessage::build()
                .header(NATS_MESSAGE_ID, id)
                .payload(body.into());
            let subject = subject_of(url).to_owned();
            js.send_publish(subject, message).await?.await?;
        }
        Ok(())
    };
    published.await.map_err(no_answer)
}
// #endregion publish

/// Connects, and makes sure that the stream is there. The connection is closed when both are dropped.
async fn open(url: &Url) -> Result<(Context, Stream), Error> {
    let address =
        &url[Position::BeforeHost..Position::AfterPort];
    let client = ConnectOptions::new()
        .user_and_password(
            decoded(url.username()),
            decoded(url.password().unwrap_or_default()),
        )
        .connection_timeout(TIMEOUT)
        .max_reconnects(1)
        .connect(address)
        .await?;
    let js = jetstream::new(client);
    let subject = subject_of(url);
    let stream = js
        .create_stream(stream::Config {
            name: subject.replace('.', "_"),
            subjects: vec![subject.to_owned()],
            duplicate_window: DEDUPLICATION_WINDOW,
            ..Default::default()
        })
        .await?;
    Ok((js, stream))
}

/// A reader that starts behind `cursor`, and of which nothing stays.
fn consumer_config(cursor: u64) -> pull::Config {
    pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence {
            start_sequence: cursor + 1,
        },
        ack_policy: AckPolicy::None,
        memory_storage: true,
        inactive_threshold: INACTIVE_AFTER,
        ..Default::default()
    }
}

fn message_of(message: jetstream::Message) -> Message {
    let id = message
        .headers
        .as_ref()
        .and_then(|headers| headers.get(NATS_MESSAGE_ID))
        .map_or_else(String::new, ToString::to_string);
    let body = String::from_utf8_lossy(&message.payload);
    Message { id, body: body.into_owned() }
}

fn subject_of(url: &Url) -> &str {
    url.path().trim_start_matches('/')
}

fn decoded(text: &str) -> String {
    percent_decode_str(text)
        .decode_utf8()
        .map_or_else(|_| text.to_owned(), Cow::into_owned)
}

fn no_answer(_: Error) -> ApplicationFailure {
    unavailable("broker did not answer")
}
