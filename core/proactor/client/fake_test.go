package client_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/client"
	"github.com/hubtape/hubtape/mqtt"
)

var errAway = errors.New("the broker is away")

// fake is a transport that does what a test says.
type fake struct {
	rt        clock.Runtime
	arrivals  []link.Arrival
	wake      func()
	asked     []string // filters and their QoS
	published []string
	refuses   error // what Publish and Subscribe return
	closing   error // what Close returns
	closed    int
	n         int // which attempt made it
}

func (f *fake) ClientID() string { return "fake" }

func (f *fake) Publish(m mqtt.Message) error {
	f.published = append(f.published, m.Topic)
	return f.refuses
}

func (f *fake) Subscribe(filter string, qos byte) error {
	f.asked = append(f.asked, fmt.Sprint(filter, " ", qos))
	return f.refuses
}

func (f *fake) Unsubscribe(string) error { return nil }

func (f *fake) Receive() (link.Arrival, bool) {
	if len(f.arrivals) == 0 {
		return link.Arrival{}, false
	}
	a := f.arrivals[0]
	f.arrivals = f.arrivals[1:]
	return a, true
}

// Close is called off the loop.
func (f *fake) Close() error {
	f.rt.Rejoin(func() { f.closed++ })
	return f.closing
}

// comes lets things arrive, and wakes the client where it sleeps.
func (f *fake) comes(arrivals ...link.Arrival) {
	sleeps := len(f.arrivals) == 0
	f.arrivals = append(f.arrivals, arrivals...)
	if sleeps {
		f.wake()
	}
}

func message(topic string) link.Arrival { return link.Arrival{Message: mqtt.Message{Topic: topic}} }

func grant(filter string) link.Arrival {
	return link.Arrival{Kind: link.ArrivedGrant, Filter: filter}
}

var down = link.Arrival{Kind: link.ArrivedDown, Err: errAway}

// bench is a client with its broker, and what the client has told.
type bench struct {
	*client.Client
	t    *testing.T
	rt   clock.Runtime
	loop *loop.Loop
	told []string
	made []*fake
	// dials is called in each attempt, as a task; its error is the attempt's.
	dials func(f *fake) error
	tries []time.Duration
	on    map[string]func() // by the first word that is told
}

func newBench(t *testing.T, rt clock.Runtime, o loop.Options) *bench {
	t.Helper()
	return newPaused(t, rt, o, 0)
}

// newPaused is newBench with a longest pause.
func newPaused(t *testing.T, rt clock.Runtime, o loop.Options, pauseMax time.Duration) *bench {
	t.Helper()
	b := &bench{t: t, rt: rt, loop: loop.New(rt, o), on: map[string]func(){}}
	var err error
	b.Client, err = client.New(b.loop, client.Options{Name: "parent", PauseMax: pauseMax, Dial: b.dial, Events: client.Events{
		Connected:     func() { b.tell("connected") },
		ConnectFailed: func(err error, retry time.Duration) { b.tell("failed", err, retry) },
		Disconnected:  func(err error) { b.tell("lost", err) },
		Suback:        func(pending int) { b.tell("suback", pending) },
		Refused:       func(err error) { b.tell("refused", err) },
		Message:       func(m mqtt.Message) { b.tell("message", m.Topic) },
	}})
	require.NoError(t, err)
	return b
}

// tell notes what the client tells, which it does on the loop.
func (b *bench) tell(what string, args ...any) {
	require.True(b.t, b.loop.Mine() || b.rt.Self() == 0, "%s is told beside the loop", what)
	line := what
	for _, arg := range args {
		line += fmt.Sprint(" ", arg)
	}
	b.told = append(b.told, line)
	if do := b.on[what]; do != nil {
		do()
	}
}

// dial is called off the loop.
func (b *bench) dial(wake func()) (t link.Transport, err error) {
	b.rt.Rejoin(func() {
		b.tries = append(b.tries, b.rt.Now())
		f := &fake{rt: b.rt, wake: wake, n: len(b.tries)}
		if b.dials != nil {
			err = b.dials(f)
		}
		if err == nil {
			b.made = append(b.made, f)
			t = f
		}
	})
	return t, err
}

func (b *bench) last() *fake { return b.made[len(b.made)-1] }

// until runs the loop until something holds.
func (b *bench) until(condition func() bool) {
	b.t.Helper()
	require.NoError(b.t, b.loop.RunUntil(condition, clock.In(b.rt, 30*time.Second)), "told: %q", b.told)
}

func (b *bench) heard(line string) func() bool {
	return func() bool { return len(b.told) > 0 && b.told[len(b.told)-1] == line }
}

// connect starts the client and lets it connect.
func (b *bench) connect() *fake {
	b.t.Helper()
	b.Start()
	b.until(b.Connected)
	return b.last()
}

// run runs the loop for a while.
func (b *bench) run(d time.Duration) {
	b.loop.StopAfter(d, 0)
	b.loop.Run()
}
