package connectors

import (
	"context"
	"net/url"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// Topics: ordered messages that are read from a cursor and published once, whatever the broker.

// Message is one message. Publishing a second one of the same ID changes nothing. Fault is why it
// could not be read as a message; Body is then the beginning of what was there.
type Message struct {
	ID    string `json:"id"`
	Body  string `json:"body"`
	Fault string `json:"fault,omitempty"`
}

// TopicPage is some messages of a topic, and the broker's sequence to go on behind.
type TopicPage struct {
	Messages []Message
	Cursor   int64
}

// broker is what a topic can be on.
type broker struct {
	read func(
		ctx context.Context, topic *url.URL, cursor int64, limit int,
	) (TopicPage, error)
	publish func(
		ctx context.Context, topic *url.URL, messages []Message,
	) error
}

var brokers = map[string]broker{
	"nats": {readNATS, publishNATS},
	"file": {readFileTopic, publishFile},
}

// topicURL resolves the URL of a topic.
func topicURL(topic string) (*url.URL, error) {
	address, err := resolve(topic, false, "nats", "file")
	return address.URL, err
}

// #region read

// ReadTopic returns at most so many messages behind the cursor;
// none when nothing is new. It never waits for more.
func ReadTopic(
	ctx context.Context, topic string, cursor int64, limit int,
) (TopicPage, error) {
	// #step The scheme says which broker
	address, err := topicURL(topic)
	if err != nil {
		return TopicPage{}, err
	}
	read := brokers[address.Scheme].read

	// #step Bounded: a cursor to start behind, a limit
	return read(ctx, address, cursor, limit)
}

// #endregion read

// #region publish

// Publish publishes messages in order; those that the topic has
// already are left out.
func Publish(
	ctx context.Context, topic string, messages []Message,
) error {
	// #step Nothing to say: do not connect
	if len(messages) == 0 {
		return nil
	}

	// #step The id of a message is its de-duplication id
	address, err := topicURL(topic)
	if err != nil {
		return err
	}
	publish := brokers[address.Scheme].publish
	return publish(ctx, address, messages)
}

// #endregion publish

// notMessage is the fault of what somebody else put into a topic.
const notMessage = "not a message"

const maxFaulty = 1024

// nameless is the id of a message that came without one: where it is.
func nameless(place int64) string {
	return "@" + strconv.FormatInt(place, 10)
}

// beginning is the text that bytes begin with, at most 1,024 characters. What is no UTF-8 is replaced as
// browsers do it: a sequence that ends too early becomes one character.
func beginning(data []byte) string {
	text, _ := unicode.UTF8.NewDecoder().Bytes(data[:min(len(data), maxFaulty*utf8.UTFMax)])
	characters := []rune(string(text))
	return string(characters[:min(len(characters), maxFaulty)])
}
