package proactor_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/problems"
)

// tick is a payload that never leaves the program.
type tick struct{ n int }

// echo is a communicator.
type echo struct {
	name string
	got  []string
	fail error
}

func (e *echo) Name() string { return e.name }

func (e *echo) Process(m proactor.Message) error {
	e.got = append(e.got, fmt.Sprint(m.Payload))
	return e.fail
}

func TestSend(t *testing.T) {
	t.Run("GW-160 there is nothing to send to before it runs, nor after", func(t *testing.T) {
		m := newMember(t, "hw1", nil)
		require.ErrorIs(t, m.Send(codec.Message{Payload: tick{}}), proactor.ErrRunning)
		require.ErrorIs(t, m.Generate(&report{}), proactor.ErrRunning)
		w := world(t, 1, m)
		advance(t, w, time.Second)
		require.NoError(t, m.Send(codec.Message{Payload: tick{}}))
		m.Shutdown("enough")
		advance(t, w, time.Second)
		require.ErrorIs(t, m.Send(codec.Message{Payload: tick{}}), proactor.ErrRunning)
	})
	t.Run("GW-161 messages are processed one at a time, in the order they came", func(t *testing.T) {
		var got []int
		m := newMember(t, "hw1", func(o *proactor.Options) {
			o.Setup = func(p *proactor.Proactor) error {
				return proactor.On(p, func(_ proactor.Message, x tick) error {
					got = append(got, x.n)
					if x.n < 1000 {
						for i := range 2 { // what a message causes comes behind what is queued
							if n := 2*x.n + i; n <= 1000 {
								if err := p.Send(codec.Message{Payload: tick{n}}); err != nil {
									return err
								}
							}
						}
					}
					require.Equal(t, x.n, got[len(got)-1], "nothing is processed meanwhile")
					return nil
				})
			}
		})
		m.SendFrom(codec.Message{Payload: tick{1}}) // before it runs: it waits
		w := world(t, 1, m)
		advance(t, w, time.Second)
		want := make([]int, 1000)
		for i := range want {
			want[i] = i + 1
		}
		require.Equal(t, want, got)
		require.Equal(t, 1000, m.Stats().Types.Of("proactor_test.tick"))
	})
	t.Run("GW-162 by type, then by name, then the rest", func(t *testing.T) {
		hall := &echo{name: "hall"}
		var typed, rest []any
		m := newMember(t, "hw1", func(o *proactor.Options) {
			o.Setup = func(p *proactor.Proactor) error {
				return errors.Join(p.Add(hall), proactor.On(p, func(_ proactor.Message, x tick) error {
					typed = append(typed, x)
					return nil
				}))
			}
			o.Rest = func(m proactor.Message) error {
				rest = append(rest, m.Payload)
				return nil
			}
		})
		w := world(t, 1, m)
		advance(t, w, 0)
		for _, send := range []codec.Message{
			{Header: codec.Header{Dst: "hall"}, Payload: tick{1}},
			{Header: codec.Header{Dst: "hall"}, Payload: "two"},
			{Header: codec.Header{Dst: "attic"}, Payload: "three"},
			{Payload: 4},
		} {
			require.NoError(t, m.Send(send))
		}
		advance(t, w, 0)
		require.Equal(t, []any{tick{1}}, typed)
		require.Equal(t, []string{"two"}, hall.got)
		require.Equal(t, []any{"three", 4}, rest)
	})
	t.Run("a type has one handler, which is there before the start", func(t *testing.T) {
		take := func(proactor.Message, tick) error { return nil }
		m := newMember(t, "hw1", func(o *proactor.Options) {
			o.Setup = func(p *proactor.Proactor) error {
				require.NoError(t, proactor.On(p, take))
				require.ErrorIs(t, proactor.On(p, take), proactor.ErrOptions)
				return nil
			}
		})
		w := world(t, 1, m)
		advance(t, w, 0)
		require.ErrorIs(t, proactor.On(m.Proactor, take), proactor.ErrStarted)
	})
}

func TestProcessingFails(t *testing.T) {
	broken := errors.New("the tank is empty")
	for name, c := range map[string]struct {
		handle func() error
		says   []string
	}{
		"GW-164 an error": {func() error { return broken }, []string{"proactor_test.tick", "the tank is empty"}},
		"GW-164 a panic":  {func() error { panic("the tank is empty") }, []string{"panic: the tank is empty", "message_test.go"}},
		"GW-164 an index": {func() error { return []error{nil}[len(broken.Error())] }, []string{"index out of range"}},
	} {
		t.Run(name, func(t *testing.T) {
			handled := 0
			m := newMember(t, "hw1.child", func(o *proactor.Options) {
				o.Setup = func(p *proactor.Proactor) error {
					return proactor.On(p, func(proactor.Message, tick) error {
						handled++
						return c.handle()
					})
				}
			}, toParent)
			w := world(t, 1, m)
			advance(t, w, time.Second)
			require.NoError(t, m.Send(codec.Message{Payload: tick{}}))
			require.NoError(t, m.Send(codec.Message{Payload: tick{}}))
			err := w.Advance(time.Second)
			require.Error(t, err)
			require.Equal(t, 1, handled, "nothing is processed after that")
			last := stored(t, m)
			require.Contains(t, last, "gridworks.event.shutdown")
			for _, part := range c.says {
				require.Contains(t, err.Error(), part)
				require.Contains(t, last, part, "the shutdown event says why")
			}
		})
	}
}

// stored is the text of the event that was stored last.
func stored(t *testing.T, m *member) string {
	t.Helper()
	disk := m.open()
	ids := disk.Pending()
	require.NotEmpty(t, ids)
	text, found, err := disk.Retrieve(ids[len(ids)-1])
	require.NoError(t, err)
	require.True(t, found)
	return string(text)
}

func TestShutdown(t *testing.T) {
	t.Run("GW-070 startup and shutdown are events", func(t *testing.T) {
		m := newMember(t, "hw1.child", nil, toParent)
		w := world(t, 1, m)
		advance(t, w, time.Minute)
		first, _, err := m.disk.Retrieve(m.disk.Pending()[0])
		require.NoError(t, err)
		require.Contains(t, string(first), "gridworks.event.startup")
		require.NoError(t, m.Send(codec.Message{Payload: proactor.Shutdown{Reason: "the summer has come"}}))
		advance(t, w, time.Second)
		m.Shutdown("again") // GW-170: it may be asked for again
		m.Stop()
		last := stored(t, m)
		require.Contains(t, last, "gridworks.event.shutdown")
		require.Contains(t, last, `"Reason":"the summer has come"`)
		require.Equal(t, 1, strings.Count(last, "Reason"))
	})
	t.Run("the peer hears it, when it is there", func(t *testing.T) {
		child, parent := newMember(t, "hw1.child", nil, toParent), newMember(t, "hw1", nil, toChild)
		w := world(t, 1, child, parent)
		advance(t, w, time.Minute)
		child.Shutdown("enough")
		advance(t, w, time.Second)
		require.Len(t, parent.of("gridworks.event.shutdown"), 1)
	})
}

func TestDebugMessage(t *testing.T) {
	t.Run("GW-168 levels from afar, and an answer", func(t *testing.T) {
		child, parent := newMember(t, "hw1.child", nil, toParent), newMember(t, "hw1", nil, toChild)
		w := world(t, 1, child, parent)
		advance(t, w, time.Second)
		all, none := 10, -1
		require.NoError(t, parent.Publish("child", links.Outgoing{Payload: proactor.Debug{
			Levels: proactor.DebugLevels{MessageSummary: &all, Lifecycle: &none}, Command: proactor.DebugSubscriptions,
		}}))
		advance(t, w, time.Second)
		require.Len(t, parent.of("gridworks.event.proactor.dbg"), 1)
		require.Zero(t, child.Pending())
	})
}

func TestEventsPassOn(t *testing.T) {
	t.Run("an event that an application handles itself is not passed on", func(t *testing.T) {
		seen := 0
		middle := newMember(t, "hw1.mid", func(o *proactor.Options) {
			o.Setup = func(p *proactor.Proactor) error {
				return proactor.On(p, func(_ proactor.Message, _ report) error {
					seen++
					return nil
				})
			}
		}, peer{name: "up", long: "hw1", short: "p", self: "m", up: true}, peer{name: "down", long: "hw1.leaf", short: "l", self: "m", down: true})
		leaf := newMember(t, "hw1.leaf", nil, peer{name: "parent", long: "hw1.mid", short: "m", self: "l", up: true})
		w := world(t, 1, middle, leaf)
		advance(t, w, time.Second)
		before := middle.Pending()
		require.NoError(t, leaf.Generate(&report{N: 1}))
		advance(t, w, time.Second)
		require.Equal(t, 1, seen)
		require.Equal(t, before, middle.Pending())
	})
}

func TestHeaders(t *testing.T) {
	m := newMember(t, "hw1.child", nil, toParent)
	w := world(t, 1, m)
	advance(t, w, time.Second)
	e := &report{Header: events.Header{Src: "somebody.else"}}
	require.NoError(t, m.Generate(e))
	require.Equal(t, "somebody.else", e.Src, "only what is empty is filled in")
	require.NotEmpty(t, e.MessageID)
	require.Equal(t, w.Wall().UnixNano(), e.TimeNS)
}

func TestStoreAtTheStart(t *testing.T) {
	t.Run("GW-071 what was odd about the store is a problem event", func(t *testing.T) {
		m := newMember(t, "hw1.child", nil, toParent)
		open := func(eventstore.Clock) (eventstore.Store, *problems.Problems, error) {
			return m.disk, new(problems.Problems).Warn(errors.New("20260110T000000Z/notes.txt is no event")), nil
		}
		m.Proactor, _ = proactor.New(proactor.Options{Name: "hw1.child", Store: open})
		advance(t, world(t, 1, m), time.Second)
		require.Contains(t, m.told(t), "notes.txt is no event")
		require.Contains(t, m.told(t), `"ProblemType":"warning"`)
	})
	t.Run("a store that cannot be opened is an error of the app", func(t *testing.T) {
		m := newMember(t, "hw1.child", func(o *proactor.Options) {
			o.Store = func(eventstore.Clock) (eventstore.Store, *problems.Problems, error) {
				return nil, nil, eventstore.ErrLocked
			}
		}, toParent)
		require.ErrorIs(t, world(t, 1, m).Advance(time.Second), eventstore.ErrLocked)
	})
}

func TestOrderOfProcessing(t *testing.T) {
	t.Run("GW-165 counted and decoded, then the link's state, then the application, then the ack", func(t *testing.T) {
		child := newMember(t, "hw1.child", nil, toParent)
		handled := 0
		var parent *member
		parent = newMember(t, "hw1", func(o *proactor.Options) {
			o.Rest = func(m proactor.Message) error {
				handled++
				require.Equal(t, linkstate.Active, parent.state(t, "child"))
				require.NotZero(t, parent.counts(t, "child").Types.Of(m.MessageType))
				require.NotZero(t, child.link(t, "parent").Waiting(), "it is not acknowledged yet")
				return nil
			}
		}, toChild)
		w := world(t, 1, parent, child)
		advance(t, w, time.Second)
		require.GreaterOrEqual(t, handled, 4, "startup, connect, fully subscribed, peer active")
		require.Zero(t, child.link(t, "parent").Waiting())
	})
}
