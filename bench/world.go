package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/sim"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

var devicePayload = []byte(`{"temperature":21.5,"humidity":45,"battery":97,"linkquality":120,"voltage":3000}`)

var deviceTopics = func() (topics []string) {
	for i := range 50 {
		topics = append(topics, fmt.Sprint("zigbee2mqtt/device ", i))
	}
	return topics
}()

// publish is the whole way from one app's publish to another's handler.
func publish() (result, error) {
	var failed error
	b := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		w, err := sim.New(sim.Options{StepLimit: math.MaxInt})
		if err != nil {
			failed = err
			return
		}
		n := 0
		failed = errors.Join(
			w.AddApp("sensor", core.AppFunc(func(env *core.Env) error {
				var say func()
				say = func() {
					for range 100 {
						if err := env.Link.Publish(mqtt.Message{Topic: deviceTopics[0], Payload: devicePayload}); err != nil {
							failed = err
							return
						}
					}
					if n < b.N {
						env.Loop.Post(say)
					}
				}
				return env.Subscribe("start", func(mqtt.Message) { say() })
			})),
			w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
				return env.Subscribe(deviceTopics[0], func(mqtt.Message) { n++ })
			})),
			w.Publish(mqtt.Message{Topic: "start"}),
		)
		b.ResetTimer()
		failed = errors.Join(failed, w.Advance(0))
		b.StopTimer()
		failed = errors.Join(failed, w.Close())
	})
	inline, err := mochiInline()
	ns := float64(b.NsPerOp())
	return result{
		fmt.Sprintf("%.2f µs, %d allocs (tap and digest on)", ns/1e3, b.AllocsPerOp()),
		fmt.Sprintf("mochi's inline subscription alone %.2f µs (%.1f×)", inline/1e3, inline/ns), atMost(ns, 800),
	}, errors.Join(failed, err)
}

// mochiInline is the same through mochi alone, by its own inline client.
func mochiInline() (ns float64, err error) {
	b := testing.Benchmark(func(b *testing.B) {
		s := mochi.New(&mochi.Options{InlineClient: true, Logger: slog.New(slog.DiscardHandler)})
		err = s.Subscribe(deviceTopics[0], 1, func(*mochi.Client, packets.Subscription, packets.Packet) {})
		b.ResetTimer()
		for range b.N {
			err = errors.Join(err, s.Publish(deviceTopics[0], devicePayload, false, 0))
		}
	})
	return float64(b.NsPerOp()), err
}

// devices gives what 50 devices at 1 msg/s say.
type devices struct {
	n, until int
	r        recorder.Record
}

func (d *devices) Next() bool {
	if d.n == d.until {
		return false
	}
	d.r = recorder.Record{
		At: time.Duration(d.n/50) * time.Second, Kind: recorder.KindMessage,
		Message: mqtt.Message{Topic: deviceTopics[d.n%50], Payload: devicePayload},
	}
	d.n++
	return true
}
func (d *devices) Record() *recorder.Record { return &d.r }
func (d *devices) Err() error               { return nil }

// replay feeds records to a world with an app that hears all of them.
func replay(records sim.Records, length time.Duration, want int, during func(heard int)) (time.Duration, error) {
	w, err := sim.New(sim.Options{})
	if err != nil {
		return 0, err
	}
	heard := 0
	err = errors.Join(
		w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
			return env.Subscribe("#", func(mqtt.Message) {
				heard++
				if during != nil {
					during(heard)
				}
			})
		})),
		w.Feed(sim.Feed{Records: records, Length: length}),
	)
	began := time.Now()
	err = errors.Join(err, w.Replay(sim.ToTheEnd))
	took := time.Since(began)
	if heard != want {
		err = errors.Join(err, fmt.Errorf("the app heard %d of %d messages", heard, want))
	}
	return took, errors.Join(err, w.Close())
}

func day() (result, error) {
	const n = 50 * 86400
	took, err := replay(&devices{until: n}, 24*time.Hour, n, nil)
	return result{
		fmt.Sprintf("%.2f s (%.0f×)", took.Seconds(), 86400/took.Seconds()),
		"synctest and paho 73 s (measured elsewhere)", atMost(took.Seconds(), 5),
	}, err
}

// memory replays a tape of many messages and watches the process.
func memory() (result, error) {
	path, remove, err := writeTape(*messages)
	if err != nil {
		return result{}, err
	}
	defer remove()
	tape, err := recorder.Open(path)
	if err != nil {
		return result{}, err
	}
	defer tape.Close()
	runtime.GC()
	var early, peak, last int
	sample := func(heard int) {
		if heard%(*messages/100) == 0 {
			last = rssAnonKB()
			peak = max(peak, last)
			if heard == *messages/10 {
				early = last
			}
		}
	}
	took, err := replay(tape.Cursor(recorder.Query{}), tape.Info().Duration, *messages, sample)
	if peak == 0 {
		return result{"not known on this system", "", "not measured"}, err
	}
	return result{
		fmt.Sprintf("%d MiB at a tenth, %d MiB at the end, peak %d MiB (%d M messages, %.2f M/s)",
			early>>10, last>>10, peak>>10, *messages/1_000_000, float64(*messages)/took.Seconds()/1e6),
		"", atMost(float64(peak)/1024, 100),
	}, err
}

// rssAnonKB is the memory the process holds, without mapped files, which the
// system takes back as it likes.
func rssAnonKB() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte("RssAnon:")); ok {
			n, _ := strconv.Atoi(string(bytes.Fields(rest)[0]))
			return n
		}
	}
	return 0
}
