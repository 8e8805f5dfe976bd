package cli

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/stretchr/testify/require"
)

// A part that had just begun when its recorder was killed does not cost what the
// hub had retained.
func TestRetainedAcrossParts(t *testing.T) {
	dir := t.TempDir()
	tape := func(name string, records ...recorder.Record) {
		w, err := recorder.Create(filepath.Join(dir, name), recorder.Options{})
		require.NoError(t, err)
		for _, r := range records {
			require.NoError(t, w.Append(r))
		}
		require.NoError(t, w.Close())
	}
	say := func(kind recorder.Kind, topic, payload string) recorder.Record {
		return recorder.Record{Kind: kind, Message: mqtt.Message{Topic: topic, Payload: []byte(payload), Retain: true}}
	}
	f := tapeFlags{out: filepath.Join(dir, "a.hubtape"), rotateEvery: command.Duration(time.Hour)}
	check := func(want ...string) {
		t.Helper()
		all, err := f.retained()
		require.NoError(t, err)
		var got []string
		for _, m := range all {
			got = append(got, m.Topic+"="+string(m.Payload))
		}
		require.Equal(t, want, got)
	}
	check()
	tape("a-0001.hubtape", say(recorder.KindSnapshot, "old", "0"), say(recorder.KindMessage, "gone", "1"))
	tape("a-0002.hubtape", say(recorder.KindSnapshot, "a", "1"), say(recorder.KindSnapshot, "b", "1"), say(recorder.KindMessage, "a", "2"))
	check("a=2", "b=1")
	tape("a-0003.hubtape")
	check("a=2", "b=1")
	tape("a-0004.hubtape", say(recorder.KindSnapshot, "a", "2"))
	check("a=2", "b=1")
	tape("a-0005.hubtape", say(recorder.KindSnapshot, "c", "5"), recorder.Record{Kind: recorder.KindNote})
	check("c=5")
}
