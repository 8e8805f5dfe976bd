package golden_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/sim/golden"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// update updates a file with the text (nil: without one) and returns what it
// says then.
func update(t *testing.T, text *string, said []golden.Message, o golden.Options) (string, golden.Change) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.golden.jsonl")
	if text != nil {
		require.NoError(t, os.WriteFile(path, []byte(*text), 0o600))
	}
	c, err := golden.Update(path, said, o)
	require.NoError(t, err)
	require.Equal(t, path, c.Path)
	require.Equal(t, len(said), c.Messages)
	now, err := os.ReadFile(path)
	require.NoError(t, err)
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	require.Equal(t, []string{path}, left, "nothing else is left in the folder")
	c.Path = "x"
	return string(now), c
}

func TestUpdate(t *testing.T) {
	now, c := update(t, nil, evening(), golden.Options{})
	require.Equal(t, "x: 4 messages (a new file)", c.String())
	require.Equal(t, strings.Replace(hall, "200", "2e2", 1), now, "numbers as they were said")

	text := hall
	now, c = update(t, &text, evening(), golden.Options{})
	require.Equal(t, hall, now, "what means the same stays as it is")
	require.Equal(t, "x: 4 messages (unchanged)", c.String())

	run := evening()[:3]
	run[1].Payload = []byte("OFF")
	now, c = update(t, &text, append(run, say(400*time.Second, "door", "open")), golden.Options{})
	require.Equal(t, "x: 4 messages (1 added, 1 removed, 1 changed)", c.String())
	require.Equal(t, `{"t":1.000,"topic":"light/set","payload":{"brightness":200,"state":"ON"}}
{"t":1.000,"topic":"fan/POWER","payload":"OFF"}
{"t":300.000,"topic":"light/set","payload":{"state":"OFF"}}
{"t":400.000,"topic":"door","payload":"open"}
`, now)

	now, c = update(t, &text, nil, golden.Options{})
	require.Empty(t, now)
	require.Equal(t, "x: 0 messages (4 removed)", c.String())

	windows := strings.ReplaceAll(hall, "\n", "\r\n")
	now, c = update(t, &windows, evening(), golden.Options{})
	require.Equal(t, windows, now)
	require.Equal(t, "x: 4 messages (unchanged)", c.String())

	crlf := `{"payload":"ON","topic":"a","t":1}` + "\r\n"
	now, c = update(t, &crlf, []golden.Message{say(time.Second, "a", "ON")}, golden.Options{})
	require.Equal(t, `{"t":1.000,"topic":"a","payload":"ON"}`+"\n", now)
	require.Equal(t, "x: 1 message (the same, in the file's own form)", c.String())
}

// Reruns that differ by less than the tolerance do not churn.
func TestUpdateKeepsWhatIsWithinTheTolerance(t *testing.T) {
	o := golden.Options{Time: 100 * time.Millisecond, Number: 0.5, Ignore: []string{"seq"}}
	old := `{"t":1.000,"topic":"a","payload":{"list":[20.0,{"x":1}],"n":1e1,"state":"ON"}}
{"t":1.050,"topic":"b","payload":"20.0"}
{"t":1.050,"topic":"c","payload":"x"}
`
	run := []golden.Message{
		say(1060*time.Millisecond, "c", "x"),
		say(1060*time.Millisecond, "b", "20.3"),
		say(1070*time.Millisecond, "a", `{"seq":5,"state":"ON","n":10.2,"list":[20.5,{"x":1.1}]}`),
	}
	now, c := update(t, &old, run, o)
	require.Equal(t, old, now)
	require.False(t, c.Written)

	// Of a message that has changed, what is within the tolerance stays.
	run[2] = say(1070*time.Millisecond, "a", `{"state":"OFF","n":10.2,"list":[20.6,{"x":1.1}]}`)
	now, _ = update(t, &old, run, o)
	require.Equal(t, `{"t":1.000,"topic":"a","payload":{"list":[20.6,{"x":1}],"n":1e1,"state":"OFF"}}`, now[:79])

	// A time beyond it is the new one, with the numbers of the old.
	run[2] = say(1101*time.Millisecond, "a", `{"state":"ON","n":10.2,"list":[20.4,{"x":1.1}]}`)
	now, _ = update(t, &old, run, o)
	require.Equal(t, `{"t":1.050,"topic":"b","payload":"20.0"}
{"t":1.050,"topic":"c","payload":"x"}
{"t":1.101,"topic":"a","payload":{"list":[20.0,{"x":1}],"n":1e1,"state":"ON"}}
`, now)

	// What a sum of decimal fractions is off by does not count, and an array that
	// grew has no old numbers.
	sum := `{"t":1.000,"topic":"a","payload":{"n":20.00,"s":1}}` + "\n"
	now, _ = update(t, &sum, []golden.Message{say(time.Second, "a", `{"n":20.01,"s":2}`)}, golden.Options{Number: 0.01})
	require.Equal(t, `{"t":1.000,"topic":"a","payload":{"n":20.00,"s":2}}`+"\n", now)
	lists := `{"t":1.000,"topic":"a","payload":[20.00]}` + "\n"
	now, _ = update(t, &lists, []golden.Message{say(time.Second, "a", "[20.01,1]")}, golden.Options{Number: 0.01})
	require.Equal(t, `{"t":1.000,"topic":"a","payload":[20.01,1]}`+"\n", now)

	// A message that only moved says what it said.
	now, _ = update(t, &lists, []golden.Message{say(2*time.Second, "a", "[20]")}, golden.Options{})
	require.Equal(t, `{"t":2.000,"topic":"a","payload":[20.00]}`+"\n", now)

	// The old time is not kept where it would change the order on the topic.
	run = []golden.Message{say(1080*time.Millisecond, "b", "new"), say(1090*time.Millisecond, "b", "20.0")}
	now, _ = update(t, &old, run, o)
	require.Equal(t, `{"t":1.080,"topic":"b","payload":"new"}
{"t":1.090,"topic":"b","payload":"20.0"}
`, now)
}

// Fields that are ignored from now on go, also where nothing else has changed.
func TestUpdateDropsIgnoredFields(t *testing.T) {
	old := `{"t":1.000,"topic":"a","payload":{"seq":1,"x":2}}` + "\n"
	now, _ := update(t, &old, []golden.Message{say(time.Second, "a", `{"x":2,"seq":9}`)}, golden.Options{Ignore: []string{"seq"}})
	require.Equal(t, `{"t":1.000,"topic":"a","payload":{"x":2}}`+"\n", now)
}

func TestUpdateRefuses(t *testing.T) {
	dir := t.TempDir()
	_, err := golden.Update(filepath.Join(dir, "sub", "x.jsonl"), nil, golden.Options{})
	require.ErrorContains(t, err, "the folder "+filepath.Join(dir, "sub")+" is not there; make it first")
	_, err = golden.Update(dir, nil, golden.Options{})
	require.Error(t, err)

	// Somebody else's file is left alone.
	path := filepath.Join(dir, "hall.yaml")
	require.NoError(t, os.WriteFile(path, []byte("name: hall\n"), 0o600))
	_, err = golden.Update(path, nil, golden.Options{})
	var faults golden.Errors
	require.ErrorAs(t, err, &faults)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "name: hall\n", string(text))

	_, err = golden.Update(filepath.Join(dir, "y"), nil, golden.Options{Number: -1})
	require.Error(t, err)
	require.NoFileExists(t, filepath.Join(dir, "y"))
}

// A file that cannot be replaced stays whole, and nothing is left beside it.
func TestUpdateThatCannotWrite(t *testing.T) {
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		t.Skip("whoever runs this may write everywhere")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	require.NoError(t, os.WriteFile(path, []byte(hall), 0o600))
	require.NoError(t, os.Chmod(dir, 0o500))
	defer func() { require.NoError(t, os.Chmod(dir, 0o700)) }()
	_, err := golden.Update(path, nil, golden.Options{})
	require.ErrorIs(t, err, fs.ErrPermission)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, hall, string(text))
}

// runs draws what was said in a run: few topics and payloads, so that much is
// alike, at instants close together.
func runs(t *rapid.T, label string) []golden.Message {
	payloads := []string{"ON", "OFF", "5", "5.0", `{"a":1,"b":2.5}`, `{"b":2.6,"a":1}`, `{"a":1.05,"b":2.5,"seq":7}`, `[1,2]`, `[1,2.04]`, "\xff", ""}
	var said []golden.Message
	at := time.Duration(0)
	for i := range rapid.IntRange(0, 14).Draw(t, label) {
		at += time.Duration(rapid.IntRange(0, 3).Draw(t, "wait")) * 50 * time.Millisecond
		m := say(at, fmt.Sprint("t", rapid.IntRange(0, 2).Draw(t, "topic")), rapid.SampledFrom(payloads).Draw(t, fmt.Sprint("payload", i)))
		m.Retain = rapid.IntRange(0, 9).Draw(t, "retain") == 0
		said = append(said, m)
	}
	return said
}

// rerun draws a run that differs from another by no more than the tolerance in
// time, message by message.
func rerun(t *rapid.T, before []golden.Message, o golden.Options) (said []golden.Message) {
	latest := time.Duration(0)
	for _, m := range before {
		m.At += rapid.SampledFrom([]time.Duration{-o.Time, 0, o.Time}).Draw(t, "jitter")
		m.At = max(m.At, latest)
		latest = m.At
		said = append(said, m)
	}
	return said
}

// A file that was written from a run agrees with it, whatever stood there
// before; written again it stays; and a run that agrees with a file that Format
// made changes nothing in it.
func TestUpdateProperties(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		o := golden.Options{
			Time:   time.Duration(rapid.IntRange(0, 3).Draw(t, "time")) * 50 * time.Millisecond,
			Number: float64(rapid.IntRange(0, 2).Draw(t, "number")) / 10, Ignore: []string{"seq"},
		}
		before := runs(t, "before")
		said := runs(t, "said")
		if rapid.Bool().Draw(t, "a rerun") {
			said = rerun(t, before, o)
		}
		path := filepath.Join(dir, "x")
		written := golden.Format(before, o)
		require.NoError(t, os.WriteFile(path, written, 0o600))
		old, err := golden.Read(path)
		require.NoError(t, err)
		agrees, err := old.Compare(said, o)
		require.NoError(t, err)

		c, err := golden.Update(path, said, o)
		require.NoError(t, err)
		now, err := golden.Read(path)
		require.NoError(t, err)
		failures, err := now.Compare(said, o)
		require.NoError(t, err)
		require.Empty(t, failures)
		if len(agrees) == 0 {
			require.False(t, c.Written)
		}
		again, err := golden.Update(path, said, o)
		require.NoError(t, err)
		require.False(t, again.Written)
		require.Zero(t, again.Added+again.Removed+again.Changed)
	})
}
