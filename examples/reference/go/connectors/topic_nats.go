package connectors

import (
	"context"
	"net/url"
	"strings"
	"time"

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
	err := withBroker(topic, func(js jetstream.JetStream) error {
		ctx, cancel := context.WithTimeout(ctx, natsSessionTimeout)
		defer cancel()
		subject := strings.TrimPrefix(topic.Path, "/")
		name := strings.ReplaceAll(subject, ".", "_")
		// Making a stream again, and alike, changes nothing.
		_, err := js.CreateStream(ctx, jetstream.StreamConfig{
			Name:       name,
			Subjects:   []string{subject},
			Duplicates: deduplicationWindow,
		})
		if err != nil {
			return err
		}
		return use(ctx, stream{js, name, subject})
	})
	if err != nil {
		return Unavailable("broker did not answer")
	}
	return nil
}

func withBroker(topic *url.URL, use func(jetstream.JetStream) error) error {
	password, _ := topic.User.Password()
	connection, err := nats.Connect(topic.Host,
		nats.UserInfo(topic.User.Username(), password),
		nats.Timeout(natsConnectTimeout), nats.NoReconnect())
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
	}
	read := func(
		ctx context.Context, consumer jetstream.Consumer,
	) error {
		pending := consumer.CachedInfo().NumPending
		due := min(int(pending), limit)

		// #step Take that many, and the last one's sequence
		taken, err := fetch(ctx, consumer, due)
		for _, message := range taken {
			id := message.Headers().Get(jetstream.MsgIDHeader)
			body := string(message.Data())
			page.Messages = append(
				page.Messages, Message{Body: body, ID: id})
			page.Cursor = sequenceOf(message)
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
				[]byte(message.Body),
				jetstream.WithMsgID(message.ID))
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

// fetch gets so many messages, which are there.
func fetch(ctx context.Context, consumer jetstream.Consumer, due int) ([]jetstream.Msg, error) {
	if due == 0 {
		return nil, nil
	}
	batch, err := consumer.Fetch(due, jetstream.FetchContext(ctx))
	if err != nil {
		return nil, err
	}
	var taken []jetstream.Msg
	for message := range batch.Messages() {
		taken = append(taken, message)
	}
	return taken, batch.Error()
}

// sequenceOf is the place of a message in its stream.
func sequenceOf(message jetstream.Msg) int64 {
	// What was fetched from a stream always has it.
	metadata, err := message.Metadata()
	if err != nil {
		panic(err)
	}
	return int64(metadata.Sequence.Stream)
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
