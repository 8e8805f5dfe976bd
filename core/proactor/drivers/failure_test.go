package drivers_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/proactor/drivers"
)

func goOn(*drivers.StepError) bool { return true }

// Each step, failing in each way, takes one path.
func TestFailureEnds(t *testing.T) {
	for _, s := range []drivers.Step{drivers.PreIterate, drivers.Iterate, drivers.Handle} {
		t.Run("GW-140 "+string(s), func(t *testing.T) {
			clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
				for _, fail := range []func(*line) error{
					func(*line) error { return io.ErrNoProgress },
					func(*line) error { panic(io.ErrNoProgress) },
				} {
					r := newRig(t, rt, failing(s, fail))
					r.until("failed 1 true")
					require.NoError(t, r.Start())
					if s == drivers.Handle {
						require.NoError(t, r.Put("m", 0))
					}
					r.loop.Run()
					require.NoError(t, r.Join(clock.Forever), "it ends by itself")
					require.Len(t, r.failed, 1)
					err := r.failed[0]
					require.Equal(t, s, err.Step)
					require.Equal(t, "pump", err.Thread)
					require.ErrorIs(t, err, io.ErrNoProgress)
					require.Error(t, r.Put("m", 0), "nobody takes it")
				}
			})
		})
	}
}

// failing are options by which one step fails.
func failing(s drivers.Step, fail func(*line) error) options {
	o := options{PatTimeout: clock.Forever, Sleep: ms}
	switch s {
	case drivers.PreIterate:
		o.PreIterate = fail
	case drivers.Iterate:
		o.Iterate = fail
	case drivers.Handle:
		o.Handle = func(l *line, _ string) error { return fail(l) }
	}
	return o
}

func TestFailureSays(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		r := newRig(t, v, options{Iterate: func(*line) error { panic("bus off") }})
		r.run(t, time.Second)
		require.EqualError(t, r.failed[0], `driver "pump" failed in iterate, and it ends: it panicked (string): bus off`)
		panicked, ok := r.failed[0].Err.(*drivers.PanicError)
		require.True(t, ok)
		require.Contains(t, string(panicked.Stack), "TestFailureSays")
		require.NoError(t, errors.Unwrap(panicked))

		r = newRig(t, v, options{Iterate: func(*line) error { return io.EOF }, GoOn: goOn})
		r.run(t, time.Second)
		require.EqualError(t, r.failed[0], `driver "pump" failed in iterate, and it goes on: EOF`)
	})
}

func TestPauses(t *testing.T) {
	for _, c := range []struct {
		name string
		o    options
		run  time.Duration
		want []time.Duration
	}{
		{"twice as long each", options{}, 200 * time.Second, []time.Duration{0, 1, 3, 7, 15, 31, 63, 123, 183}},
		{"a longest of its own", options{Pause: time.Second, PauseMax: 3 * time.Second}, 10 * time.Second, []time.Duration{0, 1, 3, 6, 9}},
		{"longer than the default's longest", options{Pause: 70 * time.Second}, 150 * time.Second, []time.Duration{0, 70, 140}},
	} {
		for _, s := range []drivers.Step{drivers.PreIterate, drivers.Iterate} {
			t.Run(c.name+", "+string(s), func(t *testing.T) {
				clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
					o := failing(s, func(*line) error { return io.EOF })
					o.Sleep, o.GoOn, o.Pause, o.PauseMax = 0, goOn, c.o.Pause, c.o.PauseMax
					r := newRig(t, v, o)
					var at []time.Duration
					r.on = func(string) { at = append(at, v.Now()/time.Second) }
					r.run(t, c.run)
					require.Equal(t, c.want, at)
				})
			})
		}
	}
}

// One good turn, its message too, begins the pauses anew; a failed turn handles no
// message.
func TestPausesBeginAnew(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		turn := 0
		r := newRig(t, v, options{
			Sleep: 100 * time.Second, GoOn: goOn, PatTimeout: clock.Forever,
			Iterate: func(*line) error {
				if turn++; turn <= 2 || turn == 5 {
					return io.EOF
				}
				return nil
			},
			Handle: func(l *line, m string) error {
				l.Send(m)
				if m == "bad" {
					return io.EOF
				}
				return nil
			},
		})
		r.loop.Post(func() {
			require.NoError(t, r.Put("bad", 0))
			require.NoError(t, r.Put("good", 0))
		})
		r.run(t, 600*time.Second)
		require.Equal(t, []string{"failed 1 false", "failed 2 false", "bad", "failed 3 false", "good", "failed 1 false"}, r.heard)
	})
}

func TestPreIterateAgain(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		tries := 0
		r := newRig(t, rt, options{GoOn: goOn, Pause: ms, Sleep: ms, PatTimeout: clock.Forever, PreIterate: func(l *line) error {
			if tries++; tries < 3 {
				return io.EOF
			}
			return says("open")(l)
		}})
		r.until("iterate")
		r.run(t, 0)
		require.Equal(t, []string{"failed 1 false", "failed 2 false", "open", "iterate"}, r.heard[:4])
	})
}

func TestGoOn(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		fails := []error{io.EOF, io.EOF, io.ErrClosedPipe}
		r := newRig(t, rt, options{
			Pause: ms, Sleep: ms, PatTimeout: clock.Forever,
			Iterate: func(*line) error {
				err := fails[0]
				fails = fails[1:]
				return err
			},
			GoOn: func(err *drivers.StepError) bool { return errors.Is(err, io.EOF) },
		})
		r.until("failed 3 true")
		r.run(t, 0)
		require.Equal(t, []string{"failed 1 false", "failed 2 false", "failed 3 true"}, r.heard)
	})
}

func TestGoOnThatPanics(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := newRig(t, rt, options{
			Iterate: func(*line) error { return io.EOF },
			GoOn:    func(*drivers.StepError) bool { panic(io.ErrClosedPipe) },
		})
		r.until("failed 1 true")
		r.run(t, 0)
		require.ErrorIs(t, r.failed[0], io.EOF)
		require.ErrorIs(t, r.failed[0], io.ErrClosedPipe)
	})
}

// A step that fails by itself after the stop was requested is told all the same.
func TestFailureWhileStopping(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		r := newRig(t, rt, options{Iterate: func(l *line) error {
			l.Send("sleeps")
			l.Sleep(time.Hour)
			return io.EOF
		}, GoOn: goOn, Pause: time.Hour})
		r.on = func(what string) {
			switch what {
			case "sleeps":
				r.RequestStop()
			case "failed 1 false":
				r.loop.Stop(0)
			}
		}
		r.run(t, 0)
		require.Equal(t, []string{"sleeps", "failed 1 false"}, r.heard)
	})
}

// While the thread is to run, an end that nobody asked for is a failure.
func TestCancelledByItself(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		for _, fails := range []error{context.Canceled, drivers.ErrNotRunning} {
			r := newRig(t, rt, options{Iterate: func(*line) error { return fails }})
			r.until("failed 1 true")
			r.run(t, 0)
			require.ErrorIs(t, r.failed[0], fails)
		}
	})
}
