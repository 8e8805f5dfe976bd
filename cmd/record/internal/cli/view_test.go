package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/recorder/deck"
	"github.com/stretchr/testify/require"
)

func TestViewRender(t *testing.T) {
	v := &view{plain: true, rates: []float64{0, 1, 4, 8}}
	p := deck.Progress{
		Elapsed: 2*time.Hour + 14*time.Minute + 5*time.Second, Messages: 1_204_881, Topics: 214, Gaps: 1, Dropped: 7, TapeBytes: 12_400_000,
		Queued: 2048, Part: 3, Path: "house-0003.hubtape",
		Sources: []deck.SourceProgress{{Name: "attic", Connected: true}, {Name: "cellar", Reason: "the connection was lost"}},
	}
	busiest := []deck.TopicProgress{
		{Topic: "z/hall motion", Messages: 10_233, Last: []byte(`{"occupancy":true}`), Size: 18},
		{Topic: "camera", Messages: 3, Last: []byte("\xff\xd8\xff\xe0\x00"), Size: 90_000},
		{Topic: "cut", Messages: 1, Last: []byte("gr\xc3"), Size: 500},
	}
	require.Equal(t, strings.TrimPrefix(`
● 2h14m05s  house-0003.hubtape, part 3  12.4 MB
  1,204,881 messages  118/s ▁▁▄█  214 topics
  1 gaps  7 dropped  2.0 kB waiting
  cellar: no connection: the connection was lost

     10,233  z/hall motion  {"occupancy":true}
          3  camera         "\xff\xd8\xff\xe0\x00"
          1  cut            gr`, "\n"), strings.Join(v.render(p, busiest, 118, 80), "\n"))

	for _, width := range []int{0, 1, 5, 20, 40} {
		for _, line := range v.render(p, busiest, 118, width) {
			require.LessOrEqual(t, len([]rune(line)), max(width, 0), "a line is wider than the screen")
		}
	}
}

// The view is drawn over itself, and leaves nothing behind.
func TestViewDraws(t *testing.T) {
	var out bytes.Buffer
	v := &view{out: &out, size: func() (int, int) { return 60, 10 }}
	require.Equal(t, 4, v.topics())
	v.draw(deck.Progress{Path: "a.hubtape"}, nil)
	require.True(t, strings.HasPrefix(out.String(), "\r\x1b[J"))
	out.Reset()
	v.draw(deck.Progress{Path: "a.hubtape"}, nil)
	require.True(t, strings.HasPrefix(out.String(), "\r\x1b[3A\x1b[J"), "%q", out.String())
	out.Reset()
	v.clear()
	require.Equal(t, "\r\x1b[3A\x1b[J", out.String())
}

// A line of the log is not drawn over.
func TestLogBesideTheView(t *testing.T) {
	var out bytes.Buffer
	s := screen{out: &out}
	_, err := s.Write([]byte("before\n"))
	require.NoError(t, err)
	s.view = &view{out: &out, plain: true, size: func() (int, int) { return 60, 10 }}
	s.show(deck.Progress{Path: "a.hubtape"}, nil)
	out.Reset()
	_, err = s.Write([]byte("during\n"))
	require.NoError(t, err)
	require.Equal(t, "\r\x1b[3A\x1b[Jduring\n", out.String())
	out.Reset()
	s.show(deck.Progress{Path: "a.hubtape"}, nil)
	require.True(t, strings.HasPrefix(out.String(), "\r\x1b[J"), "the view begins below the line: %q", out.String())
	s.end()
	out.Reset()
	_, err = s.Write([]byte("after\n"))
	require.NoError(t, err)
	require.Equal(t, "after\n", out.String())
}

func TestMeter(t *testing.T) {
	var m meter
	now := time.Now()
	require.Zero(t, m.add(100, now))
	require.InDelta(t, 50, m.add(200, now.Add(2*time.Second)), 1e-9)
	require.Zero(t, m.add(200, now.Add(2*time.Second)))
}

func TestElapsed(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "59s": 59 * time.Second, "1m00s": time.Minute, "47h59m59s": 48*time.Hour - time.Second, "2d01h05m": 49*time.Hour + 5*time.Minute,
	} {
		require.Equal(t, want, elapsed(d))
	}
}

func TestBarText(t *testing.T) {
	require.Equal(t, "merging ███████████████░░░░░░░░░░░░░░░  50 %, 10s left", barText("merging", 5, 10, 10*time.Second))
	require.Equal(t, "merging ██████████████████████████████ 100 %, 0s left", barText("merging", 11, 10, time.Second))
	require.Equal(t, "merging ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0 %", barText("merging", 0, 10, time.Second))
}

func TestSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "500": 500, "500B": 500, "1k": 1000, "1kB": 1000, "1.5M": 1_500_000, "2 GB": 2_000_000_000, "64Mi": 64 << 20, "1GiB": 1 << 30, "1T": 1e12,
	} {
		var s size
		require.NoError(t, s.Set(text), text)
		require.EqualValues(t, want, s, text)
	}
	for _, text := range []string{"", "M", "-1", "1X", "1..5M", "9999999T", "5ib", "NaN"} {
		var s size
		require.Error(t, s.Set(text), text)
	}
}

func TestRateText(t *testing.T) {
	require.Equal(t, "2.0/s", rateText(2))
	require.Equal(t, "30.0/min", rateText(0.5))
	require.Equal(t, "3.6/h", rateText(0.001))
}
