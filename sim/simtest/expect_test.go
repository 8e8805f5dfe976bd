package simtest_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/expect"
	"github.com/hubtape/hubtape/sim/golden"
	"github.com/hubtape/hubtape/sim/simtest"
	"github.com/stretchr/testify/require"
)

const (
	motion = "zigbee2mqtt/hall_motion"
	set    = "zigbee2mqtt/hall_light/set"
	on     = `{"state":"ON"}`
	off    = `{"state":"OFF"}`
)

// evening lets the light go on at once and off after five minutes.
func evening(w *simtest.World) {
	w.AddApp("hall", core.AppFunc(hallLight))
	w.Publish(motion, `{"occupancy":true}`)
	w.Advance(time.Hour)
}

func TestExpectations(t *testing.T) {
	for name, c := range map[string]struct {
		expect func(w *simtest.World)
		want   string // "": the test passes
	}{
		"ordered": {func(w *simtest.World) { w.ExpectOrdered(w.Like(set, on), w.Like(set, off)) }, ""},
		"in windows": {func(w *simtest.World) {
			w.ExpectOrdered(w.Like(set, on).In(0, 0), w.Like(set, off).In(time.Minute, 5*time.Minute))
		}, ""},
		"in the other order":  {func(w *simtest.World) { w.ExpectOrdered(w.Like(set, off), w.Like(set, on)) }, "ordered: no message like zigbee2mqtt/hall_light/set json {\"state\":\"ON\"} came after the 1 before it"},
		"around, to the end":  {func(w *simtest.World) { w.ExpectOrdered(w.Like(set, "DIM")) }, "   1h\n"},
		"too late":            {func(w *simtest.World) { w.ExpectOrdered(w.Like(set, off).In(0, time.Minute)) }, "came between 0s and 1m0s"},
		"unordered":           {func(w *simtest.World) { w.ExpectUnordered(w.Like(set, off), w.Like(set, on)) }, ""},
		"two of one":          {func(w *simtest.World) { w.ExpectUnordered(w.Like(set, on), w.Like(set, on)) }, "unordered: no message like"},
		"never":               {func(w *simtest.World) { w.ExpectNever(w.Like(set, `{"state":"DIM"}`), w.Like(motion, "")) }, ""},
		"never, but":          {func(w *simtest.World) { w.ExpectNever(w.Like("x", ""), w.Like(set, off)) }, "never: a message like zigbee2mqtt/hall_light/set json {\"state\":\"OFF\"} came at 5m0s, and never must"},
		"never in that time":  {func(w *simtest.World) { w.ExpectNever(w.Like(set, off).In(0, 4*time.Minute)) }, ""},
		"what is told around": {func(w *simtest.World) { w.ExpectNever(w.Like(set, off)) }, "the last that was said on zigbee2mqtt/hall_light/set, and around it"},
	} {
		t.Run(name, func(t *testing.T) {
			f := run(t, func(f *fake) {
				w := simtest.New(f, sim.Options{})
				c.expect(w)
				evening(w)
			})
			require.Equal(t, c.want != "", f.failed, f.log.String())
			require.Contains(t, f.log.String(), c.want)
			require.Equal(t, c.want != "", strings.Contains(f.log.String(), "repeat it: go test -run"))
		})
	}
}

// A test that has failed is judged only by what must not be: it may not have come
// to the rest.
func TestExpectationsOfAFailedTest(t *testing.T) {
	f := run(t, func(f *fake) {
		w := simtest.New(f, sim.Options{})
		w.ExpectNever(w.Like(set, on))
		w.ExpectOrdered(w.Like("door", ""))
		evening(w)
		require.True(f, false, "mine")
	})
	require.Contains(t, f.log.String(), "mine")
	require.Contains(t, f.log.String(), "never: a message like")
	require.NotContains(t, f.log.String(), "door")

	f = run(t, func(f *fake) {
		w := simtest.New(f, sim.Options{})
		w.ExpectOrdered(w.Like("door", ""))
		evening(w)
		f.SkipNow()
	})
	require.False(t, f.failed, f.log.String())
}

// An expectation that would not see all of the run is a mistake.
func TestExpectationsComeFirst(t *testing.T) {
	for _, late := range []func(w *simtest.World){
		func(w *simtest.World) { w.ExpectOrdered() },
		func(w *simtest.World) { w.ExpectUnordered() },
		func(w *simtest.World) { w.ExpectNever(w.Like("x", "")) },
		func(w *simtest.World) { w.ExpectGolden("x", golden.Options{}) },
	} {
		f := run(t, func(f *fake) {
			w := simtest.New(f, sim.Options{})
			w.Publish("x", "")
			late(w)
		})
		require.True(t, f.failed)
		require.Contains(t, f.log.String(), "before the first step")
	}
}

// updating sets a flag of go test for one test.
func setFlag(t *testing.T, name, value string) {
	t.Helper()
	require.NoError(t, flag.Set(name, value))
	t.Cleanup(func() { require.NoError(t, flag.Set(name, flag.Lookup(name).DefValue)) })
}

func TestExpectGolden(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hall.golden.jsonl")
	o := golden.Options{Topics: []string{set}, Time: time.Second}
	test := func(last func(f *fake, w *simtest.World)) *fake {
		return run(t, func(f *fake) {
			w := simtest.New(f, sim.Options{})
			w.ExpectGolden(path, o)
			evening(w)
			last(f, w)
		})
	}
	quiet := func(*fake, *simtest.World) {}

	f := test(quiet)
	require.True(t, f.failed)
	require.Contains(t, f.log.String(), "write it with go test -hubtape.update")

	t.Run("update", func(t *testing.T) {
		setFlag(t, "hubtape.update", "true")
		f = test(func(f *fake, _ *simtest.World) { f.Error("mine") })
		require.NoFileExists(t, path, "a test that failed writes nothing")
		f = run(t, func(f *fake) {
			w := simtest.New(f, sim.Options{})
			w.ExpectGolden(path, o)
			w.ExpectNever(w.Like(set, off))
			evening(w)
		})
		require.True(t, f.failed)
		require.NoFileExists(t, path, "nor does one of which an expectation was not met")
		f = test(quiet)
		require.False(t, f.failed, f.log.String())
		require.Contains(t, f.log.String(), "wrote "+path+": 2 messages (a new file)")
		f = test(quiet)
		require.NotContains(t, f.log.String(), "wrote")
	})
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, `{"t":0.000,"topic":"zigbee2mqtt/hall_light/set","payload":{"state":"ON"}}
{"t":300.000,"topic":"zigbee2mqtt/hall_light/set","payload":{"state":"OFF"}}
`, string(text))
	require.False(t, test(quiet).failed)

	f = test(func(_ *fake, w *simtest.World) {
		w.Publish(motion, "")
		w.Advance(time.Minute)
	})
	require.True(t, f.failed)
	require.Contains(t, f.log.String(), "golden: at 1h0m0s something was said on zigbee2mqtt/hall_light/set that "+path+" does not have")
	require.Contains(t, f.log.String(), "repeat it: ")

	f = test(func(f *fake, w *simtest.World) {
		w.Publish(motion, "")
		w.RouteUntil(set, off, time.Second)
	})
	require.NotContains(t, f.log.String(), "golden: ", "one reason is enough")

	require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
	f = test(quiet)
	require.Contains(t, f.log.String(), path+":1: it is no JSON object")
	setFlag(t, "hubtape.update", "true")
	f = test(quiet)
	require.True(t, f.failed, "what is no golden file is not overwritten")
	o.Number = -1
	require.True(t, test(quiet).failed)
}

func TestExpectSameAsTape(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evening.hubtape")
	writer, err := recorder.Create(path, recorder.Options{})
	require.NoError(t, err)
	for _, m := range []struct {
		at             time.Duration
		topic, payload string
	}{{time.Minute, motion, "{}"}, {time.Minute + 300*time.Millisecond, set, on}, {6 * time.Minute, set, off}, {time.Hour, set, on}} {
		require.NoError(t, writer.Append(recorder.Record{At: m.at, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: m.topic, Payload: []byte(m.payload)}}))
	}
	require.NoError(t, writer.Close())
	test := func(tolerance, until time.Duration) *fake {
		return run(t, func(f *fake) {
			w := simtest.New(f, sim.Options{})
			w.AddApp("hall", core.AppFunc(hallLight))
			w.Feed(path, mqtt.Selection{Exclude: []string{set}})
			w.ExpectSameAsTape(expect.SameOptions{Outputs: []string{set}, Tolerance: tolerance})
			w.Replay(until)
		})
	}
	f := test(time.Second, 10*time.Minute)
	require.False(t, f.failed, f.log.String())
	f = test(100*time.Millisecond, 10*time.Minute)
	require.Contains(t, f.log.String(), "same_as_tape: the app said it on "+set+" 300ms earlier than the tape")
	f = test(time.Second, sim.ToTheEnd)
	require.Contains(t, f.log.String(), "same_as_tape: the app did not say what the tape has on "+set+" at 1h0m0s")

	writer, err = recorder.Resume(path, recorder.Options{})
	require.NoError(t, err, "the tape is closed with its world")
	require.NoError(t, writer.Close())

	f = run(t, func(f *fake) { simtest.New(f, sim.Options{}).ExpectSameAsTape(expect.SameOptions{}) })
	require.Contains(t, f.log.String(), "no tape is fed")
}
