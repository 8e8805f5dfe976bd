package compare_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/compare"
)

// A topic comes from anybody, and a difference is read on a terminal.
func TestTopicsAreQuoted(t *testing.T) {
	rec := &recorder.Record{Message: mqtt.Message{Topic: "a/\x1b]0;b\a", Payload: []byte("1")}}
	d := &compare.Difference{Kind: compare.Missing, Topic: rec.Topic, A: rec}
	require.Equal(t, `0s "a/\x1b]0;b\a": missing: 1`, d.String())
	d.Topic = "küche/ofen"
	require.Equal(t, "0s küche/ofen: missing: 1", d.String())
}
