package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/sim"
)

// The whole way: an app's publish, through mochi and the tap, to the callback
// of one subscriber.
func BenchmarkPublishToCallback(b *testing.B) {
	w := newWorld(b, sim.Options{StepLimit: 1 << 60})
	n, payload := 0, []byte(`{"occupancy":true,"linkquality":120,"battery":97}`)
	must(b, w.AddApp("sensor", core.AppFunc(func(env *core.Env) error {
		const batch = 100
		var say func()
		say = func() {
			for range batch {
				if err := env.Link.Publish(mqtt.Message{Topic: "zigbee2mqtt/hall_motion", Payload: payload}); err != nil {
					b.Error(err)
				}
			}
			if n < b.N {
				env.Loop.Post(say)
			}
		}
		return env.Subscribe("start", func(mqtt.Message) { say() })
	})))
	must(b, w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
		return env.Subscribe("zigbee2mqtt/hall_motion", func(mqtt.Message) { n++ })
	})))
	must(b, w.Publish(mqtt.Message{Topic: "start"}))
	b.ReportAllocs()
	b.ResetTimer()
	must(b, w.Advance(0))
	if n < b.N {
		b.Fatalf("%d callbacks of %d", n, b.N)
	}
}

// devices gives what 50 devices at 1 msg/s say.
type devices struct {
	n, until int
	r        recorder.Record
}

var deviceTopics = func() (topics []string) {
	for i := range 50 {
		topics = append(topics, fmt.Sprint("zigbee2mqtt/device ", i))
	}
	return topics
}()

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

var devicePayload = []byte(`{"temperature":21.5,"humidity":45,"battery":97,"linkquality":120,"voltage":3000}`)

// A day of 50 devices at 1 msg/s: broker, tap, digest, and an app that hears
// all of it. One operation is the whole day.
func BenchmarkDay(b *testing.B) {
	for range b.N {
		w := newWorld(b, sim.Options{})
		heard := 0
		must(b, w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
			return env.Subscribe("#", func(mqtt.Message) { heard++ })
		})))
		must(b, w.Feed(sim.Feed{Records: &devices{until: 50 * 86400}, Length: 24 * time.Hour}))
		must(b, w.Replay(sim.ToTheEnd))
		if heard != 50*86400 {
			b.Fatalf("heard %d", heard)
		}
	}
	b.ReportMetric(float64(b.N)*86400/b.Elapsed().Seconds(), "virtual-s/s")
}
