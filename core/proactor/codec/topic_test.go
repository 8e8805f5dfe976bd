package codec_test

import (
	"testing"

	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTopic(t *testing.T) {
	for name, tc := range map[string]struct {
		topic codec.Topic
		want  string
	}{
		"GW-060 from one to another": {codec.Topic{Src: "hw1.isone.scada", Dst: "a.b", Type: "power.watts"}, "gw/hw1-isone-scada/to/a-b/power-watts"},
		"GW-060 the older form":      {codec.Topic{Src: "hw1.scada", Type: "gt.sh.status"}, "gw/hw1-scada/gt-sh-status"},
		"dashes stay":                {codec.Topic{Src: "hp-odu", Dst: "s", Type: "x"}, "gw/hp-odu/to/s/x"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.topic.Format()
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
			back, err := codec.ParseTopic(got)
			require.NoError(t, err)
			require.Equal(t, codec.Topic{Src: codec.Dashed(tc.topic.Src), Dst: codec.Dashed(tc.topic.Dst), Type: codec.Dashed(tc.topic.Type)}, back)
		})
	}
}

func TestTopicRefused(t *testing.T) {
	for _, bad := range []codec.Topic{{Type: "x"}, {Src: "a", Dst: "b"}, {Src: "a/b", Type: "x"}, {Src: "a", Dst: "+", Type: "x"}, {Src: "a", Dst: "b", Type: "#"}, {Src: "a\x00", Type: "x"}} {
		_, err := bad.Format()
		require.ErrorIs(t, err, codec.ErrTopic, "%+v", bad)
	}
	for _, bad := range []string{"", "gw", "gw/a", "gw/a/to/x", "gw/a/at/b/x", "gw/a/to/b/x/y", "xw/a/x", "gw//x", "gw/a/to//x", "gw/a/to/b/", "gw/a/+", "gw/#/to/a/x"} {
		_, err := codec.ParseTopic(bad)
		require.ErrorIs(t, err, codec.ErrTopic, bad)
	}
	_, err := codec.Topic{Src: "a", Dst: "b+", Type: "x"}.Format()
	require.EqualError(t, err, `topic from "a" to "b+" for "x": no GridWorks topic: "b+" has a '+' in it`)
}

// What parses is written the same again.
func TestTopicRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`gw/[a-z./-]{0,6}(/to/)?[a-z./-]{0,6}`).Draw(t, "topic")
		topic, err := codec.ParseTopic(text)
		if err != nil {
			return
		}
		again, err := topic.Format()
		if err != nil || again != codec.Dashed(text) {
			t.Fatalf("%q: %q, %v", text, again, err)
		}
	})
}
