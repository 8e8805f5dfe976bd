package proactor_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/problems"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim"
)

// onDisk keeps the events of a member in a folder of files.
func onDisk(dir string) func(*proactor.Options) {
	return func(o *proactor.Options) {
		o.Store = func(c eventstore.Clock) (eventstore.Store, *problems.Problems, error) {
			return eventstore.OpenFiles(eventstore.Options{Path: dir, Clock: c})
		}
	}
}

// inBolt keeps them in a database file.
func inBolt(path string) func(*proactor.Options) {
	return func(o *proactor.Options) {
		o.Store = func(c eventstore.Clock) (eventstore.Store, *problems.Problems, error) {
			return eventstore.OpenBolt(eventstore.Options{Path: path, Clock: c})
		}
	}
}

// later is a world that begins so many hours after the usual one, as for a program
// that starts again.
func later(t *testing.T, hours int, members ...*member) *sim.World {
	t.Helper()
	w, err := sim.New(sim.Options{Start: time.Date(2026, 1, 10, hours, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	for _, m := range members {
		require.NoError(t, w.AddNamedApp(m.Name(), m))
	}
	return w
}

// reports generates events, one a minute.
func (m *member) reports(t *testing.T, w *sim.World, n int) (ids []string) {
	t.Helper()
	for i := range n {
		e := &report{N: i}
		require.NoError(t, m.Generate(e))
		ids = append(ids, e.MessageID)
		advance(t, w, time.Minute)
	}
	return ids
}

func TestMessagesThatCannotBeRead(t *testing.T) {
	const topic = "gw/hw1-child/to/p/report-event"
	for name, in := range map[string]mqtt.Message{
		"empty":               {Topic: topic},
		"no text":             {Topic: topic, Payload: []byte{0xff, 0xfe, 0}},
		"half of it":          {Topic: topic, Payload: []byte(`{"Header":{"Src":"hw1.child"`)},
		"no object":           {Topic: topic, Payload: []byte(`[1,2]`)},
		"no header":           {Topic: topic, Payload: []byte(`{"TypeName":"gw","Payload":{}}`)},
		"a number for a name": {Topic: topic, Payload: []byte(`{"Header":{"Src":7},"TypeName":"gw"}`)},
		"a payload of wrong type": {Topic: topic, Payload: []byte(
			`{"Header":{"Src":"hw1.child","MessageType":"report.event","MessageId":"1","AckRequired":true,"TypeName":"gridworks.header"},` +
				`"Payload":{"MessageId":"1","TimeNS":"soon","TypeName":"report.event","Version":"000"},"TypeName":"gw"}`)},
		"a payload nobody knows": {Topic: "gw/hw1-child/to/p/secret", Payload: []byte(
			`{"Header":{"Src":"hw1.child","MessageType":"secret","MessageId":"1","AckRequired":true,"TypeName":"gridworks.header"},` +
				`"Payload":{"TypeName":"secret"},"TypeName":"gw"}`)},
		"no topic":         {Topic: "gw/hw1-child/to/p/", Payload: []byte(`{}`)},
		"very deep":        {Topic: topic, Payload: bytes.Repeat([]byte(`{"a":`), 100_000)},
		"another's answer": {Topic: "gw/hw1-child/to/p/gridworks-ack", Payload: []byte(`{"Header":null,"TypeName":"gw"}`)},
	} {
		t.Run("GW-166 "+name, func(t *testing.T) {
			parent := newMember(t, "hw1", nil, toChild)
			w := world(t, 1, parent)
			advance(t, w, time.Second)
			state := parent.state(t, "child")
			for range 100 {
				require.NoError(t, w.Publish(in))
			}
			advance(t, w, time.Second)
			require.Equal(t, state, parent.state(t, "child"))
			require.Empty(t, parent.got)
			told := parent.told(t)
			require.Contains(t, told, "a message cannot be read")
			require.Contains(t, told, `"ProblemType":"warning"`)
			require.Equal(t, 10, strings.Count(told, `"ProblemType"`), "rubbish does not fill the store")
		})
	}
}

func TestEventsThatCannotBePassedOn(t *testing.T) {
	middle := newMember(t, "hw1.mid", nil,
		peer{name: "up", long: "hw1", short: "p", self: "m", up: true}, peer{name: "down", long: "hw1.leaf", short: "l", self: "m", down: true})
	w := world(t, 1, middle)
	advance(t, w, time.Second)
	for range 1000 {
		require.NoError(t, w.Publish(mqtt.Message{Topic: "gw/hw1-leaf/to/m/report-event", Payload: []byte(
			`{"Header":{"Src":"hw1.leaf","MessageType":"report.event","TypeName":"gridworks.header"},` +
				`"Payload":{"TypeName":"report.event","Version":"000"},"TypeName":"gw"}`)}))
	}
	advance(t, w, time.Second)
	require.Equal(t, 10, strings.Count(middle.told(t), "an event cannot be passed on"), "rubbish does not fill the store")
	require.Contains(t, middle.told(t), "further ones are not told of for")
	advance(t, w, time.Minute)
	require.NoError(t, w.Publish(mqtt.Message{Topic: "gw/hw1-leaf/to/m/report-event", Payload: []byte(
		`{"Header":{"Src":"hw1.leaf","MessageType":"report.event","TypeName":"gridworks.header"},` +
			`"Payload":{"TypeName":"report.event","Version":"000"},"TypeName":"gw"}`)}))
	advance(t, w, time.Second)
	require.Equal(t, 11, strings.Count(middle.told(t), "an event cannot be passed on"))
}

// eventFiles are the files of events in a folder, oldest first.
func eventFiles(t *testing.T, dir string) (paths []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".json") {
			paths = append(paths, path)
		}
		return err
	}))
	return paths
}

func TestEventFilesThatAreDamaged(t *testing.T) {
	t.Run("GW-087 corrupt, empty and missing ones are told, and the others come through", func(t *testing.T) {
		dir := t.TempDir()
		child := newMember(t, "hw1.child", onDisk(dir), toParent)
		w := later(t, 0, child)
		advance(t, w, time.Second)
		ids := child.reports(t, w, 40)
		child.Shutdown("to be damaged")
		advance(t, w, time.Second)

		damage := func(from int, do func(path string) error) {
			for _, path := range eventFiles(t, dir) {
				for _, id := range ids[from : from+10] {
					if strings.Contains(path, id) {
						require.NoError(t, do(path))
					}
				}
			}
		}
		damage(0, func(path string) error { return os.WriteFile(path, []byte("corrupt"), 0o600) })
		damage(10, func(path string) error { return os.Truncate(path, 0) })
		require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o600))

		again, parent := newMember(t, "hw1.child", onDisk(dir), toParent), newMember(t, "hw1", nil, toChild)
		w = later(t, 1, again, parent)
		cut(t, w, 0, time.Minute, "hw1")
		advance(t, w, time.Second)
		damage(20, os.Remove)
		advance(t, w, time.Hour)
		require.Equal(t, ids[30:], firsts(parent.of("report.event")))
		require.NotEmpty(t, parent.of("gridworks.event.problem"))
		counts := again.counts(t, "parent")
		require.Positive(t, counts.ReuploadsStarted)
		require.Equal(t, counts.ReuploadsStarted, counts.ReuploadsCompleted)
		require.Equal(t, linkstate.Active, again.state(t, "parent"))
	})
	t.Run("a database that is none is an error that says which", func(t *testing.T) {
		for name, content := range map[string]string{"text": strings.Repeat("no database ", 1000), "short": "x"} {
			path := filepath.Join(t.TempDir(), name+".db")
			require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
			err := world(t, 1, newMember(t, "hw1.child", inBolt(path), toParent)).Advance(time.Second)
			require.ErrorContains(t, err, `proactor "hw1.child": the event store: `)
			require.ErrorContains(t, err, path)
			left, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, content, string(left), "and it is left as it is")
		}
	})
	t.Run("a folder that is a file is an error that says which", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "events")
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		err := world(t, 1, newMember(t, "hw1.child", onDisk(path), toParent)).Advance(time.Second)
		require.ErrorContains(t, err, path)
	})
	t.Run("a store that another program has is an error; it may be had later", func(t *testing.T) {
		on := inBolt(filepath.Join(t.TempDir(), "events.db"))
		first := newMember(t, "hw1.child", on, toParent)
		w := world(t, 1, first)
		advance(t, w, time.Second)
		require.ErrorIs(t, world(t, 1, newMember(t, "hw1.child", on, toParent)).Advance(time.Second), eventstore.ErrLocked)
		first.Shutdown("enough")
		advance(t, w, time.Second)
		advance(t, later(t, 1, newMember(t, "hw1.child", on, toParent)), time.Second)
	})
}

// fullDisk is a store whose disk is full, while it is.
type fullDisk struct {
	eventstore.Store
	full bool
}

func (d *fullDisk) Apply(changes []eventstore.Change) []eventstore.Result {
	results := make([]eventstore.Result, 0, len(changes))
	for _, c := range changes {
		if d.full && c.Op == eventstore.OpPersist {
			results = append(results, eventstore.Result{Err: fmt.Errorf("write %s: %w", c.ID, syscall.ENOSPC)})
			continue
		}
		results = append(results, d.Store.Apply([]eventstore.Change{c})...)
	}
	return results
}

// filling keeps events on a disk that can be full.
func filling(disk *fullDisk) func(*proactor.Options) {
	return func(o *proactor.Options) {
		o.Store = func(eventstore.Clock) (eventstore.Store, *problems.Problems, error) { return disk, nil, nil }
	}
}

func TestFullDisk(t *testing.T) {
	t.Run("what is not stored is said in the log, what was stored stays, and the peer hears all", func(t *testing.T) {
		disk := &fullDisk{Store: eventstore.NewMemory(0)}
		child, parent := newMember(t, "hw1.child", filling(disk), toParent), newMember(t, "hw1", nil, toChild)
		var log bytes.Buffer
		w, err := sim.New(sim.Options{Log: slog.NewTextHandler(&log, nil)})
		require.NoError(t, err)
		defer w.Close()
		require.NoError(t, w.AddNamedApp("hw1.child", child))
		require.NoError(t, w.AddNamedApp("hw1", parent))
		cut(t, w, time.Hour, time.Hour, "hw1")
		advance(t, w, time.Second)
		disk.full = true
		heard := child.reports(t, w, 3)
		require.Equal(t, heard, parent.of("report.event"), "with a peer there, the disk does not matter")
		disk.full = false
		advance(t, w, time.Hour)
		kept := child.reports(t, w, 3)
		disk.full = true
		lost := child.reports(t, w, 2)
		disk.full = false
		advance(t, w, 3*time.Hour)
		require.Empty(t, missing(kept, parent.of("report.event")))
		require.Len(t, missing(lost, parent.of("report.event")), 2)
		require.Contains(t, log.String(), "an event is not stored")
		require.Contains(t, log.String(), "no space left on device")
		require.Contains(t, log.String(), lost[1])
	})
}

func TestClockThatJumps(t *testing.T) {
	t.Run("events are kept and come through, in files and in a database", func(t *testing.T) {
		for name, on := range map[string]func(*proactor.Options){
			"files": onDisk(t.TempDir()), "bolt": inBolt(filepath.Join(t.TempDir(), "events.db")),
		} {
			t.Run(name, func(t *testing.T) {
				child := newMember(t, "hw1.child", on, toParent)
				w := later(t, 0, child)
				advance(t, w, time.Second)
				ids := child.reports(t, w, 5)
				for _, jump := range []time.Duration{-48 * time.Hour, 96 * time.Hour, -50 * 365 * 24 * time.Hour} {
					w.Clock().Jump(jump)
					ids = append(ids, child.reports(t, w, 5)...)
				}
				require.Equal(t, linkstate.AwaitingPeer, child.state(t, "parent"))
				child.Shutdown("to start again")
				advance(t, w, time.Second)

				again, parent := newMember(t, "hw1.child", on, toParent), newMember(t, "hw1", nil, toChild)
				w = later(t, 2, again, parent)
				advance(t, w, time.Minute)
				w.Clock().Jump(-time.Hour)
				advance(t, w, time.Minute)
				require.ElementsMatch(t, ids, firsts(parent.of("report.event")))
				require.Zero(t, again.Pending())
				require.Equal(t, linkstate.Active, again.state(t, "parent"))
			})
		}
	})
}

func TestPeerThatNeverAcks(t *testing.T) {
	t.Run("everything is kept, and nothing is sent without end", func(t *testing.T) {
		child, parent := newMember(t, "hw1.child", onDisk(t.TempDir()), toParent), newMember(t, "hw1", nil, toChild)
		w := world(t, 1, parent, child)
		advance(t, w, time.Second)
		parent.holding = true
		ids := child.reports(t, w, 60)
		require.GreaterOrEqual(t, child.Pending(), 60)
		require.Less(t, len(parent.got), 3000)
		parent.release()
		advance(t, w, time.Hour)
		require.Equal(t, ids, firsts(parent.of("report.event")))
		require.Zero(t, child.Pending())
	})
}

func TestPeerThatFloods(t *testing.T) {
	t.Run("with commands that nobody can keep up with: what is inside is processed still", func(t *testing.T) {
		took := 0
		parent := newMember(t, "hw1", func(o *proactor.Options) {
			o.BacklogMax = 1
			o.Setup = func(p *proactor.Proactor) error {
				return proactor.On(p, func(proactor.Message, tick) error {
					took++
					return nil
				})
			}
		}, toChild)
		child := newMember(t, "hw1.child", nil, toParent)
		w := world(t, 1, parent, child)
		advance(t, w, time.Second)
		for round := range 3 {
			for range 500 {
				require.NoError(t, child.Publish("parent", links.Outgoing{Payload: command{}}))
			}
			require.NoError(t, parent.Send(codec.Message{Payload: tick{}}))
			advance(t, w, time.Minute)
			require.Equal(t, round+1, took)
			floods := strings.Count(parent.told(t), "messages of peers are dropped")
			require.Positive(t, floods)
			require.LessOrEqual(t, floods, 10*(round+1), "a flood does not fill the store")
		}
	})
	t.Run("with debug messages that make no sense", func(t *testing.T) {
		child, parent := newMember(t, "hw1.child", nil, toParent), newMember(t, "hw1", nil, toChild)
		w := world(t, 1, parent, child)
		advance(t, w, time.Second)
		huge := 1 << 40
		require.NoError(t, parent.Publish("child", links.Outgoing{Payload: proactor.Debug{Levels: proactor.DebugLevels{Lifecycle: &huge}, Command: "?"}}))
		advance(t, w, time.Second)
		require.Equal(t, linkstate.Active, child.state(t, "parent"))
	})
}

func TestEventsThatAreWrong(t *testing.T) {
	m := newMember(t, "hw1.child", nil, toParent)
	advance(t, world(t, 1, m), time.Second)
	before := m.Pending()
	type stranger struct{ events.Header }
	require.ErrorIs(t, m.Generate(&stranger{}), codec.ErrUnknownType)
	require.Equal(t, before, m.Pending())
}

func TestFullDiskInTheMiddle(t *testing.T) {
	t.Run("an event from below is acknowledged when it is stored, and not before", func(t *testing.T) {
		disk := &fullDisk{Store: eventstore.NewMemory(0)}
		top := newMember(t, "hw1", nil, peer{name: "mid", long: "hw1.mid", short: "m", self: "p", down: true})
		middle := newMember(t, "hw1.mid", filling(disk),
			peer{name: "up", long: "hw1", short: "p", self: "m", up: true}, peer{name: "down", long: "hw1.leaf", short: "l", self: "m", down: true})
		leaf := newMember(t, "hw1.leaf", nil, peer{name: "mid", long: "hw1.mid", short: "m", self: "l", up: true})
		w := world(t, 1, top, middle, leaf)
		cut(t, w, time.Minute, time.Hour, "hw1", "hw1.mid:up")
		advance(t, w, 2*time.Minute)
		require.Zero(t, leaf.Pending())
		disk.full = true
		e := &report{N: 1}
		require.NoError(t, leaf.Generate(e))
		advance(t, w, 10*time.Minute)
		require.NotZero(t, leaf.Pending(), "nobody else has it")
		disk.full = false
		advance(t, w, 3*time.Hour)
		require.Zero(t, leaf.Pending())
		require.Equal(t, []string{e.MessageID}, firsts(top.of("report.event")))
	})
}
