package hub

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/mqtt"
)

// ErrOptions is what [New] and [ParseListen] wrap when they are told nonsense.
var ErrOptions = errors.New("cannot be the hub")

// pending is how many messages wait for a client that does not read before
// further ones are dropped, beside the broker's 1 MiB. They cost each connection
// 8 KiB, also when it is idle.
const pending = 1024

// Options say how a hub behaves. Only Listen has no usable zero value.
type Options struct {
	// Listen is where devices connect: at least one place.
	Listen []Listen
	// Users says who may do what. Nil: everybody may everything. See
	// [Hub.SetUsers].
	Users *Users
	// MaxPayload limits a payload, in bytes. A client that publishes a larger one
	// is disconnected: in MQTT 5 with the reason "Packet too large", having been
	// told at its connect how long a packet may be; MQTT 3.1.1 has no word for it.
	// 0: broker.DefaultMaxMessageBytes, 256 MiB.
	MaxPayload int
	// Deliveries adds a note for each delivery of a message to a client.
	Deliveries bool
	// Retained is what is retained at the start. It stands at the head of the
	// tape.
	Retained []mqtt.Message
	// Log is told who was refused, what was dropped and what fails. Nil: nobody
	// is.
	Log *slog.Logger
}

func (o Options) withDefaults() (Options, error) {
	if len(o.Listen) == 0 {
		return o, fmt.Errorf("%w: there is no address to listen on", ErrOptions)
	}
	for _, l := range o.Listen {
		if l.Secure && l.TLS == nil {
			return o, fmt.Errorf("%w: %q is to be encrypted, and there is no certificate: give one with its key", ErrOptions, l.Address)
		}
	}
	if o.MaxPayload < 0 || o.MaxPayload > broker.DefaultMaxMessageBytes {
		return o, fmt.Errorf("%w: a payload of at most %d bytes cannot be: give 0 to %d", ErrOptions, o.MaxPayload, broker.DefaultMaxMessageBytes)
	}
	for _, m := range o.Retained {
		if err := mqtt.ValidateTopic(m.Topic); err != nil {
			return o, fmt.Errorf("%w: a message that is retained at the start: %w", ErrOptions, err)
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
