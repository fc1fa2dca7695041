package connectors

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// NATS JetStream: a topic is a stream of one subject, nats://host:port/<subject>.

const (
	natsConnectTimeout = 10 * time.Second
	// natsSessionTimeout bounds all that is said after that: together they are less than an activity has.
	natsSessionTimeout = 40 * time.Second
	// deduplicationWindow is how long the broker knows an id.
	deduplicationWindow = 24 * time.Hour
)

// stream is a stream on a broker that is connected.
type stream struct {
	js            jetstream.JetStream
	name, subject string
}

// withStream connects, makes sure that the stream is there, runs use, closes.
func withStream(
	ctx context.Context, topic *url.URL, use func(context.Context, stream) error,
) error {
	ctx, refuse := context.WithCancelCause(ctx)
	defer refuse(nil)
	err := withBroker(topic, refuse, func(js jetstream.JetStream) error {
		ctx, cancel := context.WithTimeout(ctx, natsSessionTimeout)
		defer cancel()
		subject := subjectOf(topic)
		name, err := streamOf(ctx, js, subject)
		if err != nil {
			return err
		}
		return use(ctx, stream{js, name, subject})
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrAuthorization), errors.Is(context.Cause(ctx), nats.ErrPermissionViolation):
		return InvalidInput("broker refused the user")
	}
	return Unavailable("broker did not answer")
}

// withBroker tells refuse what the user may not do: the broker says so, but not as an answer.
func withBroker(
	topic *url.URL, refuse context.CancelCauseFunc, use func(jetstream.JetStream) error,
) error {
	password, _ := topic.User.Password()
	connection, err := nats.Connect(topic.Host,
		nats.UserInfo(topic.User.Username(), password),
		nats.Timeout(natsConnectTimeout), nats.NoReconnect(),
		// A cluster tells of its other servers: our user and password are for the one of the URL.
		nats.IgnoreDiscoveredServers(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrPermissionViolation) {
				refuse(err)
			}
		}))
	if err != nil {
		return err
	}
	defer connection.Close()
	js, err := jetstream.New(connection)
	if err != nil {
		return err
	}
	return use(js)
}

// streamOf is the stream that holds a subject, whoever made it; only where there is none, it is made.
func streamOf(ctx context.Context, js jetstream.JetStream, subject string) (name string, err error) {
	name, err = js.StreamNameBySubject(ctx, subject)
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return name, err
	}
	name = strings.ReplaceAll(subject, ".", "_")
	// Making a stream again, and alike, changes nothing.
	_, err = js.CreateStream(ctx, jetstream.StreamConfig{
		Name:       name,
		Subjects:   []string{subject},
		Duplicates: deduplicationWindow,
	})
	return name, err
}

// #region read

// readNATS has the stream's sequence for a cursor.
func readNATS(
	ctx context.Context, topic *url.URL, cursor int64, limit int,
) (TopicPage, error) {
	// #step Ask for what is there, so that nothing waits
	page := TopicPage{Cursor: cursor}
	config := jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:   uint64(cursor) + 1,
		AckPolicy:     jetstream.AckNonePolicy,
		FilterSubject: subjectOf(topic),
	}
	read := func(
		ctx context.Context, consumer jetstream.Consumer,
	) error {
		pending := consumer.CachedInfo().NumPending
		due := min(int(pending), limit)

		// #step Take that many, and the last one's sequence
		taken, err := fetch(ctx, consumer, due)
		for _, message := range taken {
			page.Cursor = message.sequence
			page.Messages = append(page.Messages,
				received(message))
		}
		return err
	}
	err := withConsumer(ctx, topic, config, read)
	return page, err
}

// #endregion read

// #region publish

func publishNATS(
	ctx context.Context, topic *url.URL, messages []Message,
) error {
	return withStream(ctx, topic, func(
		ctx context.Context, to stream,
	) error {
		return each(messages, func(message Message) error {
			// #step The broker drops an id that it knows
			_, err := to.js.Publish(ctx, to.subject,
				[]byte(message.Body), known(message.ID)...)
			return err
		})
	})
}

// #endregion publish

// withConsumer runs use with a consumer of the topic's stream.
func withConsumer(
	ctx context.Context, topic *url.URL, config jetstream.ConsumerConfig,
	use func(context.Context, jetstream.Consumer) error,
) error {
	return withStream(ctx, topic, func(ctx context.Context, from stream) error {
		consumer, err := from.js.CreateConsumer(ctx, from.name, config)
		if err != nil {
			return err
		}
		return use(ctx, consumer)
	})
}

// delivery is a message, and its place in the stream.
type delivery struct {
	jetstream.Msg
	sequence int64
}

// fetch gets so many messages, which are there.
func fetch(ctx context.Context, consumer jetstream.Consumer, due int) ([]delivery, error) {
	if due == 0 {
		return nil, nil
	}
	batch, err := consumer.Fetch(due, jetstream.FetchContext(ctx))
	if err != nil {
		return nil, err
	}
	var taken []delivery
	for message := range batch.Messages() {
		place, err := message.Metadata()
		if err != nil {
			return taken, err
		}
		taken = append(taken, delivery{message, int64(place.Sequence.Stream)})
	}
	return taken, batch.Error()
}

// received is a message that has an id, and a body of text.
func received(message delivery) Message {
	id := message.Headers().Get(jetstream.MsgIDHeader)
	if id == "" {
		id = nameless(message.sequence)
	}
	if !utf8.Valid(message.Data()) {
		return Message{ID: id, Body: beginning(message.Data()), Fault: notMessage}
	}
	return Message{ID: id, Body: string(message.Data())}
}

// unheaded is what a header cannot hold as it is, or what would look like an escape.
var unheaded = regexp.MustCompile(`[^A-Za-z0-9\-._~/:@]+`)

// known has the broker know a message by its id; one without an id is never known.
func known(id string) []jetstream.PublishOpt {
	if id == "" {
		return nil
	}
	return []jetstream.PublishOpt{
		jetstream.WithMsgID(unheaded.ReplaceAllStringFunc(id, escaped)),
	}
}

// subjectOf is where a topic's messages are published.
func subjectOf(topic *url.URL) string {
	return strings.TrimPrefix(topic.Path, "/")
}

// each runs use for the messages in order, until one fails.
func each(messages []Message, use func(Message) error) error {
	for _, message := range messages {
		if err := use(message); err != nil {
			return err
		}
	}
	return nil
}
