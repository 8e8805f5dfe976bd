package doorlock_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/scenarios/library/doorlock"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	closed = `{"contact":true}`
	open   = `{"contact":false}`

	locked   = `{"state":"LOCK","lock_state":"locked"}`
	jammed   = `{"state":"UNLOCK","lock_state":"not_fully_locked"}`
	unlocked = `{"state":"UNLOCK","lock_state":"unlocked"}`

	after   = time.Minute // the defaults
	confirm = 10 * time.Second
)

func newWorld(t *testing.T, kept ...mqtt.Message) *simtest.World {
	t.Helper()
	w := simtest.New(t, sim.Options{})
	w.SetRetained(kept...)
	w.AddApp("lock", doorlock.New(doorlock.Params{Lock: "lock", Contact: "door"}))
	return w
}

// locks wants the command after d, and nothing before.
func locks(w *simtest.World, d time.Duration) {
	w.Never("#", "", d-time.Millisecond)
	w.RouteUntil("lock/set", `{"state":"LOCK"}`, time.Millisecond)
}

func TestLocks(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.Publish("door", open)
		w.Publish("lock", unlocked)
		w.Never("#", "", time.Hour)
		w.Publish("door", closed)
		locks(w, after)
		w.Publish("lock", locked)
		w.Never("#", "", time.Hour)
	}
}

func TestTriesThreeTimes(t *testing.T) {
	w := newWorld(t)
	w.Publish("door", closed)
	locks(w, after)
	w.Publish("lock", `{"state":"LOCK"}`)
	w.Publish("lock", `{"state":"LOCK","lock_state":"unlocked"}`)
	locks(w, confirm)
	w.Publish("lock", jammed)
	locks(w, confirm)
	w.Never("#", "", confirm-time.Millisecond)
	w.RouteUntil("house/alarm", `{"problem":"the front door is not locked"}`, time.Millisecond)
	w.Never("#", "", 24*time.Hour)
	w.Publish("door", open) // whoever comes to see begins anew
	w.Publish("door", closed)
	locks(w, after)
}

// Somebody comes back before it is locked: the minute begins when they have gone.
func TestDoorOpensAgain(t *testing.T) {
	w := newWorld(t)
	w.Publish("door", closed)
	w.Never("#", "", after-time.Second)
	w.Publish("door", open)
	w.Never("#", "", time.Hour)
	w.Publish("door", closed)
	w.Never("#", "", 30*time.Second)
	w.Publish("door", closed) // a word about its battery
	locks(w, after-30*time.Second)
	w.Publish("door", open)
	w.Never("#", "", time.Hour)
}

// A door that is unlocked by hand and stays closed is locked again, like one that
// was closed.
func TestUnlockedByHand(t *testing.T) {
	w := newWorld(t)
	w.Publish("lock", locked)
	w.Publish("door", closed)
	w.Publish("lock", `{"state":"LOCK","battery":71}`)
	w.Never("#", "", time.Hour)
	w.Publish("lock", unlocked)
	locks(w, after)
}

func TestKept(t *testing.T) {
	w := newWorld(t, mqtt.Message{Topic: "door", Payload: []byte(closed), Retain: true})
	locks(w, after)
	w.Publish("lock", locked)
	w.Never("#", "", time.Hour)
}

func TestNonsense(t *testing.T) {
	w := newWorld(t)
	for _, payload := range []string{"", "LOCK", "{", `{"contact":1}`, `{"battery":5}`, "null"} {
		w.Publish("lock", payload)
		w.Publish("door", payload)
	}
	w.Never("#", "", time.Hour)
}
