package conn

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net/url"
	"time"

	"github.com/hubtape/hubtape/mqtt"
)

const (
	defaultKeepAlive = 30 * time.Second
	defaultTimeout   = 10 * time.Second
	maxKeepAlive     = 65535 * time.Second // the wire has 16 bits for it
)

// Options say which broker, who connects, and who is told what comes.
type Options struct {
	// Broker is where it listens: mqtt://, mqtts://, ws:// or wss:// (tcp:// and
	// ssl:// are taken too), see [Parse]. A user and a password in it count where
	// User and Password are empty. For ws and wss its path is kept.
	Broker         string
	User, Password string
	// ClientID is how we call ourselves; "": "hubtape-" and 8 random hex digits.
	ClientID string
	// TLS is used for mqtts and wss; nil: the system's roots. It is not changed.
	TLS *tls.Config
	// Version is MQTT 5 or 3.1.1; Auto: 5, and 3.1.1 where the broker refuses 5.
	Version Version
	// KeepAlive is how long the connection may be silent; full seconds, rounded
	// up, up to 65,535. 0: 30 s. An MQTT 5 broker may ask for another one. A
	// broker from which nothing came for one and a half times that is lost.
	KeepAlive time.Duration
	// Timeout is for one attempt to connect, from the dial to the CONNACK, for
	// the answer to a Subscribe or Unsubscribe, and for Close. 0: 10 s.
	Timeout time.Duration
	// LocalAddr is the address and port of this machine to connect from, as
	// 192.168.1.7:0; "": the system chooses.
	LocalAddr string
	// Will is published by the broker when the connection is lost; nil: nothing.
	// Of its properties it may have those of the user only.
	Will *mqtt.Message
	// OnMessage is called for each message, in the order of the wire, one call at
	// a time; while it blocks nothing more is read (see the package's doc). The
	// message and all in it are the callee's to keep. Nil: messages are dropped.
	OnMessage func(Incoming)
	// OnLost is called once, when the connection has ended by anything but
	// Close, with an error that wraps ErrLost: never before Dial has returned,
	// after the last OnMessage and after the last done. It may call Close. Nil:
	// nobody is told.
	OnLost func(error)
}

// Incoming is a message as it came: QoS, retain and dup are those of the wire.
// A v5 message with any property has Properties.
type Incoming struct {
	mqtt.Message
	// Subscription is the identifier of the subscription that it came for (MQTT
	// 5), the last one where it is for several; 0: none.
	Subscription int
}

func (o Options) withDefaults() (Options, *url.URL, error) {
	u, err := Parse(o.Broker)
	if err != nil {
		return o, nil, err
	}
	if u.User != nil {
		if o.User == "" {
			o.User = u.User.Username()
		}
		if p, ok := u.User.Password(); ok && o.Password == "" {
			o.Password = p
		}
		u.User = nil
	}
	switch {
	case o.Version != Auto && o.Version != V311 && o.Version != V5:
		return o, nil, fmt.Errorf("%w: conn.Options.Version is %s; give Auto, V311 or V5", ErrOptions, o.Version)
	case o.KeepAlive < 0 || o.KeepAlive > maxKeepAlive:
		return o, nil, fmt.Errorf("%w: conn.Options.KeepAlive is %v; give from 1s to 65535s", ErrOptions, o.KeepAlive)
	case o.Timeout < 0:
		return o, nil, fmt.Errorf("%w: conn.Options.Timeout is %v; give more than 0", ErrOptions, o.Timeout)
	case o.Password != "" && o.User == "": // [MQTT-3.1.2-22] of 3.1.1
		return o, nil, fmt.Errorf("%w: there is a password without a user; give the user too", ErrOptions)
	case len(o.User) > maxString || len(o.Password) > maxString || len(o.ClientID) > maxString:
		return o, nil, fmt.Errorf("%w: user, password and client id may have 65,535 bytes each", ErrOptions)
	}
	if o.Will != nil {
		if err := sendable(*o.Will, V5, everything); err != nil {
			return o, nil, fmt.Errorf("%w: conn.Options.Will: %w", ErrOptions, err)
		}
		if p := o.Will.Properties; p != nil && !p.Equal(&mqtt.Properties{User: p.User}) { // the library leaves the others out
			return o, nil, fmt.Errorf("%w: conn.Options.Will: a will can have no properties but those of the user; leave out the others", ErrOptions)
		}
		if len(o.Will.Payload) > maxString { // a will's payload has a length of 16 bits
			return o, nil, fmt.Errorf("%w: conn.Options.Will: its payload is longer than 65,535 bytes", ErrOptions)
		}
	}
	if o.KeepAlive == 0 {
		o.KeepAlive = defaultKeepAlive
	}
	o.KeepAlive = (o.KeepAlive + time.Second - 1).Truncate(time.Second)
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.ClientID == "" {
		var b [4]byte
		_, _ = rand.Read(b[:]) // never fails
		o.ClientID = "hubtape-" + hex.EncodeToString(b[:])
	}
	return o, u, nil
}
