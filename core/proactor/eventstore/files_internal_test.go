package eventstore

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/problems"
)

var errBroken = errors.New("the disk is broken")

// onMem opens a store on a disk in memory.
func onMem(t *testing.T, o Options) (*Files, *memDisk, *testClock) {
	t.Helper()
	d, clock := newMemDisk(), &testClock{}
	o.Path, o.Clock = "/store", clock
	f, found, err := openFiles(o, d)
	require.NoError(t, err)
	require.True(t, found.Empty())
	return f, d, clock
}

func put(t *testing.T, f *Files, id, content string) *problems.Problems {
	t.Helper()
	p, err := f.Persist(id, []byte(content))
	require.NoError(t, err)
	require.NoError(t, p.Err())
	return p
}

func TestNames(t *testing.T) {
	f, d, clock := onMem(t, Options{})
	t.Run("GW-100 one file an event in one folder a UTC day", func(t *testing.T) {
		put(t, f, "5f0c-11", "{}")
		put(t, f, "a/b", "{}") // at the same instant
		clock.at += 7*time.Hour + 5*time.Millisecond
		put(t, f, "c", "{}")
		require.Equal(t, []string{
			"/store/20260110T000000Z/20260110T170000.000000000Z.uid[5f0c-11].json",
			"/store/20260110T000000Z/20260110T170000.000000001Z.uid[a%2Fb].json",
			"/store/20260111T000000Z/20260111T000000.005000000Z.uid[c].json",
		}, d.files())
	})
	t.Run("GW-104 a folder goes with its last event", func(t *testing.T) {
		_, err := f.Clear("a/b")
		require.NoError(t, err)
		require.Contains(t, d.now, "/store/20260110T000000Z")
		_, err = f.Clear("5f0c-11")
		require.NoError(t, err)
		require.NotContains(t, d.now, "/store/20260110T000000Z")
		require.Contains(t, d.now, "/store/20260111T000000Z")
		put(t, f, "c", "again") // the only one of its day is replaced
		require.Equal(t, []string{"/store/20260111T000000Z/20260111T000000.005000001Z.uid[c].json"}, d.files())
	})
}

func TestDayFolders(t *testing.T) {
	f, d, clock := onMem(t, Options{BytesMax: 40})
	days := func() (names []string) {
		for _, path := range d.names("/store") {
			names = append(names, filepath.Base(path)[6:8])
		}
		return names
	}
	t.Run("GW-105 dropping the last event of a day removes its folder", func(t *testing.T) {
		for i := range 4 {
			put(t, f, fmt.Sprint("e", i), "1234567890")
			clock.at += 24 * time.Hour
		}
		require.Equal(t, []string{"10", "11", "12", "13"}, days())
		put(t, f, "double", strings.Repeat("x", 20))
		require.Equal(t, []string{"12", "13", "14"}, days())
		clock.at += 24 * time.Hour
		put(t, f, "quadruple", strings.Repeat("x", 40))
		require.Equal(t, []string{"15"}, days())
	})
	t.Run("a folder with something else in it stays", func(t *testing.T) {
		d.now["/store/20260115T000000Z/notes.txt"] = &memNode{content: []byte("mine")}
		_, err := f.Clear("quadruple")
		require.NoError(t, err)
		require.Equal(t, []string{"15"}, days())
	})
}

func TestMissingFile(t *testing.T) {
	f, d, _ := onMem(t, Options{BytesMax: 30})
	lose := func(id string) { delete(d.now, f.at(f.index.get(id).path)) }
	for _, id := range []string{"a", "b", "c"} {
		put(t, f, id, "1234567890")
	}
	t.Run("GW-112 retrieve: an error, and the event stays pending", func(t *testing.T) {
		lose("a")
		_, found, err := f.Retrieve("a")
		require.True(t, found)
		require.ErrorIs(t, err, ErrMissing)
		var event *EventError
		require.ErrorAs(t, err, &event)
		require.Equal(t, "/store/"+f.index.get("a").path, event.Path)
		require.Equal(t, 3, f.NumPending())
	})
	t.Run("GW-110 met while dropping: a warning, and the event is stored", func(t *testing.T) {
		p := put(t, f, "d", "1234567890")
		require.True(t, p.Has(ErrMissing))
		require.Equal(t, []string{"b", "c", "d"}, f.Pending())
		require.Equal(t, int64(30), f.Bytes())
	})
	t.Run("GW-107 met while replacing: a second warning", func(t *testing.T) {
		lose("b")
		p := put(t, f, "b", "12345")
		require.Equal(t, 2, p.WarningCount())
		require.True(t, p.Has(ErrReplaced) && p.Has(ErrMissing))
		require.Equal(t, int64(25), f.Bytes())
	})
	t.Run("GW-111 clear: a warning, and its bytes no longer count", func(t *testing.T) {
		lose("c")
		p, err := f.Clear("c")
		require.NoError(t, err)
		require.Equal(t, 1, p.WarningCount())
		require.True(t, p.Has(ErrMissing))
		require.Equal(t, int64(15), f.Bytes())
	})
}

func TestFailures(t *testing.T) {
	failing := func(d *memDisk, op, in string) {
		d.fail = func(o, path string) error {
			if o == op && strings.Contains(path, in) {
				return errBroken
			}
			return nil
		}
	}
	t.Run("GW-109 the error has the cause, the event and the place", func(t *testing.T) {
		for _, op := range []string{"mkdir", "write", "sync", "rename", "syncdir"} {
			f, d, _ := onMem(t, Options{})
			failing(d, op, "")
			p, err := f.Persist("a", []byte("1"))
			require.ErrorIs(t, err, errBroken, op)
			require.ErrorContains(t, err, `persist event "a" at /store/20260110T000000Z/`)
			require.ErrorContains(t, err, "(0 events with 0 bytes are still stored)")
			require.True(t, p.Empty())
			require.Zero(t, f.NumPending())
			require.Empty(t, d.files(), op)
		}
	})
	t.Run("GW-110 nothing is stored when no room can be made", func(t *testing.T) {
		f, d, _ := onMem(t, Options{BytesMax: 10})
		put(t, f, "old", "1234567890")
		failing(d, "remove", "[old]")
		_, err := f.Persist("new", []byte("1234567890"))
		require.ErrorIs(t, err, ErrTrim)
		require.ErrorIs(t, err, errBroken)
		require.ErrorContains(t, err, `drop event "old"`)
		require.Equal(t, []string{"old"}, f.Pending())
		require.Len(t, d.files(), 1)
		require.Zero(t, f.Dropped())
	})
	t.Run("a clear that fails leaves the event", func(t *testing.T) {
		f, d, _ := onMem(t, Options{})
		put(t, f, "a", "1")
		failing(d, "remove", "")
		_, err := f.Clear("a")
		require.ErrorIs(t, err, errBroken)
		require.Equal(t, []string{"a"}, f.Pending())
	})
	t.Run("one of a batch fails", func(t *testing.T) {
		f, d, _ := onMem(t, Options{})
		failing(d, "write", "[b]")
		results := f.Apply([]Change{{OpPersist, "a", []byte("1")}, {OpPersist, "b", []byte("2")}, {OpPersist, "c", []byte("3")}})
		require.NoError(t, results[0].Err)
		require.ErrorIs(t, results[1].Err, errBroken)
		require.NoError(t, results[2].Err)
		require.Equal(t, []string{"a", "c"}, f.Pending())
	})
	t.Run("the replaced file cannot be removed: the new one counts, also later", func(t *testing.T) {
		f, d, _ := onMem(t, Options{})
		put(t, f, "a", "older")
		failing(d, "remove", "[a]")
		p := put(t, f, "a", "new")
		require.True(t, p.Has(errBroken))
		require.Equal(t, int64(3), f.Bytes())
		d.fail = nil
		found, err := f.Reindex()
		require.NoError(t, err)
		require.True(t, found.Has(ErrReplaced))
		content, _, err := f.Retrieve("a")
		require.NoError(t, err)
		require.Equal(t, "new", string(content))
		require.Equal(t, int64(3), f.Bytes(), "GW-108: the older file does not count")
		require.Len(t, d.files(), 1)
	})
	t.Run("one sync of the folder for a batch", func(t *testing.T) {
		f, d, _ := onMem(t, Options{})
		synced := 0
		d.fail = func(op, _ string) error {
			if op == "syncdir" {
				synced++
			}
			return nil
		}
		changes := make([]Change, 50)
		for i := range changes {
			changes[i] = Change{OpPersist, fmt.Sprint(i), []byte("1")}
		}
		f.Apply(changes)
		require.Equal(t, 1, synced)
	})
}

func TestReindexProblems(t *testing.T) {
	const day = "/store/20260110T000000Z/"
	file := func(s string) *memNode { return &memNode{content: []byte(s)} }
	fresh := func(t *testing.T) (*Files, *memDisk) {
		f, d, _ := onMem(t, Options{})
		put(t, f, "good", "1")
		return f, d
	}
	t.Run("GW-113 what cannot be read is told, the rest is indexed", func(t *testing.T) {
		f, d := fresh(t)
		d.now[day+"20260110T180000.000000000Z.uid[locked].json"] = file("x")
		d.now["/store/20260111T000000Z"] = &memNode{dir: true}
		d.now["/store/20260112T000000Z"] = &memNode{dir: true}
		d.now["/store/20260112T000000Z/20260112T180000.000000000Z.uid[late].json"] = file("22")
		d.fail = func(op, path string) error {
			if op == "stat" && strings.Contains(path, "locked") || op == "list" && strings.Contains(path, "11T") {
				return errBroken
			}
			return nil
		}
		found, err := f.Reindex()
		require.NoError(t, err)
		require.Equal(t, 2, found.ErrorCount())
		require.Contains(t, found.Errors()[0].Error(), "reindex at "+day+"20260110T180000.000000000Z.uid[locked].json: the disk is broken")
		require.Contains(t, found.Errors()[1].Error(), "reindex at /store/20260111T000000Z: the disk is broken")
		require.Equal(t, []string{"good", "late"}, f.Pending())
		require.Equal(t, int64(3), f.Bytes())
	})
	t.Run("an empty file is an error, and stays", func(t *testing.T) {
		f, d := fresh(t)
		d.now[day+"20260110T180000.000000000Z.uid[empty].json"] = file("")
		found, err := f.Reindex()
		require.NoError(t, err)
		require.ErrorIs(t, found.Err(), ErrEmpty)
		require.Equal(t, []string{"good"}, f.Pending())
		require.Len(t, d.files(), 2)
	})
	t.Run("an empty file does not replace a good one", func(t *testing.T) {
		f, d := fresh(t)
		d.now[day+"20260110T180000.000000000Z.uid[good].json"] = file("")
		_, err := f.Reindex()
		require.NoError(t, err)
		require.Equal(t, []string{"good"}, f.Pending())
		require.Equal(t, int64(1), f.Bytes())
	})
	t.Run("what is not ours is a warning, and stays", func(t *testing.T) {
		f, d := fresh(t)
		names := []string{
			"/store/README", "/store/20260110", "/store/20260110T010000Z", day + "notes.txt", day + "folder",
			day + "20260110T180000.000000000Z.uid[].json", day + "x",
			day + "20260110T180000.000000000Z.uid[%41].json", day + "20260110T180000.000000000Z.uid[%4].json",
			day + "20260110T180000.000000000Z.uid[a b].json", day + "20260110T180000Z.uid[a].json",
			day + "20260110T180000,000000000Z.uid[a].json",
			day + "22000110T180000.000000000Z.uid[a].json", day + "19690110T180000.000000000Z.uid[a].json",
			day + "20260110T180000.000000000Z.uid[" + strings.Repeat("x", IDBytesMax+1) + "].json",
			day + "20260110T180000.000000000Z.uid[link].json", "/store/20260113T000000Z",
		}
		for _, name := range names {
			d.now[name] = file("x")
		}
		d.now[day+"folder"] = &memNode{dir: true}
		d.now[day+"20260110T180000.000000000Z.uid[link].json"] = &memNode{other: true}
		found, err := f.Reindex()
		require.NoError(t, err)
		require.NoError(t, found.Err())
		require.Equal(t, len(names), found.WarningCount(), found.String())
		require.True(t, found.Has(ErrForeign))
		require.Equal(t, []string{"good"}, f.Pending())
		require.Len(t, d.files(), len(names))
	})
	t.Run("names as the original wrote them are read", func(t *testing.T) {
		f, d := fresh(t)
		old := "/store/2022-01-01T00:00:00+00:00"
		d.now[old] = &memNode{dir: true}
		for _, name := range []string{"2022-01-01T12:00:00.000001+00:00.uid[second].json", "2022-01-01T12:00:00+00:00.uid[first].json"} {
			d.now[old+"/"+name] = file(name)
		}
		found, err := f.Reindex()
		require.NoError(t, err)
		require.True(t, found.Empty(), found.String())
		require.Equal(t, []string{"first", "second", "good"}, f.Pending())
		content, _, err := f.Retrieve("first")
		require.NoError(t, err)
		require.Contains(t, string(content), "[first]")
		for _, id := range []string{"first", "second"} {
			_, err = f.Clear(id)
			require.NoError(t, err)
		}
		require.NotContains(t, d.now, old)
	})
	t.Run("what a killed process left is removed", func(t *testing.T) {
		f, d := fresh(t)
		d.now["/store/20260111T000000Z"] = &memNode{dir: true}
		d.now["/store/20260111T000000Z/20260111T180000.000000000Z.uid[half].json.new"] = file("x")
		d.now["/store/20260111T000000Z/other.json.new"] = file("x")
		d.now["/store/20260112T000000Z"] = &memNode{dir: true}
		found, err := f.Reindex()
		require.NoError(t, err)
		require.Equal(t, 1, found.WarningCount(), "only what this store names may it remove")
		require.Len(t, d.files(), 2)
		require.NotContains(t, d.now, "/store/20260112T000000Z")
	})
	t.Run("GW-114 a folder that is missing is an empty store", func(t *testing.T) {
		f, d := fresh(t)
		clear(d.now)
		found, err := f.Reindex()
		require.NoError(t, err)
		require.True(t, found.Empty())
		require.Zero(t, f.NumPending())
		put(t, f, "a", "1")
	})
	t.Run("a folder that cannot be read is an error, and nothing changes", func(t *testing.T) {
		f, d := fresh(t)
		d.fail = func(op, path string) error { return &fs.PathError{Op: op, Path: path, Err: fs.ErrPermission} }
		found, err := f.Reindex()
		require.ErrorIs(t, err, fs.ErrPermission)
		require.Nil(t, found)
		require.Equal(t, []string{"good"}, f.Pending())
	})
	t.Run("many problems are counted, few are kept", func(t *testing.T) {
		f, d := fresh(t)
		for i := range 1000 {
			d.now[fmt.Sprintf("%s%d.txt", day, i)] = file("x")
		}
		found, err := f.Reindex()
		require.NoError(t, err)
		require.Equal(t, 1000, found.WarningCount())
		require.Len(t, found.Warnings(), problems.LimitDefault)
	})
}

func TestDamagedFiles(t *testing.T) {
	f, d, _ := onMem(t, Options{})
	events := map[string]string{}
	for i := range 60 {
		id := fmt.Sprint("e", i)
		events[id] = fmt.Sprintf(`{"n":%d}`, i)
		put(t, f, id, events[id])
	}
	t.Run("GW-087 corrupt, empty and missing files among good ones", func(t *testing.T) {
		for i, path := range slices.Clone(d.files()) {
			switch i % 6 {
			case 0:
				d.now[path] = &memNode{content: append(d.now[path].content, '}')}
			case 1:
				d.now[path] = &memNode{}
			case 2:
				delete(d.now, path)
			}
		}
		var good, damaged, missing int
		for _, id := range f.Pending() {
			content, found, err := f.Retrieve(id)
			require.True(t, found)
			switch {
			case err == nil:
				good++
				require.Equal(t, events[id], string(content))
			case errors.Is(err, ErrDamaged):
				damaged++
			case errors.Is(err, ErrMissing):
				missing++
			default:
				t.Fatal(err)
			}
			p, err := f.Clear(id)
			require.NoError(t, err)
			require.Equal(t, p.WarningCount(), map[bool]int{true: 1}[p.Has(ErrMissing)])
		}
		require.Equal(t, []int{30, 20, 10}, []int{good, damaged, missing})
		require.Zero(t, f.Bytes())
		require.Empty(t, d.files())
	})
	t.Run("a huge file is not read", func(t *testing.T) {
		put(t, f, "huge", "1")
		d.now[d.files()[0]].size = 1 << 60
		_, err := f.Reindex()
		require.NoError(t, err)
		_, found, err := f.Retrieve("huge")
		require.True(t, found)
		require.ErrorIs(t, err, ErrTooLarge)
	})
}

func TestPat(t *testing.T) {
	t.Run("GW-115 a pat at most once a second, and none for an empty store", func(t *testing.T) {
		for _, c := range []struct {
			every time.Duration
			want  int
		}{{0, 10}, {2 * time.Second, 5}, {time.Millisecond, 100}, {time.Hour, 0}} {
			pats := 0
			f, d, clock := onMem(t, Options{Pat: func() { pats++ }, PatEvery: c.every})
			_, err := f.Reindex()
			require.NoError(t, err)
			require.Zero(t, pats)
			for i := range 100 {
				put(t, f, fmt.Sprint(i), "1")
			}
			d.fail = func(op, _ string) error {
				if op == "stat" {
					clock.at += 101 * time.Millisecond
				}
				return nil
			}
			_, err = f.Reindex()
			require.NoError(t, err)
			require.Equal(t, c.want, pats, c.every)
		}
	})
}

func TestDates(t *testing.T) {
	f, _, clock := onMem(t, Options{})
	clock.at = time.Duration(1<<63 - 1) // beyond 2199
	_, err := f.Persist("a", []byte("1"))
	require.ErrorIs(t, err, ErrDate)
	require.Zero(t, f.NumPending())
	clock.at = -100 * 365 * 24 * time.Hour
	put(t, f, "b", "1")
	put(t, f, "c", "1")
	found, err := f.Reindex()
	require.NoError(t, err)
	require.True(t, found.Empty())
	require.Equal(t, []string{"b", "c"}, f.Pending())
}

func FuzzFileName(f *testing.F) {
	for _, id := range []string{"a", "../x", "%41", "].json", "\x00\xff", "ü", strings.Repeat("x", 70)} {
		f.Add(id, int64(1))
	}
	f.Fuzz(func(t *testing.T, id string, at int64) {
		if len(id) == 0 || len(id) > IDBytesMax || at < 0 || at >= dateEnd {
			return
		}
		path := fileName(at, id)
		day, name := filepath.Split(path)
		require.True(t, isDayName(strings.TrimSuffix(day, "/")), path)
		require.LessOrEqual(t, len(name)+len(tempEnds), 255)
		for i := range len(name) {
			c := name[i]
			require.True(t, plain(c) || c == '[' || c == ']' || c == '%', path)
		}
		gotAt, gotID, ok := parseName(name)
		require.True(t, ok, path)
		require.Equal(t, at, gotAt)
		require.Equal(t, id, gotID)
	})
}

// Whatever names stand in a folder, reindexing neither panics nor removes what
// is no temporary file or older double, and what it indexes can be retrieved.
func FuzzReindex(f *testing.F) {
	f.Add("20260110T000000Z", "20260110T180000.000000000Z.uid[a].json", "20260110T180000.000000001Z.uid[a].json", "x")
	f.Add("2022-01-01T00:00:00+00:00", "2022-01-01T12:00:00+00:00.uid[a].json", "a.json.new", "")
	f.Fuzz(func(t *testing.T, day, one, two, content string) {
		d := newMemDisk()
		require.NoError(t, d.MakeDir("/store"))
		for _, name := range []string{day, one, two} {
			if name == "" || strings.ContainsAny(name, "/\x00") || name == "." || name == ".." {
				return
			}
		}
		dir := filepath.Join("/store", day)
		d.now[dir] = &memNode{dir: true}
		d.now[filepath.Join(dir, one)] = &memNode{content: []byte(content)}
		d.now[filepath.Join(dir, two)] = &memNode{content: []byte("2")}
		s, found, err := openFiles(Options{Path: "/store", Clock: &testClock{}}, d)
		require.NoError(t, err)
		for _, id := range s.Pending() {
			_, ok, err := s.Retrieve(id)
			require.NoError(t, err)
			require.True(t, ok)
		}
		p, err := s.Persist("new", []byte("3"))
		require.NoError(t, err)
		require.NoError(t, p.Err())
		require.Equal(t, "new", s.Pending()[s.NumPending()-1])
		_ = found.String()
	})
}
