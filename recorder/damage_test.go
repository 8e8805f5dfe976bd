package recorder_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/recorder"
	bolt "go.etcd.io/bbolt"
)

// damagePrey is a tape with several segments, and the bytes of its files when
// its recorder was killed and when it was closed.
type damagePrey struct {
	records             []recorder.Record
	closed, killed, log []byte
	dir                 string
}

func newPrey(t testing.TB, count int) *damagePrey {
	t.Helper()
	p := &damagePrey{records: realistic(count), dir: t.TempDir()}
	path := filepath.Join(p.dir, "x.hubtape")
	w := mustCreate(t, path, recorder.Options{ChunkRecords: 20, CommitChunks: 3})
	for i, r := range p.records {
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
		if i%10 == 9 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.killed, p.log = mustBytes(t, path), mustBytes(t, path+recorder.LogSuffix)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p.closed = mustBytes(t, path)
	return p
}

func mustBytes(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// put writes a tape, and a side log unless it is nil, and returns the path.
func (p *damagePrey) put(t testing.TB, tape, log []byte) string {
	t.Helper()
	path := filepath.Join(p.dir, "hurt.hubtape")
	_ = os.Remove(path + recorder.LogSuffix)
	err := os.WriteFile(path, tape, 0o600)
	if err == nil && log != nil {
		err = os.WriteFile(path+recorder.LogSuffix, log, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// check wants damage to be told, or to make no difference: never a crash, and
// never a shorter tape without a word.
func (p *damagePrey) check(t testing.TB, what string, path string) (told bool) {
	t.Helper()
	got, err := readTape(t, path, recorder.Query{})
	if !same(got, p.records[:min(len(got), len(p.records))]) {
		t.Fatalf("%s: the tape tells something that was never said", what)
	}
	if err == nil && len(got) != len(p.records) {
		t.Fatalf("%s: %d of %d records, and no error", what, len(got), len(p.records))
	}
	var damage *recorder.DamageError
	if err != nil && !errors.As(err, &damage) && !errors.Is(err, recorder.ErrNotTape) {
		t.Fatalf("%s: the error is not one of damage: %v", what, err)
	}
	if err != nil && strings.Contains(err.Error(), "\n") {
		t.Fatalf("%s: not one sentence: %v", what, err)
	}
	rep, verr := recorder.Verify(path, nil)
	if err != nil && verr == nil && rep.OK() {
		t.Fatalf("%s: reading says %v, and Verify that all is well", what, err)
	}
	return err != nil
}

func TestTruncatedTape(t *testing.T) {
	p := newPrey(t, 470)
	rnd := rand.New(rand.NewPCG(3, 0))
	told := 0
	for n := range 300 {
		size := rnd.IntN(len(p.closed))
		if n < 40 { // around the pages at both ends
			size = max(0, []int{0, 4096, 8192, len(p.closed) - 4096}[n%4]+n/4-5)
		}
		if p.check(t, "cut", p.put(t, p.closed[:size], nil)) {
			told++
		}
	}
	if told < 295 {
		t.Errorf("only %d of 300 were told", told)
	}
}

func TestFlippedBits(t *testing.T) {
	p := newPrey(t, 470)
	rnd := rand.New(rand.NewPCG(4, 0))
	told := 0
	for range 300 {
		b := append([]byte(nil), p.closed...)
		b[rnd.IntN(len(b))] ^= 1 << rnd.IntN(8)
		if p.check(t, "flip", p.put(t, b, nil)) {
			told++
		}
	}
	if told < 100 {
		t.Errorf("only %d of 300 were told", told)
	}
	// More of them in the pages that hold everything together.
	for at := 0; at < 4*4096*8; at += 199 {
		b := append([]byte(nil), p.closed...)
		b[at/8] ^= 1 << (at % 8)
		p.check(t, "flip in the first pages", p.put(t, b, nil))
	}
}

// Each byte of a small tape is changed, one after the other: that is told or
// makes no difference, and salvage saves every chunk but the one that was hit.
// HUBTAPE_FLIPS=1 tries every byte, which takes some minutes; else it is every
// 97th.
func TestEveryByte(t *testing.T) {
	step := 97
	if s := os.Getenv("HUBTAPE_FLIPS"); s != "" {
		var err error
		if step, err = strconv.Atoi(s); err != nil || step < 1 {
			t.Fatalf("HUBTAPE_FLIPS=%s is no step", s)
		}
	}
	p := newPrey(t, 150)
	dst := filepath.Join(p.dir, "saved.hubtape")
	tried, told, hit := 0, 0, 0
	for at := 0; at < len(p.closed); at += step {
		b := append([]byte(nil), p.closed...)
		b[at] ^= byte(at%255) + 1
		path := p.put(t, b, nil)
		tried++
		if !p.check(t, fmt.Sprintf("byte %d", at), path) {
			continue
		}
		told++
		_ = os.Remove(dst)
		s, err := recorder.Salvage(path, dst, nil)
		if err != nil {
			t.Fatalf("byte %d: %v", at, err)
		}
		if s.Lost > 20 || s.Records+s.Lost != 150 {
			t.Fatalf("byte %d: salvage saved %d records and lost %d", at, s.Records, s.Lost)
		}
		if s.Lost > 0 {
			hit++
		}
	}
	t.Logf("%d of %d bytes changed: %d told, %d of them in a chunk", tried, len(p.closed), told, hit)
	if told == 0 || hit == 0 {
		t.Error("no change was told, or none hit a chunk")
	}
}

func TestFlippedBitsAfterAKill(t *testing.T) {
	p := newPrey(t, 470)
	if got, err := readTape(t, p.put(t, p.killed, p.log), recorder.Query{}); err != nil || !same(got, p.records) {
		t.Fatalf("%d records, %v", len(got), err)
	}
	rnd := rand.New(rand.NewPCG(5, 0))
	for range 300 {
		log := append([]byte(nil), p.log...)
		log[rnd.IntN(len(log))] ^= 1 << rnd.IntN(8)
		if !p.check(t, "flip in the side log", p.put(t, p.killed, log)) {
			t.Fatal("a flipped bit in the side log was not told")
		}
		tape := append([]byte(nil), p.killed...)
		tape[rnd.IntN(len(tape))] ^= 1 << rnd.IntN(8)
		p.check(t, "flip in the tape of a killed recorder", p.put(t, tape, p.log))
	}
}

// What is whole is copied, and each hole is told.
func TestSalvage(t *testing.T) {
	p := newPrey(t, 470)
	dst := filepath.Join(p.dir, "saved.hubtape")
	salvage := func(t *testing.T, tape, log []byte) (recorder.Salvaged, []recorder.Record) {
		t.Helper()
		_ = os.Remove(dst)
		s, err := recorder.Salvage(p.put(t, tape, log), dst, nil)
		if err != nil {
			t.Fatal(err)
		}
		if rep, err := recorder.Verify(dst, nil); err != nil || !rep.OK() {
			t.Fatalf("the copy is damaged too: %+v, %v", rep, err)
		}
		var messages []recorder.Record
		for _, r := range mustRead(t, dst, recorder.Query{}) {
			if r.Kind != recorder.KindGap {
				messages = append(messages, r)
			}
		}
		return s, messages
	}
	t.Run("whole", func(t *testing.T) {
		s, got := salvage(t, p.closed, nil)
		if s.Lost != 0 || s.Records != 470 || !same(got, p.records) {
			t.Errorf("%+v, %d records", s, len(got))
		}
	})
	t.Run("killed", func(t *testing.T) {
		if s, got := salvage(t, p.killed, p.log); s.Lost != 0 || !same(got, p.records) {
			t.Errorf("%+v, %d records", s, len(got))
		}
	})
	t.Run("one chunk", func(t *testing.T) {
		b := append([]byte(nil), p.closed...)
		at := strings.Index(string(b), "HTCHUNK\x01")
		b[at+200] ^= 1
		s, got := salvage(t, b, nil)
		if s.Holes != 1 || s.Lost != 20 || len(got) != 450 {
			t.Errorf("%+v, %d records", s, len(got))
		}
	})
	t.Run("no meta pages", func(t *testing.T) {
		b := append([]byte(nil), p.closed...)
		clear(b[:8192])
		if s, got := salvage(t, b, nil); s.Lost != 0 || !same(got, p.records) {
			t.Errorf("%+v, %d records", s, len(got))
		}
	})
	t.Run("cut", func(t *testing.T) {
		s, got := salvage(t, p.closed[:len(p.closed)/2], nil)
		if s.Records == 0 || int(s.Records) != len(got) || !s.EndUnknown {
			t.Errorf("%+v, %d records", s, len(got))
		}
		all := mustRead(t, dst, recorder.Query{})
		if last := all[len(all)-1]; last.Kind != recorder.KindGap {
			t.Errorf("it ends with %+v, and does not say that the end is lost", last)
		}
	})
	t.Run("no tape", func(t *testing.T) {
		_ = os.Remove(dst)
		_, err := recorder.Salvage(p.put(t, []byte(strings.Repeat("no tape ", 5000)), nil), dst, nil)
		if !errors.Is(err, recorder.ErrNotTape) {
			t.Error(err)
		}
		if _, err := os.Stat(dst); err == nil {
			t.Error("it left a file behind")
		}
	})
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := filepath.Join(dir, "foreign.db")
	db, err := bolt.Open(foreign, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	locked := filepath.Join(dir, "locked.hubtape")
	w := mustCreate(t, locked, recorder.Options{})
	defer w.Close()
	for name, c := range map[string]struct {
		path string
		want error
	}{
		"missing":       {filepath.Join(dir, "nowhere"), fs.ErrNotExist},
		"empty":         {file("empty", nil), recorder.ErrNotTape},
		"text":          {file("text", []byte("hello")), recorder.ErrNotTape},
		"long text":     {file("long", make([]byte, 100_000)), recorder.ErrNotTape},
		"folder":        {dir, recorder.ErrNotTape},
		"other bbolt":   {foreign, recorder.ErrNotTape},
		"being written": {locked, recorder.ErrLocked},
	} {
		_, err := recorder.Open(c.path)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: Open = %v, want %v", name, err, c.want)
		}
		if _, verr := recorder.Verify(c.path, nil); !errors.Is(verr, c.want) {
			t.Errorf("%s: Verify = %v, want %v", name, verr, c.want)
		}
		if name != "being written" && name != "missing" {
			continue
		}
		if _, serr := recorder.Salvage(c.path, filepath.Join(dir, "out"), nil); !errors.Is(serr, c.want) {
			t.Errorf("%s: Salvage = %v, want %v", name, serr, c.want)
		}
	}
}

func TestNewerVersion(t *testing.T) {
	path := tempTape(t)
	writeTape(t, path, recorder.Options{}, realistic(3))
	recorder.SetFormat(t, path, recorder.FormatVersion+1)
	if _, err := recorder.Open(path); !errors.Is(err, recorder.ErrVersion) {
		t.Errorf("Open = %v, want ErrVersion", err)
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	path := tempTape(t)
	writeTape(t, path, recorder.Options{}, realistic(3))
	if _, err := recorder.Create(path, recorder.Options{}); !errors.Is(err, recorder.ErrExists) {
		t.Errorf("Create = %v, want ErrExists", err)
	}
	orphan := path + "2"
	if err := os.WriteFile(orphan+recorder.LogSuffix, make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := recorder.Create(orphan, recorder.Options{}); !errors.Is(err, recorder.ErrExists) {
		t.Errorf("over a side log: Create = %v, want ErrExists", err)
	}
	if _, err := recorder.Create(filepath.Join(path, "x"), recorder.Options{}); err == nil {
		t.Error("a tape inside a file")
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if len(left) != 2 {
		t.Errorf("files left behind: %v", left)
	}
}
