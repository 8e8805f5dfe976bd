package core

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

// App is an automation. One value is started once.
type App interface {
	// Start subscribes, starts timers and returns; what happens later happens
	// in handlers and callbacks on env.Loop. An error ends the app. It runs on
	// the app's own task, and may wait there.
	Start(env *Env) error
}

// Stopper is an App that wants to say goodbye: Stop runs on the app's task,
// with the link still up, when the app ends in an orderly way.
type Stopper interface{ Stop() }

// Connector is an App that makes its own connections, with Env.Dial: several, or
// to other brokers, or some that may fail at first. It has no Env.Link.
type Connector interface {
	App
	// ConnectsItself does nothing; it is there to say so.
	ConnectsItself()
}

// AppFunc makes a function an App.
type AppFunc func(env *Env) error

// Start calls the function.
func (f AppFunc) Start(env *Env) error { return f(env) }

// Env is what an App is given of the world.
type Env struct {
	Name    string        // the app's name, and its client id
	Runtime clock.Runtime // time and tasks
	Loop    *loop.Loop    // where handlers and timers run
	Link    *link.Link    // the broker; nil for a Connector
	Log     *slog.Logger  // records carry the runtime's wall time
	seed    uint64
	streams map[string]*rand.Rand // only looked up in
	fail    func(error)
	dial    func(link.DialOptions, func()) (link.Transport, error)
}

// Now is the monotonic time since the runtime's start.
func (e *Env) Now() time.Duration { return e.Runtime.Now() }

// Wall is the date, in the runtime's zone.
func (e *Env) Wall() time.Time { return e.Runtime.Wall() }

// Rand returns the app's own stream of random numbers of that name: the same in
// every run with the same seed, whatever else draws. Called again it returns the
// same stream, which goes on.
func (e *Env) Rand(name string) *rand.Rand {
	stream, ok := e.streams[name]
	if !ok {
		stream = Stream(e.seed, e.Name+"/"+name)
		e.streams[name] = stream
	}
	return stream
}

// Dial makes a further connection, under a client id of its own; link.New
// documents the wake function. Where the options name no broker it is the app's.
// It may take as long as they say: a task calls it in Runtime.Blocking. In a
// simulated world there is one broker, whatever the options name.
func (e *Env) Dial(o link.DialOptions, wake func()) (link.Transport, error) {
	return e.dial(o, wake)
}

// errNoLink is what a Connector gets that uses the link it does not have.
var errNoLink = errors.New("the app is a Connector and has no Link: use what Env.Dial returned")

// Subscribe is Link.Subscribe at QoS 0, for as long as the app runs.
func (e *Env) Subscribe(filter string, handler link.Handler) error {
	if e.Link == nil {
		return fmt.Errorf("subscribe to %q: %w", filter, errNoLink)
	}
	_, err := e.Link.Subscribe(filter, 0, handler)
	return err
}

// Publish publishes at QoS 0, not retained. A string or []byte payload is sent
// as it is, nil as an empty payload, anything else as JSON. What cannot be
// sent is logged, as with Send.
func (e *Env) Publish(topic string, payload any) {
	body, err := encode(payload)
	if err != nil {
		e.Log.Error("publish", "topic", topic, "error", err)
		return
	}
	e.Send(mqtt.Message{Topic: topic, Payload: body})
}

// Send publishes a message with the QoS and retain flag it has. One that cannot
// be sent is logged: to act on it, use Link.Publish.
func (e *Env) Send(m mqtt.Message) {
	if e.Link == nil {
		e.Log.Error("publish", "topic", m.Topic, "error", errNoLink)
		return
	}
	if err := e.Link.Publish(m); err != nil {
		e.Log.Error("publish", "topic", m.Topic, "error", err)
	}
}

// Fail ends the app with an error, as a failing Start does. The callback that
// calls it still returns.
func (e *Env) Fail(err error) { e.fail(err) }

func encode(payload any) ([]byte, error) {
	switch p := payload.(type) {
	case nil:
		return nil, nil
	case []byte:
		return p, nil
	case string:
		return []byte(p), nil
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("payload as JSON: %w", err)
	}
	return body, nil
}
