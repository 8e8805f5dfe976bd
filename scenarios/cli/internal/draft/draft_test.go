package draft_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/cli/internal/draft"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawTape draws what may stand on a tape.
func drawTape(t *rapid.T) (records []recorder.Record) {
	topic := rapid.SampledFrom([]string{
		"a", "a/b", "/", "zigbee2mqtt/hall", "zigbee2mqtt/hall/set", "zigbee2mqtt/bridge/logging", "cmnd/plug/POWER", "$SYS/uptime",
		"x y: 'z' \"q\" \\ {", "ünï/⌘", "- a", "homeassistant/status", "dev/rpc",
	})
	payload := rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "ON", "OFF", "1", "null", "{}", "[1]", `{"state":"ON","x":1.5}`, `{"a":null}`, `{"method":"x"}`, "\xff\x00", "a: b # c", "'", `"`, `{"big":1e400}`,
			`{"n":123456789012345678901234567890}`, `{"s":"\u2028\ud800"}`, "true", "~", "0x10", "1_000", "\t", " ", "{", `{"a":1,"a":2}`, `{"k":-0.0}`,
		}),
		rapid.String(),
	)
	at := time.Duration(0)
	for range rapid.IntRange(1, 20).Draw(t, "records") {
		at += time.Duration(rapid.SampledFrom([]int64{0, 0, 1, 5e8, 1e9, 3_600_000_000_123}).Draw(t, "gap"))
		r := recorder.Record{At: at, Kind: recorder.KindMessage}
		if rapid.Bool().Draw(t, "snapshot") {
			r.Kind = recorder.KindSnapshot
		}
		r.Message = mqtt.Message{Topic: topic.Draw(t, "topic"), Payload: []byte(payload.Draw(t, "payload")), Retain: rapid.Bool().Draw(t, "retain")}
		records = append(records, r)
	}
	return records
}

func writeTape(t require.TestingT, dir string, records []recorder.Record) string {
	var text []byte
	for i := range records {
		text = format.AppendJSONLine(text, &records[i])
	}
	path := filepath.Join(dir, "x.jsonl")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

func writeText(t *testing.T, lines string) string {
	path := filepath.Join(t.TempDir(), "x.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(lines), 0o600))
	return path
}

// What is written without an automation passes, whatever is on the tape.
func TestFramesPass(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		path := writeTape(t, dir, drawTape(t))
		d, err := draft.New(draft.Options{Tape: path})
		if err != nil {
			require.ErrorIs(t, err, draft.ErrEmpty)
			return
		}
		require.Empty(t, d.Problem, d.Text)
	})
}

// parrot repeats what comes on a to zigbee2mqtt/hall/set.
type parrot struct{ delay time.Duration }

func (p parrot) Start(env *core.Env) error {
	return env.Subscribe("a", func(m mqtt.Message) {
		env.Runtime.Go("answer", func() {
			_ = env.Runtime.NewSignal("delay").Wait(env.Now() + p.delay)
			env.Publish("zigbee2mqtt/hall/set", m.Payload)
		})
	})
}

// What is written with an automation passes, or says that it does not.
func TestDraftsKeepTheirWord(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		path := writeTape(t, dir, drawTape(t))
		delay := time.Duration(rapid.SampledFrom([]int64{0, 5e8, 1e9, 7e9, 1e13}).Draw(t, "delay"))
		apps := []scenarios.Entry{scenarios.App("parrot", func(struct{}) parrot { return parrot{delay} })}
		d, err := draft.New(draft.Options{Tape: path, App: "parrot", Apps: apps})
		if err != nil {
			require.ErrorIs(t, err, draft.ErrEmpty)
			return
		}
		s, err := scenarios.Parse("x.yaml", []byte(d.Text))
		require.NoError(t, err, d.Text)
		require.Equal(t, d.Problem == "", s.Run(apps, scenarios.RunOptions{}).Status == scenarios.Passed, d.Text)
	})
}
