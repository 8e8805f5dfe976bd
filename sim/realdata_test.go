package sim_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
	"github.com/hubtape/hubtape/sim"
)

// realRecords reads a real recording from HUBTAPE_DATA.
func realRecords(t *testing.T, name string) (rs []recorder.Record) {
	t.Helper()
	dir := os.Getenv("HUBTAPE_DATA")
	if dir == "" {
		t.Skip("HUBTAPE_DATA is not set: it names a folder with real recordings")
	}
	file, err := os.Open(filepath.Join(dir, name))
	must(t, err)
	defer file.Close()
	jsonl, err := format.Lookup("jsonl")
	must(t, err)
	decoder := jsonl.NewDecoder(file, format.Options{File: name})
	for {
		var r recorder.Record
		if err := decoder.Next(&r); err == io.EOF {
			return rs
		} else if err != nil {
			t.Fatal(err)
		}
		rs = append(rs, r)
	}
}

// A real hub's traffic through a world: an app hears every message, in the
// recording's order, and two runs have one digest.
func TestRealRecordings(t *testing.T) {
	for name, n := range map[string]int{"z2m-matterbridge-home.jsonl": 705, "victron-ess-house.jsonl": 2851, "victron-marine-demo2.jsonl": 1046} {
		t.Run(name, func(t *testing.T) {
			rs := realRecords(t, name)
			if len(rs) != n {
				t.Fatalf("%d records, want %d", len(rs), n)
			}
			length := rs[n-1].At
			run := func() string {
				w := newWorld(t, sim.Options{})
				var heard []mqtt.Message
				must(t, w.AddApp("logger", core.AppFunc(func(env *core.Env) error {
					return env.Subscribe("#", func(m mqtt.Message) {
						heard = append(heard, m)
						if len(heard)%100 == 0 {
							env.Publish("logger/count", len(heard))
						}
					})
				})))
				must(t, w.Feed(sim.Feed{Records: records(rs...), Length: length}))
				must(t, w.Replay(sim.ToTheEnd))
				i := 0
				for _, m := range heard {
					if m.Topic == "logger/count" {
						continue
					}
					if want := rs[i].Message; m.Topic != want.Topic || string(m.Payload) != string(want.Payload) {
						t.Fatalf("message %d: heard %s, want %s", i, m.Topic, want.Topic)
					}
					i++
				}
				if i != n || w.Now() != length {
					t.Errorf("heard %d of %d messages by %v of %v", i, n, w.Now(), length)
				}
				digest, err := w.Finish()
				must(t, err)
				return digest
			}
			if a, b := run(), run(); a != b {
				t.Errorf("two digests: %s and %s", a, b)
			}
		})
	}
}
