package recorder

import (
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/mqtt"
)

// Query says which records of a tape are wanted. The zero value: all.
type Query struct {
	// From is the first offset that is wanted.
	From time.Duration
	// Until is the last offset that is wanted, that instant included; 0 or
	// less: up to the end of the tape.
	Until time.Duration
	// Topics are the topics that are wanted. With an Include, records without a
	// topic (gaps, notes, connects) are not wanted. The filter of a subscribe
	// record counts as its topic.
	Topics mqtt.Selection
	// Kinds are the kinds that are wanted; none: all. See [MessageKinds].
	Kinds []Kind
	// Transient lets the cursor use its memory again: payloads are valid only
	// until the next call of Next. A scan then makes no garbage at all.
	Transient bool
}

// ErrQuery is what [Cursor.Err] wraps when a query makes no sense.
var ErrQuery = errors.New("bad query")

// Validate returns an error that wraps ErrQuery, or mqtt.ErrFilter, when no
// record can ever match as the query is written.
func (q Query) Validate() error {
	if q.Until > 0 && q.Until < q.From {
		return fmt.Errorf("%w: it ends at %v, before it begins at %v", ErrQuery, q.Until, q.From)
	}
	for _, k := range q.Kinds {
		if !k.Valid() {
			return fmt.Errorf("%w: %w: %d", ErrQuery, ErrKind, k)
		}
	}
	return q.Topics.Validate()
}

// all reports whether every topic, and no topic, is wanted.
func (q Query) allTopics() bool { return len(q.Topics.Include)+len(q.Topics.Exclude) == 0 }

// hasTopic is Selection.Has with the rule for records without a topic.
func (q Query) hasTopic(topic string) bool {
	if topic == "" {
		return len(q.Topics.Include) == 0
	}
	return q.Topics.Has(topic)
}

func (q Query) kindMask() uint16 {
	if len(q.Kinds) == 0 {
		return ^uint16(0)
	}
	var m uint16
	for _, k := range q.Kinds {
		m |= 1 << k
	}
	return m
}

// Matches reports whether a record is wanted.
func (q Query) Matches(r *Record) bool {
	return r.At >= q.From && (q.Until <= 0 || r.At <= q.Until) &&
		q.kindMask()&(1<<r.Kind) != 0 && q.hasTopic(r.Topic)
}
