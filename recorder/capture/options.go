package capture

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
)

// ErrOptions is what [New] wraps when it is told nonsense.
var ErrOptions = errors.New("cannot record")

// Broker is one to record from.
type Broker struct {
	// Connection says where it is and who we are. Its OnMessage and OnLost are
	// set by the capture.
	Connection conn.Options
	// Name stands in the reasons of gaps; with several brokers they should have
	// one each.
	Name string
	// Prefix is put before its topics on the tape, to tell hubs apart.
	Prefix string
}

// Options say what is recorded, and from where.
type Options struct {
	Brokers []Broker
	// Topics are the filters to subscribe to; none: "#". One that another covers
	// is left out. Where two overlap without that, as "a/+" and "+/b" do, some
	// brokers send a message twice.
	Topics []string
	// Exclude are filters of topics that are not kept, as the broker has them.
	Exclude []string
	// QoS is the one to subscribe with; a message is kept with the QoS it came.
	QoS byte
	// Log is told of connections; nil: nobody is.
	Log *slog.Logger

	retryFirst, retryMost time.Duration // pauses before a lost broker is dialled again, for tests
}

// Pauses before a lost broker is dialled again: from the first to the longest,
// each twice the one before.
const (
	retryFirst = 250 * time.Millisecond
	retryMost  = 10 * time.Second
)

func (o Options) withDefaults() (Options, error) {
	if len(o.Brokers) == 0 {
		return o, fmt.Errorf("%w: there is no broker to record from", ErrOptions)
	}
	for _, b := range o.Brokers {
		if _, err := conn.Parse(b.Connection.Broker); err != nil {
			return o, fmt.Errorf("%w: %w", ErrOptions, err)
		}
		if b.Prefix != "" && mqtt.ValidateTopic(b.Prefix+"x") != nil {
			return o, fmt.Errorf("%w: %q cannot stand before a topic", ErrOptions, b.Prefix)
		}
	}
	if len(o.Topics) == 0 {
		o.Topics = []string{"#"}
	}
	if err := (mqtt.Selection{Include: o.Topics, Exclude: o.Exclude}).Validate(); err != nil {
		return o, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	if o.QoS > 2 {
		return o, fmt.Errorf("%w: QoS %d is none of 0, 1 and 2", ErrOptions, o.QoS)
	}
	o.Topics = uncovered(o.Topics)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.retryFirst == 0 {
		o.retryFirst, o.retryMost = retryFirst, retryMost
	}
	return o, nil
}

// uncovered leaves out filters of which another one matches every topic: a
// broker may send a message once for each filter that matches [MQTT-3.3.5-1].
func uncovered(filters []string) (out []string) {
	for i, f := range filters {
		covered := false
		for j, other := range filters {
			// A filter read as a topic is matched by those that cover it; of two
			// that say the same the first stays.
			covers := i != j && mqtt.Covers(other, f)
			covered = covered || (covers && (!mqtt.Covers(f, other) || j < i))
		}
		if !covered {
			out = append(out, f)
		}
	}
	return out
}

// Validate returns the error that [New] would.
func (o Options) Validate() error {
	_, err := o.withDefaults()
	return err
}
