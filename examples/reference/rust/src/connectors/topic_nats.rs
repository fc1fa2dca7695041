//! NATS JetStream: a topic is a stream of one subject, `nats://host:port/<subject>`.
use std::{
    borrow::Cow,
    future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_nats::{
    ConnectError, ConnectErrorKind, ConnectOptions, Error,
    Event,
    header::NATS_MESSAGE_ID,
    jetstream::{
        self, Context,
        consumer::{AckPolicy, DeliverPolicy, pull},
        context::GetStreamByNameErrorKind,
        message::PublishMessage,
        stream::{self, Stream},
    },
};
use futures::TryStreamExt;
use percent_encoding::{AsciiSet, utf8_percent_encode};
use url::{Position, Url};

use super::{
    address::decoded,
    connection::RESERVED,
    failures::{Result, invalid_input, unavailable},
    topic::{Message, NO_MESSAGE, TopicPage},
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
    let broker = Broker::default();
    let read = async {
        let (_, stream) = broker.open(url).await?;

        // #step Ask for what is there, so that nothing waits
        let config = consumer_config(url, cursor);
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
            let message = message_of(message, page.cursor);
            page.messages.push(message);
        }
        Ok(page)
    };
    broker.judge(read.await)
}
// #endregion read

// #region publish
pub async fn publish_nats(
    url: &Url,
    messages: &[Message],
) -> Result<()> {
    let broker = Broker::default();
    let published = async {
        let (js, _) = broker.open(url).await?;
        for Message { id, body, .. } in messages {
            // #step The broker drops an id that it knows
            let mut message = PublishMessage::build()
                .payload(body.clone().into());
            if !id.is_empty() {
                message = message.message_id(to_header(id));
            }
            let subject = subject_of(url).to_owned();
            js.send_publish(subject, message).await?.await?;
        }
        Ok(())
    };
    broker.judge(published.await)
}
// #endregion publish

/// A broker, and whether it refused the user something: it says so aside, and then does not answer.
#[derive(Default)]
struct Broker {
    denied: Arc<AtomicBool>,
}

impl Broker {
    /// Connects, and makes sure that a stream is there. The connection is closed when both are dropped.
    async fn open(
        &self,
        url: &Url,
    ) -> Result<(Context, Stream), Error> {
        let address =
            &url[Position::BeforeHost..Position::AfterPort];
        let denied = self.denied.clone();
        let client = ConnectOptions::new()
            .user_and_password(
                decoded(url.username()).unwrap_or_default(),
                decoded(url.password().unwrap_or_default())
                    .unwrap_or_default(),
            )
            .connection_timeout(TIMEOUT)
            .max_reconnects(1)
            // A cluster tells of others: they are not listed.
            .ignore_discovered_servers()
            .event_callback(move |event| {
                if is_denial(&event) {
                    denied.store(true, Ordering::Relaxed);
                }
                future::ready(())
            })
            .connect(address)
            .await
            .inspect_err(|error| self.note(error))?;
        let js = jetstream::new(client);
        let stream = stream_of(&js, subject_of(url)).await?;
        Ok((js, stream))
    }

    fn note(&self, error: &ConnectError) {
        if let ConnectErrorKind::Authentication
        | ConnectErrorKind::AuthorizationViolation =
            error.kind()
        {
            self.denied.store(true, Ordering::Relaxed);
        }
    }

    fn judge<T>(&self, result: Result<T, Error>) -> Result<T> {
        result.map_err(|_| {
            if self.denied.load(Ordering::Relaxed) {
                invalid_input("broker refused the user")
            } else {
                unavailable("broker did not answer")
            }
        })
    }
}

fn is_denial(event: &Event) -> bool {
    let Event::ServerError(error) = event else { return false };
    let words = error.to_string().to_ascii_lowercase();
    words.contains("permissions violation")
        || words.contains("authorization violation")
}

/// The stream that holds the subject; a new one only where there is none.
async fn stream_of(
    js: &Context,
    subject: &str,
) -> Result<Stream, Error> {
    match js.stream_by_subject(subject).await {
        Ok(name) => return Ok(js.get_stream(name).await?),
        Err(error) => match error.kind() {
            GetStreamByNameErrorKind::NotFound => {}
            _ => return Err(error.into()),
        },
    }
    let stream = js.create_stream(stream::Config {
        name: subject.replace('.', "_"),
        subjects: vec![subject.to_owned()],
        duplicate_window: DEDUPLICATION_WINDOW,
        ..Default::default()
    });
    Ok(stream.await?)
}

/// A reader that starts behind `cursor`, and of which nothing stays.
fn consumer_config(url: &Url, cursor: u64) -> pull::Config {
    pull::Config {
        filter_subject: subject_of(url).to_owned(),
        deliver_policy: DeliverPolicy::ByStartSequence {
            start_sequence: cursor + 1,
        },
        ack_policy: AckPolicy::None,
        memory_storage: true,
        inactive_threshold: INACTIVE_AFTER,
        ..Default::default()
    }
}

fn message_of(
    message: jetstream::Message,
    sequence: u64,
) -> Message {
    let id = message
        .headers
        .as_ref()
        .and_then(|headers| headers.get(NATS_MESSAGE_ID))
        .map(ToString::to_string)
        .filter(|id| !id.is_empty())
        .unwrap_or_else(|| format!("@{sequence}"));
    let body = String::from_utf8_lossy(&message.payload);
    let fault = match body {
        Cow::Borrowed(_) => None,
        Cow::Owned(_) => Some(NO_MESSAGE.to_owned()),
    };
    Message { id, body: body.into_owned(), fault }
}

/// An id that a header has room for: one that it cannot hold is percent-encoded.
fn to_header(id: &str) -> String {
    if id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return id.to_owned();
    }
    utf8_percent_encode(id, NO_HEADER).to_string()
}

/// What is encoded in an id.
const NO_HEADER: &AsciiSet =
    &RESERVED.remove(b'/').remove(b':').remove(b'@');

fn subject_of(url: &Url) -> &str {
    url.path().trim_start_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_fits_into_a_header() {
        let id = "s/2013-01-01T10:00:00Z/EWR";
        assert_eq!(to_header(id), id);
        assert_eq!(to_header("@7%"), "@7%");
        assert_eq!(
            to_header("a\r\n b%é/:@~"),
            "a%0D%0A%20b%25%C3%A9/:@~"
        );
    }
}
