package broker

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hubtape/hubtape/mqtt"
)

// listenerInProcess is what mochi calls the listener of clients that came
// through none.
const listenerInProcess = "in-process"

// ConnectOptions say who connects. The zero value is a client with an id of the
// broker's choice and a session that ends with its connection.
type ConnectOptions struct {
	// ClientID names the client. Empty: "auto-1", "auto-2" and so on
	// [MQTT-3.1.3-6].
	ClientID string
	// Persistent is MQTT's clean session turned round: an earlier persistent
	// session is resumed, and this one outlives its connection. It needs a
	// ClientID [MQTT-3.1.3-7].
	Persistent bool
	// Will is published when the connection is lost or taken over.
	Will *mqtt.Message
	// Wake is called when the session's queue goes from empty to not empty,
	// when messages are waiting at Connect, and when the session is ended by
	// anything but Disconnect. It only flags (a clock.Signal's Set will do) and
	// must not call the broker. Nil: the owner looks by itself.
	Wake func()
	// User is whom Options.Auth is asked about; no password is checked. Empty:
	// the session may do everything.
	User string
	// Source is a tag for the tap, such as "apps.hall". The broker gives it no
	// meaning.
	Source string
}

// Connect starts a session. A client id that an in-process session uses is
// taken over: that session ends with ErrTakenOver and its will is published
// [MQTT-3.1.4-2]. Errors wrap ErrClientID, ErrInUse, ErrClosed, or say what is
// wrong with the will.
func (b *Broker) Connect(o ConnectOptions) (*Session, error) {
	s, err := b.connect(o)
	if err != nil {
		return nil, fmt.Errorf("client %q cannot connect: %w", o.ClientID, err)
	}
	return s, nil
}

func (b *Broker) connect(o ConnectOptions) (*Session, error) {
	if err := checkClientID(o); err != nil {
		return nil, err
	}
	if err := b.enter(); err != nil {
		return nil, err
	}
	defer b.leave()
	if o.ClientID == "" {
		o.ClientID = b.chooseID()
	}
	will, err := b.checkWill(o)
	if err != nil {
		return nil, err
	}
	c, present, err := b.takeOver(o)
	if err != nil {
		return nil, err
	}
	c.user, c.source, c.guarded = o.User, o.Source, o.User != "" && b.auth != nil
	c.persistent, c.will, c.wake = o.Persistent, will, o.Wake
	c.mochi.Properties.Username = []byte(o.User)
	c.mochi.Properties.Clean = !o.Persistent
	s := &Session{b: b, client: c, present: present}
	c.conn = s
	if b.tap != nil {
		b.emit(Event{Kind: KindConnect, Client: c.id, Source: c.source, Persistent: o.Persistent, Present: present})
	}
	if c.queue.size > 0 && c.wake != nil {
		c.wake()
	}
	return s, nil
}

// takeOver ends what else uses the client id and returns the client to connect,
// new or with the state of an earlier persistent session.
func (b *Broker) takeOver(o ConnectOptions) (c *client, present bool, err error) {
	old := b.clients[o.ClientID]
	if old != nil {
		if old.conn != nil {
			b.endConnection(old, ErrTakenOver, "another session took over the client id")
		}
		resume := old.persistent && o.Persistent
		if !resume {
			b.forget(old) // [MQTT-3.1.2-6]
		}
		b.sendWill(old)
		if resume {
			return old, true, nil // [MQTT-3.1.2-4]
		}
	}
	if !b.edge.names.reserve(o.ClientID) {
		return nil, false, ErrInUse
	}
	c = &client{id: o.ClientID, mochi: b.server.NewClient(nil, listenerInProcess, o.ClientID, true)}
	b.clients[c.id] = c
	b.order = append(b.order, c)
	return c, false, nil
}

func (b *Broker) chooseID() string {
	for {
		b.anon++
		if id := fmt.Sprintf("auto-%d", b.anon); b.clients[id] == nil && !b.edge.names.onNetwork(id) {
			return id
		}
	}
}

func checkClientID(o ConnectOptions) error {
	switch {
	case o.ClientID == "" && o.Persistent: // [MQTT-3.1.3-8]
		return fmt.Errorf("%w: a persistent session needs one", ErrClientID)
	case len(o.ClientID) > 65535:
		return fmt.Errorf("%w: it is longer than 65,535 bytes", ErrClientID)
	case !utf8.ValidString(o.ClientID) || strings.IndexByte(o.ClientID, 0) >= 0: // [MQTT-3.1.3-4]
		return fmt.Errorf("%w: it must be UTF-8 without NUL", ErrClientID)
	}
	return nil
}

// checkWill returns a copy of the will that its owner cannot change.
func (b *Broker) checkWill(o ConnectOptions) (*mqtt.Message, error) {
	if o.Will == nil {
		return nil, nil
	}
	will := *o.Will
	will.Dup = false
	will.Payload = slices.Clone(will.Payload)
	c := &client{id: o.ClientID, user: o.User, guarded: o.User != "" && b.auth != nil}
	if err := b.checkPublish(c, &will); err != nil {
		return nil, fmt.Errorf("with the will on %q: %w", will.Topic, err)
	}
	return &will, nil
}
