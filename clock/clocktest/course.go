package clocktest

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// stepsKept is how many steps of a first run are kept, to name the one at which
// a later run took another course.
const stepsKept = 20_000

// course is what happened in one virtual run, step by step.
type course struct {
	hash  hash.Hash
	steps []string
	n     int
}

func (c *course) step(at time.Duration, what string) {
	if c.hash == nil {
		c.hash = sha256.New()
	}
	line := fmt.Sprintf("%d %s\n", at, what)
	c.hash.Write([]byte(line))
	if c.n++; c.n <= stepsKept {
		c.steps = append(c.steps, line)
	}
}

func (c *course) sum() string {
	if c.hash == nil {
		return ""
	}
	return string(c.hash.Sum(nil))
}

// courses holds the first run of each test, and how often it was run again.
type courses struct {
	mu    sync.Mutex
	first map[string]*course
	runs  int
}

// digesting: this process is to print a digest.
var digesting = os.Getenv("HUBTAPE_DIGEST") != ""

var known = courses{first: map[string]*course{}}

func (k *courses) compare(t *testing.T, c *course) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.runs++
	first, ok := k.first[t.Name()]
	if !ok {
		k.first[t.Name()] = c
		return
	}
	if first.sum() == c.sum() {
		return
	}
	for i, step := range first.steps {
		if i >= len(c.steps) || c.steps[i] != step {
			t.Fatalf("this run is not the first one: step %d was %q, now %q", i, step, append(c.steps, "the end")[i])
		}
	}
	t.Fatalf("this run is not the first one: it has %d steps, the first had %d", c.n, first.n)
}

// digest is one hash over all tests that were run, by name.
func (k *courses) digest() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(k.first)) {
		fmt.Fprintf(h, "%s %x\n", name, k.first[name].sum())
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// Main is a TestMain: it runs the tests, fails when goroutines are left over,
// and with HUBTAPE_DIGEST=1 prints one digest over the courses of all virtual
// runs.
func Main(m *testing.M) {
	code := LeakChecked{m}.Run()
	if code == 0 && digesting {
		fmt.Printf("digest of %d virtual tests in %d runs: %s %s\n", len(known.first), known.runs, known.digest()[:12], filepath.Base(os.Args[0]))
	}
	os.Exit(code)
}

// LeakChecked is the M of a TestMain that fails when goroutines are left over.
type LeakChecked struct{ *testing.M }

// Run runs the tests and returns their exit code.
func (m LeakChecked) Run() int {
	code := m.M.Run()
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, "goroutines are left over:", err)
		return 1
	}
	return 0
}
