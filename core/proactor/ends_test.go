package proactor_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/drivers"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/layout"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/problems"
	"github.com/hubtape/hubtape/core/proactor/settings"
	"github.com/hubtape/hubtape/core/proactor/tasks"
)

func TestBeforeTheStart(t *testing.T) {
	m := newMember(t, "hw1", nil, toChild)
	m.Log().Info("nobody hears it")
	m.Problem(events.Error, "too early", "")
	m.Pat("hall")
	require.Zero(t, m.Pending())
	require.ErrorIs(t, m.Monitor("hall", time.Minute), proactor.ErrRunning)
	require.ErrorIs(t, m.Publish("child", links.Outgoing{Payload: command{}}), proactor.ErrRunning)
	_, err := proactor.NewDriver(m.Proactor, "meter", drivers.Options[codec.Message]{})
	require.ErrorIs(t, err, proactor.ErrRunning)

	m.Shutdown("it is not wanted any more")
	advance(t, world(t, 1, m), time.Second)
	require.Contains(t, stored(t, m), "it is not wanted any more", "it ends as soon as it has started")
}

func TestOptionsThatAreWrong(t *testing.T) {
	_, err := proactor.New(proactor.Options{})
	require.ErrorIs(t, err, proactor.ErrOptions)
	_, err = proactor.New(proactor.Options{Name: "hw1", BacklogMax: -1})
	require.ErrorIs(t, err, proactor.ErrOptions)

	t.Run("the same options make another one, to start again", func(t *testing.T) {
		o := proactor.Options{Name: "hw1", Codec: newCodec(t)}
		for range 2 {
			_, err := proactor.New(o)
			require.NoError(t, err)
		}
	})
	t.Run("a handler of an interface would never be called", func(t *testing.T) {
		m := newMember(t, "hw1", nil)
		require.ErrorIs(t, proactor.On(m.Proactor, func(proactor.Message, events.Event) error { return nil }), proactor.ErrOptions)
	})
	t.Run("a watchdog that seldom looks", func(t *testing.T) {
		m := newMember(t, "hw1", func(o *proactor.Options) { o.WatchdogEvery = 10 * time.Minute })
		advance(t, world(t, 1, m), 24*time.Hour)
	})
}

// panics breaks one part of a proactor with two actors.
func panics(part string, told *[]string) func(o *proactor.Options) {
	return func(o *proactor.Options) {
		o.Rest = nil
		make := func(n layout.Node, _ *proactor.Proactor) (proactor.Communicator, error) {
			return &fragile{stage: stage{echo: echo{name: n.Name}, told: told}, breaks: part}, nil
		}
		o.Actors = map[string]proactor.Factory{"Tank": make, "Pump": make}
		switch part {
		case "Setup":
			o.Setup = func(*proactor.Proactor) error { panic("boom") }
		case "Factory":
			o.Actors["Tank"] = func(layout.Node, *proactor.Proactor) (proactor.Communicator, error) { panic("boom") }
		case "Rest":
			o.Rest = func(proactor.Message) error { panic("boom") }
		}
	}
}

// fragile is an actor that panics when it starts or ends.
type fragile struct {
	stage
	breaks string
}

func (f *fragile) Start() error {
	if f.breaks == "Start" {
		panic("boom")
	}
	return f.stage.Start()
}

func (f *fragile) End() error {
	_ = f.stage.End()
	if f.breaks == "End" {
		panic("boom")
	}
	return nil
}

func TestPanics(t *testing.T) {
	for part, says := range map[string][]string{
		"Setup":   {`proactor "hw1"`, "panic: boom", "ends_test.go"},
		"Factory": {`node "tank" (line 4 of the layout)`, "panic: boom", "ends_test.go"},
		"Start":   {`start "tank"`, "panic: boom", "ends_test.go"},
		"Rest":    {"processing int", "panic: boom", "ends_test.go"},
		"End":     nil, // it ends all the same
	} {
		t.Run(part, func(t *testing.T) {
			var told []string
			m := newMember(t, "hw1", panics(part, &told))
			l := house(t, "Tank")
			m.Proactor = remade(t, m, l, part, &told)
			w := world(t, 1, m)
			m.SendFrom(codec.Message{Payload: 1})
			err := w.Advance(time.Second)
			if says == nil {
				require.NoError(t, err)
				m.Shutdown("enough")
				require.NoError(t, w.Advance(time.Second))
				require.Equal(t, []string{"start tank", "start pump", "end tank", "end pump"}, told)
			}
			for _, part := range says {
				require.ErrorContains(t, err, part)
			}
			require.True(t, m.closed(), "the store is closed")
		})
	}
}

// remade is a member's proactor with a layout.
func remade(t *testing.T, m *member, l *layout.Layout, part string, told *[]string) *proactor.Proactor {
	t.Helper()
	o := proactor.Options{
		Name: "hw1", Layout: l,
		Store: func(eventstore.Clock) (eventstore.Store, *problems.Problems, error) { return m.disk, nil, nil },
	}
	panics(part, told)(&o)
	p, err := proactor.New(o)
	require.NoError(t, err)
	return p
}

func TestStartFails(t *testing.T) {
	t.Run("a factory that makes nothing", func(t *testing.T) {
		none := func(layout.Node, *proactor.Proactor) (proactor.Communicator, error) { return nil, nil }
		m := newMember(t, "hw1", func(o *proactor.Options) {
			o.Layout, o.Actors = house(t, "Tank"), map[string]proactor.Factory{"Tank": none, "Pump": none}
		})
		err := world(t, 1, m).Advance(time.Second)
		require.ErrorContains(t, err, `node "tank" (line 4 of the layout)`)
		require.ErrorContains(t, err, `node "pump" (line 5 of the layout)`)
		require.ErrorContains(t, err, "made no actor")
		require.True(t, m.closed())
	})
	t.Run("nothing is left open or running", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "proactor.log")
		for _, half := range []bool{false, true} {
			var told []string
			m := newMember(t, "hw1", func(o *proactor.Options) {
				o.Logs.File.Path = path
				o.Setup = func(p *proactor.Proactor) error {
					p.Tasks().Add("weather", func(job *tasks.Job) error {
						job.SleepUntil(clock.Forever)
						return nil
					})
					if !half {
						return errors.New("no water")
					}
					return p.Add(&stage{echo: echo{name: "tank"}, told: &told, fail: errors.New("no water")})
				}
			}, toParent)
			require.ErrorContains(t, runFor(t, m, 0), "no water")
			require.True(t, m.closed())
			m.Log().Error("after the end")
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NotContains(t, string(text), "after the end", "the log file is closed")
		}
	})
}

// runFor runs a proactor in real time, without a broker, until it fails or the
// time is over.
func runFor(t *testing.T, app core.App, d time.Duration) error {
	t.Helper()
	rt := clock.NewSystem(clock.SystemOptions{})
	ended := make(chan error, 1)
	i, err := core.Launch(rt, app, core.LaunchOptions{
		Name: "hw1",
		Dial: func(link.DialOptions, func()) (link.Transport, error) { return nil, errors.New("nobody is there") },
		End:  func(err error) { ended <- err },
	})
	require.NoError(t, err)
	if d > 0 {
		timer := time.AfterFunc(d, i.Stop)
		defer timer.Stop()
	}
	err = <-ended
	return errors.Join(err, rt.Close())
}

func TestShutdownInAHandler(t *testing.T) {
	t.Run("what is being processed is processed, and nothing behind it", func(t *testing.T) {
		for name, end := range map[string]func(p *proactor.Proactor){
			"by a call":    func(p *proactor.Proactor) { p.Shutdown("enough") },
			"by a message": func(p *proactor.Proactor) { _ = p.Send(codec.Message{Payload: proactor.Shutdown{Reason: "enough"}}) },
		} {
			t.Run(name, func(t *testing.T) {
				var got []int
				m := newMember(t, "hw1", func(o *proactor.Options) {
					o.Setup = func(p *proactor.Proactor) error {
						return proactor.On(p, func(_ proactor.Message, x tick) error {
							if x.n == 0 {
								end(p)
								for i := range 10 {
									require.NoError(t, p.Send(codec.Message{Payload: tick{i + 1}}), "it runs still")
								}
							}
							got = append(got, x.n)
							return nil
						})
					}
				})
				m.SendFrom(codec.Message{Payload: tick{0}})
				advance(t, world(t, 1, m), time.Second)
				require.Equal(t, []int{0}, got)
				require.Contains(t, stored(t, m), "enough")
			})
		}
	})
}

// parting is a communicator that sends and generates when it ends.
type parting struct {
	echo
	p         *proactor.Proactor
	send, say error
}

func (c *parting) End() error {
	c.send = c.p.Send(codec.Message{Payload: tick{}})
	c.say = c.p.Generate(&report{N: 1})
	return nil
}

func TestGoodbyes(t *testing.T) {
	t.Run("what ends may say so in an event, and cannot send", func(t *testing.T) {
		last := &parting{echo: echo{name: "tank"}}
		var said error
		m := newMember(t, "hw1", func(o *proactor.Options) {
			o.Setup = func(p *proactor.Proactor) error {
				last.p = p
				p.Tasks().Add("weather", func(job *tasks.Job) error {
					job.SleepUntil(clock.Forever)
					said = p.Generate(&report{N: 2})
					return nil
				})
				return p.Add(last)
			}
		})
		w := world(t, 1, m)
		advance(t, w, time.Second)
		m.Shutdown("enough")
		advance(t, w, time.Second)
		require.ErrorIs(t, last.send, proactor.ErrRunning, "nobody would process it")
		require.NoError(t, last.say)
		require.NoError(t, said)
		require.Contains(t, m.told(t), `"N":1`)
		require.Contains(t, m.told(t), `"N":2`)
	})
}

func TestSendFromOutside(t *testing.T) {
	t.Run("before, during and after the run, from many goroutines", func(t *testing.T) {
		const each, senders = 1000, 4
		got := 0
		m := newMember(t, "hw1", func(o *proactor.Options) {
			o.Setup = func(p *proactor.Proactor) error {
				return proactor.On(p, func(_ proactor.Message, _ tick) error {
					if got++; got == each*senders {
						p.Shutdown("enough")
					}
					return nil
				})
			}
		})
		var all sync.WaitGroup
		for range senders {
			all.Go(func() {
				for range each {
					m.SendFrom(codec.Message{Payload: tick{}})
				}
			})
		}
		require.NoError(t, runFor(t, m, time.Minute))
		all.Wait()
		require.Equal(t, each*senders, got)
		m.SendFrom(codec.Message{Payload: tick{}})
		require.Equal(t, each*senders, got)
	})
}

func TestStopDuringADial(t *testing.T) {
	t.Run("in production it ends the dial", func(t *testing.T) {
		s := settings.Default()
		s.Links = map[string]settings.Link{"parent": {Enabled: true, PeerLongName: "hw1", PeerShortName: "p", SubscriptionShortName: "c", Upstream: true}}
		p, err := proactor.New(proactor.Options{Name: "hw1.child", Settings: &s})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		listener := silent(t, cancel)
		require.NoError(t, core.Run(ctx, p, core.RunOptions{Name: "child", Broker: link.DialOptions{Broker: "mqtt://" + listener, Timeout: time.Hour}}))
	})
}

func TestHold(t *testing.T) {
	t.Run("an ack after the end of the links, or a second one, harms nobody", func(t *testing.T) {
		child, parent := newMember(t, "hw1.child", nil, toParent), newMember(t, "hw1", nil, toChild)
		w := world(t, 1, child, parent)
		advance(t, w, time.Second)
		parent.holding = true
		require.NoError(t, child.Generate(&report{N: 1}))
		require.NoError(t, child.Generate(&report{N: 2}))
		advance(t, w, time.Second)
		require.Len(t, parent.held, 2)
		require.Equal(t, 2, child.Pending())
		parent.held[0]()
		parent.held[0]()
		advance(t, w, time.Second)
		require.Equal(t, 1, child.Pending())
		parent.Shutdown("enough")
		advance(t, w, time.Second)
		parent.held[1]()
		advance(t, w, time.Minute)
		require.GreaterOrEqual(t, child.Pending(), 1, "it comes again")
	})
	t.Run("a message that nobody sent", func(t *testing.T) {
		proactor.Message{}.Hold()()
		proactor.Message{From: &links.Link{}}.Hold()
	})
}
