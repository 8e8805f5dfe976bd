package eventstore_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
)

const (
	// childEnv makes this test binary a program that stores events for ever.
	childEnv = "HUBTAPE_TEST_STORE"
	// killsEnv is how often it is killed, for each kind of store.
	killsEnv = "HUBTAPE_TEST_KILLS"
	// fullEnv makes it end when a file grows beyond so many bytes.
	fullEnv = "HUBTAPE_TEST_FULL"
)

func runChild() bool {
	kind, path, ok := strings.Cut(os.Getenv(childEnv), ":")
	if !ok {
		return false
	}
	for _, s := range openers {
		if s.name == kind {
			rt := clock.NewSystem(clock.SystemOptions{})
			store, _, err := s.open(eventstore.Options{Path: path, Clock: rt})
			if err != nil {
				fmt.Println("open:", err)
				return true
			}
			if limit, err := strconv.ParseUint(os.Getenv(fullEnv), 10, 64); err != nil {
				childStore(store)
			} else if err := limitFiles(limit); err != nil {
				fmt.Println("skip: the size of files cannot be limited:", err)
			} else {
				childFull(store)
			}
		}
	}
	return true
}

func childContent(id string) string { return strings.Repeat("content of "+id+" ", 40) }

// childStore tells after each batch what is stored, and before each Clear that
// it may be gone.
func childStore(s eventstore.Store) {
	rnd := rand.New(rand.NewPCG(uint64(os.Getpid()), 1))
	pid := strconv.Itoa(os.Getpid())
	for n := 0; ; {
		var changes []eventstore.Change
		for range 1 + rnd.IntN(4) {
			id := pid + "-" + strconv.Itoa(n)
			n++
			changes = append(changes, eventstore.Change{Op: eventstore.OpPersist, ID: id, Content: []byte(childContent(id))})
			fmt.Println("begin", id)
		}
		for i, r := range s.Apply(changes) {
			if r.Err != nil || !r.Problems.Empty() {
				fmt.Println("failed:", r.Err, r.Problems)
				return
			}
			fmt.Println("stored", changes[i].ID)
		}
		for _, id := range s.Pending() {
			if rnd.IntN(8) == 0 {
				fmt.Println("clear", id)
				if p, err := s.Clear(id); err != nil || !p.Empty() {
					fmt.Println("failed:", err, p)
					return
				}
				fmt.Println("cleared", id)
			}
		}
	}
}

// A process that is killed at any moment loses no event whose persist returned,
// and leaves none behind that was never persisted, or cleared.
func TestKilled(t *testing.T) {
	kills := 50
	if n, err := strconv.Atoi(os.Getenv(killsEnv)); err == nil {
		kills = n
	}
	if testing.Short() {
		kills = 5
	}
	for _, s := range openers {
		t.Run(s.name, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(3, uint64(len(s.name))))
			o := eventstore.Options{Path: filepath.Join(t.TempDir(), "events"), Clock: clock.NewVirtual(clock.VirtualOptions{})}
			states := map[string]string{}
			for range kills {
				killAfter(t, s.name+":"+o.Path, rnd.IntN(120), states)
				store, found, err := s.open(o)
				require.NoError(t, err)
				require.True(t, found.Empty(), found.String())
				checkKilled(t, store, states)
				require.NoError(t, store.Close())
			}
		})
	}
}

// killAfter lets a child run until it has said a number of lines, kills it, and
// notes the last state of each event that it told.
func killAfter(t *testing.T, store string, lines int, states map[string]string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+store)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	n := 0
	for s := bufio.NewScanner(out); s.Scan(); n++ {
		state, id, ok := strings.Cut(s.Text(), " ")
		require.True(t, ok && slices.Contains([]string{"begin", "stored", "clear", "cleared"}, state), s.Text())
		states[id] = state
		if n == lines {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	require.GreaterOrEqual(t, n, lines)
	require.Error(t, cmd.Wait())
}

func checkKilled(t *testing.T, store eventstore.Store, states map[string]string) {
	t.Helper()
	pending := map[string]bool{}
	for _, id := range store.Pending() {
		pending[id] = true
		content, found, err := store.Retrieve(id)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, childContent(id), string(content))
		require.Contains(t, []string{"begin", "stored", "clear"}, states[id], id)
		states[id] = "stored"
	}
	for id, state := range states {
		require.True(t, pending[id] || state != "stored", "%s is lost", id)
		if !pending[id] {
			states[id] = "cleared"
		}
	}
}
