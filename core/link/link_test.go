package link_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

func TestMain(m *testing.M) { clocktest.Main(m) }

// fakeTransport notes what it is asked for, and delivers what a test puts in.
type fakeTransport struct {
	arrivals *clock.Inbox[link.Arrival]
	asked    []string
	fail     error
}

func (f *fakeTransport) note(format string, args ...any) error {
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
	return f.fail
}

func (f *fakeTransport) ClientID() string             { return "hall" }
func (f *fakeTransport) Publish(m mqtt.Message) error { return f.note("publish %s", m.Topic) }
func (f *fakeTransport) Subscribe(filter string, qos byte) error {
	return f.note("subscribe %s %d", filter, qos)
}
func (f *fakeTransport) Unsubscribe(filter string) error { return f.note("unsubscribe %s", filter) }
func (f *fakeTransport) Receive() (link.Arrival, bool)   { return f.arrivals.Take() }
func (f *fakeTransport) Close() error                    { return f.note("close") }

func (f *fakeTransport) say(topics ...string) {
	for _, topic := range topics {
		f.arrivals.Put(link.Arrival{Message: mqtt.Message{Topic: topic}})
	}
}

// linked runs a body as a task with a link on a fake transport; settle lets the
// link's loop handle all that came.
func linked(t *testing.T, body func(k *link.Link, f *fakeTransport, settle func())) {
	t.Helper()
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	l := loop.New(v, loop.Options{})
	f := &fakeTransport{}
	k, err := link.New(l, func(wake func()) (link.Transport, error) {
		f.arrivals = clock.NewInbox[link.Arrival](nil, wake)
		return f, nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	v.Go("loop", func() { l.Run() })
	settle := func() {
		if err := v.Settle(); err != nil {
			t.Fatal(err)
		}
	}
	body(k, f, settle)
}

func subscribe(t *testing.T, k *link.Link, filter string, qos byte, h link.Handler) *link.Subscription {
	t.Helper()
	s, err := k.Subscribe(filter, qos, h)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDispatch(t *testing.T) {
	linked(t, func(k *link.Link, f *fakeTransport, settle func()) {
		var got []string
		note := func(name string) link.Handler {
			return func(m mqtt.Message) { got = append(got, name+" "+m.Topic) }
		}
		subscribe(t, k, "a/#", 0, note("all"))
		one := subscribe(t, k, "a/+", 0, note("one"))
		subscribe(t, k, "$share/g/b", 0, note("shared"))
		f.say("a", "a/x", "b", "c")
		settle()
		want := []string{"all a", "all a/x", "one a/x", "shared b"}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		got = nil
		if err := errors.Join(one.Close(), one.Close()); err != nil {
			t.Error(err)
		}
		f.say("a/x")
		settle()
		if want := []string{"all a/x"}; !reflect.DeepEqual(got, want) {
			t.Errorf("after Close: got %q, want %q", got, want)
		}
	})
}

// The broker forgets a filter with its last handler, and grants the highest QoS
// that one of them asked for.
func TestFiltersAreShared(t *testing.T) {
	linked(t, func(k *link.Link, f *fakeTransport, _ func()) {
		a := subscribe(t, k, "x", 1, func(mqtt.Message) {})
		b := subscribe(t, k, "x", 0, func(mqtt.Message) {})
		_, _ = a.Close(), b.Close()
		want := []string{"subscribe x 1", "subscribe x 1", "unsubscribe x"}
		if !reflect.DeepEqual(f.asked, want) {
			t.Errorf("asked %q, want %q", f.asked, want)
		}
	})
}

func TestHandlersMaySubscribeAndClose(t *testing.T) {
	linked(t, func(k *link.Link, f *fakeTransport, settle func()) {
		var got []string
		var first *link.Subscription
		first = subscribe(t, k, "x", 0, func(mqtt.Message) {
			got = append(got, "first")
			_ = first.Close()
			subscribe(t, k, "x", 0, func(mqtt.Message) { got = append(got, "second") })
		})
		f.say("x", "x")
		settle()
		if want := []string{"first", "second"}; !reflect.DeepEqual(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A handler that ends another subscription in the middle of a message: that one
// does not get it any more.
func TestHandlerEndsAnother(t *testing.T) {
	linked(t, func(k *link.Link, f *fakeTransport, settle func()) {
		var second *link.Subscription
		subscribe(t, k, "x", 0, func(mqtt.Message) { _ = second.Close() })
		second = subscribe(t, k, "+", 0, func(mqtt.Message) { t.Error("a closed subscription was called") })
		f.say("x")
		settle()
	})
}

func TestReconnect(t *testing.T) {
	linked(t, func(k *link.Link, f *fakeTransport, settle func()) {
		var ups []string
		k.OnConnection(func(up bool) {
			ups = append(ups, fmt.Sprint(up, " ", k.Up()))
			if up {
				_ = k.Publish(mqtt.Message{Topic: "hello"})
			}
		})
		subscribe(t, k, "x", 0, func(mqtt.Message) {})
		subscribe(t, k, "y", 1, func(mqtt.Message) {})
		subscribe(t, k, "x", 2, func(mqtt.Message) {})
		f.asked = nil
		f.arrivals.Put(link.Arrival{Kind: link.ArrivedUp}) // the first connection: nothing to do
		f.arrivals.Put(link.Arrival{Kind: link.ArrivedDown, Err: errors.New("cut")})
		f.arrivals.Put(link.Arrival{Kind: link.ArrivedUp})
		settle()
		if want := []string{"subscribe x 2", "subscribe y 1", "publish hello"}; !reflect.DeepEqual(f.asked, want) {
			t.Errorf("asked %q, want %q: each filter once, before anything is said", f.asked, want)
		}
		if want := []string{"false false", "true true"}; !reflect.DeepEqual(ups, want) {
			t.Errorf("told %q, want %q", ups, want)
		}
	})
}

func TestManyArrivalsLetOthersHaveTheirTurn(t *testing.T) {
	linked(t, func(k *link.Link, f *fakeTransport, settle func()) {
		const n = 10_000
		got := 0
		subscribe(t, k, "x", 0, func(mqtt.Message) { got++ })
		for range n {
			f.say("x")
		}
		settle()
		if got != n {
			t.Fatalf("%d of %d arrived", got, n)
		}
	})
}

func TestErrors(t *testing.T) {
	linked(t, func(k *link.Link, f *fakeTransport, _ func()) {
		for what, err := range map[string]error{
			"wildcard": k.Publish(mqtt.Message{Topic: "a/#"}),
			"empty":    k.Publish(mqtt.Message{}),
		} {
			if !errors.Is(err, mqtt.ErrTopic) {
				t.Errorf("publish, %s: %v", what, err)
			}
		}
		if err := k.Publish(mqtt.Message{Topic: "a", QoS: 3}); err == nil {
			t.Error("QoS 3 was published")
		}
		if _, err := k.Subscribe("a#", 0, nil); !errors.Is(err, mqtt.ErrFilter) {
			t.Errorf("subscribe: %v", err)
		}
		if _, err := k.Subscribe("a", 3, nil); err == nil {
			t.Error("QoS 3 was subscribed to")
		}
		f.fail = link.ErrDown
		if err := k.Publish(mqtt.Message{Topic: "a"}); !errors.Is(err, link.ErrDown) {
			t.Errorf("publish while down: %v", err)
		}
		if _, err := k.Subscribe("a", 0, nil); !errors.Is(err, link.ErrDown) {
			t.Errorf("subscribe while down: %v", err)
		}
		f.fail = nil
		if err := errors.Join(k.Close(), k.Close()); err != nil {
			t.Error(err)
		}
		if err := k.Publish(mqtt.Message{Topic: "a"}); !errors.Is(err, link.ErrClosed) {
			t.Errorf("publish after close: %v", err)
		}
	})
}

func TestDialFails(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	no := errors.New("no")
	_, err := link.New(loop.New(v, loop.Options{}), func(func()) (link.Transport, error) { return nil, no }, nil)
	if !errors.Is(err, no) {
		t.Errorf("New = %v", err)
	}
}
