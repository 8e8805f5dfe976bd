package sim_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/sim"
)

func TestDigest(t *testing.T) {
	first := evening(t, sim.Options{Seed: 1}, 10*time.Second)
	for range 20 {
		if got := evening(t, sim.Options{Seed: 1}, 10*time.Second); got != first {
			t.Fatalf("two runs, two digests: %s and %s", first, got)
		}
	}
	if evening(t, sim.Options{Seed: 2}, 10*time.Second) == first {
		t.Error("another seed must give other delays, and so another digest")
	}
	if evening(t, sim.Options{Seed: 1}, 11*time.Second) == first {
		t.Error("another app must give another digest")
	}
	const want = "2e6808946ef91b94d3e5bac68e9ae8ab0e1eb22adf0340ba0b469570ea2f81b2"
	if first != want {
		t.Errorf("the digest of this run is %s, was %s: whoever changes how events are written raises digestVersion", first, want)
	}
}

func TestSelfCheckNamesTheFirstDifference(t *testing.T) {
	check, err := sim.NewSelfCheck()
	must(t, err)
	defer check.Close()
	run := func(delay time.Duration) error {
		evening(t, sim.Options{Trace: check.NextRun()}, delay)
		return check.EndRun()
	}
	must(t, run(150*time.Second))
	must(t, run(150*time.Second))
	err = run(50 * time.Millisecond)
	var diff *sim.Difference
	if !errors.As(err, &diff) || diff.Run != 3 {
		t.Fatalf("got %v, want a difference in run 3", err)
	}
	if !strings.Contains(diff.Later, "OFF") || !strings.Contains(diff.Later, "50ms") {
		t.Errorf("the first event that differs is the early OFF:\n%v", diff)
	}
	must(t, check.Close())
}

func TestRunIsKeptAsATape(t *testing.T) {
	path := t.TempDir() + "/run.hubtape"
	writer, err := recorder.Create(path, recorder.Options{Start: clock.DefaultStart})
	must(t, err)
	evening(t, sim.Options{Record: writer}, 10*time.Second)
	must(t, writer.Close())
	tape, err := recorder.Open(path)
	must(t, err)
	defer tape.Close()
	kinds := map[recorder.Kind]int{}
	lamp := 0
	cursor := tape.Cursor(recorder.Query{})
	for cursor.Next() {
		kinds[cursor.Record().Kind]++
		if cursor.Record().Topic == "lamp/set" && cursor.Record().Kind == recorder.KindMessage {
			lamp++
		}
	}
	must(t, cursor.Err())
	if kinds[recorder.KindMessage] < 210 || kinds[recorder.KindConnect] < 4 || kinds[recorder.KindSubscribe] != 2 || lamp == 0 {
		t.Errorf("the tape holds %v, %d commands", kinds, lamp)
	}
}
