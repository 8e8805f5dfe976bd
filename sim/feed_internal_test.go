package sim

import (
	"bytes"
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/stretchr/testify/require"
)

// chunk is a tape whose payloads are parts of one piece of memory.
type chunk struct {
	bytes []byte
	sizes []int
	r     recorder.Record
}

func (c *chunk) Next() bool {
	if len(c.sizes) == 0 {
		return false
	}
	n := c.sizes[0]
	c.r = recorder.Record{At: c.r.At + time.Second, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a", Payload: c.bytes[:n], Dup: true}}
	c.bytes, c.sizes = c.bytes[n:], c.sizes[1:]
	return true
}

func (c *chunk) Record() *recorder.Record { return &c.r }
func (c *chunk) Err() error               { return nil }

// What a world remembers of a tape does not keep the tape's own memory.
func TestFedPayloadsHaveMemoryOfTheirOwn(t *testing.T) {
	sizes := []int{0, 1, 5, blockBytes / 8, blockBytes/8 + 1, blockBytes, 3}
	for range 20 {
		sizes = append(sizes, blockBytes/8)
	}
	memory := make([]byte, 1<<20)
	for i := range memory {
		memory[i] = byte('a' + i%23)
	}
	before := bytes.Clone(memory)
	w := newWorld(t)
	require.NoError(t, w.Feed(Feed{Records: &chunk{bytes: memory, sizes: sizes}, Length: time.Hour}))
	require.NoError(t, w.Replay(ToTheEnd))
	clear(memory)
	said := w.Recent(recentSize)
	require.Len(t, said, len(sizes))
	for i, n := range sizes {
		require.Equal(t, string(before[:n]), string(said[i].Message.Payload))
		require.False(t, said[i].Message.Dup, "that was about the delivery to the recorder")
		require.LessOrEqual(t, cap(said[i].Message.Payload), max(n+n/4, 64), "nothing can be written behind it")
		before = before[n:]
	}
}

// A tape may say any number of things at one instant: it comes to an end by
// itself.
func TestATapeIsNoFlood(t *testing.T) {
	w, err := New(Options{StepLimit: 100})
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Close()) }()
	said := make([]recorder.Record, 300)
	for i := range said {
		said[i] = recorder.Record{At: time.Second, Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a"}}
	}
	require.NoError(t, w.Feed(Feed{Records: &list{said: said}, Length: time.Minute}))
	require.NoError(t, w.Replay(ToTheEnd))
	require.Equal(t, 300, w.Stats().In)
}

// list is a tape in memory.
type list struct {
	said []recorder.Record
	next int
}

func (l *list) Next() bool               { l.next++; return l.next <= len(l.said) }
func (l *list) Record() *recorder.Record { return &l.said[l.next-1] }
func (l *list) Err() error               { return nil }
