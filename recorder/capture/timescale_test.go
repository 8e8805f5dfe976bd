package capture_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/recorder/capture"
)

// The times on a tape are those of the hub's clock.
func TestTimeScale(t *testing.T) {
	const scale = 10_000
	date := time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)
	b := startBroker(t, "")
	s := begin(t, capture.Options{Broker: b.url(), TimeScale: scale, Date: date})
	began := time.Now()
	s.until(t, "the connection", func(p capture.Progress) bool { return p.Connected })
	pub := connect(t, b)
	publish(t, pub, "z/hall", 1, false, "first")
	s.until(t, "a message", func(p capture.Progress) bool { return p.Messages == 1 })
	least := time.Since(began) // of real time has passed before the second message
	publish(t, pub, "z/hall", 1, false, "second")
	s.until(t, "another", func(p capture.Progress) bool { return p.Messages == 2 })
	most := time.Since(began) + time.Second
	if p := s.Progress(); p.Elapsed < least*scale {
		t.Errorf("%v have passed on the hub's clock, want more than %v", p.Elapsed, least*scale)
	}
	got := s.end(t)
	if len(got) != 2 {
		t.Fatalf("%d records: %+v", len(got), got)
	}
	for _, r := range got {
		if r.At <= 0 || r.At > most*scale {
			t.Errorf("a record at %v, want one within %v", r.At, most*scale)
		}
		if want := date.Add(r.At); !r.Time().Equal(want) {
			t.Errorf("the record at %v is of %v, want %v", r.At, r.Time(), want)
		}
	}
	if got[1].At < got[0].At || got[1].At < least*scale {
		t.Errorf("the records are at %v and %v", got[0].At, got[1].At)
	}
}

func TestTimeScaleBelowZero(t *testing.T) {
	if err := (capture.Options{Broker: "mqtt://hub", TimeScale: -1}).Validate(); err == nil {
		t.Error("a time scale below zero is taken")
	}
}
