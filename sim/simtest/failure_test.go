package simtest_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A failure says what came instead, what the app logged in virtual time, and how
// to repeat it.
func TestFailureEndsTheTest(t *testing.T) {
	f := run(t, func(f *fake) {
		f.name = "TestHall/at night/it's #1"
		w := simtest.New(f, sim.Options{Seed: 3})
		w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
			env.Log.Info("starts")
			env.Loop.After(time.Second, func() { env.Log.Warn("still dark", "lux", 3) })
			return hallLight(env)
		}))
		w.Advance(90 * time.Second)
		w.Publish("zigbee2mqtt/hall_motion", "{}")
		w.RouteUntil("zigbee2mqtt/hall_light/set", `{"state":"OFF"}`, time.Second)
		w.Advance(time.Hour)
		f.Log("unreachable")
	})
	require.True(t, f.failed && f.finished)
	got := f.log.String()
	for _, want := range []string{
		`payload.state was "ON", want "OFF"`,
		"the last that the apps logged:\n      at=0s level=INFO msg=starts app=hall\n      at=1s level=WARN msg=\"still dark\" app=hall lux=3\n",
		`  repeat it: go test -run '^TestHall$/^at night$/^it'\''s #1$' ./sim/simtest` + "\n",
		"1m31s of virtual time, messages: 1 in, 1 out, seed 3, digest ",
		"the last that was said on zigbee2mqtt/hall_light/set, and around it",
	} {
		require.Contains(t, got, want)
	}
	require.NotContains(t, got, "unreachable")
}

// The log that a test has for itself gets everything too.
func TestOwnLog(t *testing.T) {
	var own strings.Builder
	f := run(t, func(f *fake) {
		w := simtest.New(f, sim.Options{Log: textHandler(&own)})
		w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
			for range 30 {
				env.Log.Info("again")
			}
			env.Log.Info("ready")
			return nil
		}))
		w.Retained("x", "")
	})
	require.Contains(t, own.String(), "msg=ready")
	require.Contains(t, f.log.String(), "msg=ready")
	require.Equal(t, 19, strings.Count(f.log.String(), "msg=again"), "the last twenty lines")
}

// lamp calls a function in a callback of the app's, at motion.
func lamp(fn func()) core.App {
	return core.AppFunc(func(env *core.Env) error {
		return env.Subscribe("motion", func(mqtt.Message) { fn() })
	})
}

// A callback of an app that ends its goroutine neither hangs the world nor ends
// the other tests, and whoever reads the log sees where it was.
func TestCallbacksThatEndTheTest(t *testing.T) {
	for name, c := range map[string]struct {
		callback func(f *fake) func()
		failed   bool
		want     []string
	}{
		"require": {
			func(f *fake) func() { return func() { require.Equal(f, 1, 2) } }, true,
			[]string{"Not equal", `a callback of "hall" ended the test at 2s, in advance 1m`, "repeat it: "},
		},
		"goexit": {
			func(*fake) func() { return runtime.Goexit }, true,
			[]string{`a callback of "hall" ended the test at 2s, in advance 1m with runtime.Goexit; return from it instead`},
		},
		"skip": {
			func(f *fake) func() { return f.SkipNow }, false,
			[]string{`a callback of "hall" ended the test at 2s`},
		},
		"assert": {
			func(f *fake) func() { return func() { assert.Equal(f, 1, 2) } }, true,
			[]string{"Not equal", "the last line", "1m2s of virtual time"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := run(t, func(f *fake) {
				w := simtest.New(f, sim.Options{})
				w.AddApp("hall", lamp(c.callback(f)))
				w.ExpectOrdered(w.Like("never/said", ""))
				w.Advance(2 * time.Second)
				w.Publish("motion", "")
				w.Advance(time.Minute)
				f.Log("the last line")
			})
			require.Equal(t, c.failed, f.failed)
			require.Equal(t, !c.failed, f.skipped)
			require.False(t, f.exited, "go test would call that the end of all tests")
			for _, want := range c.want {
				require.Contains(t, f.log.String(), want)
			}
			require.NotContains(t, f.log.String(), "no message like never/said", "one reason is enough")
			require.Equal(t, name == "assert", strings.Contains(f.log.String(), "the last line"))
		})
	}
}

// The end of a test is the last chance of a callback to end it.
func TestCallbackThatEndsTheTestAtTheEnd(t *testing.T) {
	for name, callback := range map[string]func(f *fake) func(){
		"require": func(f *fake) func() { return func() { require.Equal(f, 1, 2) } },
		"goexit":  func(*fake) func() { return runtime.Goexit },
	} {
		f := run(t, func(f *fake) {
			w := simtest.New(f, sim.Options{})
			w.AddApp("hall", lamp(callback(f)))
			w.Publish("motion", "")
		})
		require.True(t, f.failed && !f.exited, name)
		require.Contains(t, f.log.String(), `a callback of "hall" ended the test at 0s, in settling the last instant`)
	}
}

// A panic in a condition of the test's own is the test's.
func TestPanicInACondition(t *testing.T) {
	f := run(t, func(f *fake) {
		w := simtest.New(f, sim.Options{})
		require.PanicsWithValue(t, "mine", func() { w.Until("x", func() bool { panic("mine") }, time.Second) })
	})
	require.False(t, f.failed)
}

// A world that is not closed by its test for any reason is closed after it.
func TestTapeThatIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.hubtape")
	require.NoError(t, os.WriteFile(path, []byte("no tape"), 0o600))
	f := run(t, func(f *fake) { simtest.New(f, sim.Options{}).Feed(path, mqtt.Selection{}) })
	require.True(t, f.failed)
	f = run(t, func(f *fake) { simtest.New(f, sim.Options{}).AddDevice(sim.Device{CommandTopic: "#/x"}) })
	require.True(t, f.failed)
	f = run(t, func(f *fake) { simtest.New(f, sim.Options{}).RouteUntil("a/#/b", "", 0) })
	require.True(t, f.failed)
}
