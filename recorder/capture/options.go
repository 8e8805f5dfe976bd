package capture

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/hubtape/hubtape/mqtt"
)

// ErrOptions is what [New] and [ParseBroker] wrap when they are told nonsense.
var ErrOptions = errors.New("cannot record")

// ErrConnect is what [Capture.Serve] wraps when the first connection or
// subscription fails.
var ErrConnect = errors.New("no connection to the broker")

// Options say what is recorded, and from where.
type Options struct {
	// Broker is where it listens: mqtt://, mqtts://, ws:// or wss://, with a
	// host, and a port where it is not the usual one. A user and a password in
	// it are used unless User and Password are set.
	Broker   string
	User     string
	Password string
	// ClientID is how the recorder calls itself; "": "hubtape-" and a number
	// drawn for each run.
	ClientID string
	// TLS is used for mqtts and wss; nil: the system's certificates.
	TLS *tls.Config

	// Topics are the filters to subscribe to; none: "#". Where two of them
	// match one topic, some brokers send a message twice.
	Topics []string
	// Exclude are filters of topics that are not kept.
	Exclude []string
	// QoS is the one to subscribe with; a message is kept with the QoS it came.
	QoS byte

	// Start is offset 0 of the tape, the time that the Writer was created with,
	// with its monotonic reading; the zero Time: when Serve is called.
	Start time.Time
	// TimeScale is how many times as fast as real time the hub's clock runs,
	// when a simulated hub is recorded: offsets and wall times are the hub's.
	// 0: 1.
	TimeScale int
	// Date is what the hub's clock shows at Start; the zero Time: Start.
	Date time.Time
	// FlushEvery is how often records are made to outlive a kill; 0: 1 s.
	FlushEvery time.Duration
	// SyncEvery is how often they are made to outlive a power cut; 0: 20 s.
	SyncEvery time.Duration
	// QueueBytes bounds the memory of messages that are not yet written; when
	// it is full the broker is made to wait. 0: 64 MiB.
	QueueBytes int
	// ConnectTimeout is for the first connection and subscription; 0: 10 s.
	ConnectTimeout time.Duration
	// Log is told of connections; nil: nobody is.
	Log *slog.Logger
}

// Validate returns the error that [New] would.
func (o Options) Validate() error {
	_, err := o.withDefaults()
	return err
}

func (o Options) withDefaults() (Options, error) {
	u, err := ParseBroker(o.Broker)
	if err != nil {
		return o, err
	}
	if u.User != nil && o.User == "" {
		o.User = u.User.Username()
	}
	if p, ok := u.User.Password(); ok && o.Password == "" {
		o.Password = p
	}
	u.User = nil
	o.Broker = u.String()
	if len(o.Topics) == 0 {
		o.Topics = []string{"#"}
	}
	if err := (mqtt.Selection{Include: o.Topics, Exclude: o.Exclude}).Validate(); err != nil {
		return o, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	if o.QoS > 2 {
		return o, fmt.Errorf("%w: QoS %d is none of 0, 1 and 2", ErrOptions, o.QoS)
	}
	if o.TimeScale < 0 {
		return o, fmt.Errorf("%w: a hub's clock that runs %d times as fast as real time cannot be", ErrOptions, o.TimeScale)
	}
	pick(&o.TimeScale, 1)
	pick(&o.FlushEvery, time.Second)
	pick(&o.SyncEvery, 20*time.Second)
	pick(&o.QueueBytes, 64<<20)
	pick(&o.ConnectTimeout, 10*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

func pick[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

var ports = map[string]string{"mqtt": "1883", "tcp": "1883", "mqtts": "8883", "ssl": "8883", "ws": "80", "wss": "443"}

// ParseBroker reads the address of a broker and gives it a port if it has none.
func ParseBroker(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err // without the address: it may hold a password
		}
		return nil, fmt.Errorf("%w: the broker's address cannot be read: %w; write it like mqtt://hub:1883", ErrOptions, err)
	}
	port, ok := ports[u.Scheme]
	if !ok || u.Hostname() == "" {
		return nil, fmt.Errorf("%w: %q is no broker's address; write it like mqtt://hub:1883, with mqtt, mqtts, ws or wss", ErrOptions, u.Redacted())
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(strings.Trim(u.Host, "[]"), port)
	}
	return u, nil
}
