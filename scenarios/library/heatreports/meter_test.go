package heatreports_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/scenarios/library/heatreports"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// slot0 is the last slot, of five minutes, of the 10th of January in New York.
const slot0 = 1768107300

func newWorld(t *testing.T) *simtest.World {
	t.Helper()
	zone, err := clock.LoadZone("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	w := simtest.New(t, sim.Options{Start: time.Unix(slot0, 0), Zone: zone})
	w.AddApp("meter", heatreports.New(heatreports.Params{Scada: "x.scada", Self: "x", Channel: "hp"}))
	return w
}

// report publishes one. Readings are pairs of seconds into the slot and watts.
func report(w *simtest.World, id string, slot int64, readings ...int64) {
	var watts, times []string
	for i := 0; i < len(readings); i += 2 {
		times = append(times, fmt.Sprint((slot+readings[i])*1000))
		watts = append(watts, fmt.Sprint(readings[i+1]))
	}
	raw(w, id, slot, strings.Join(watts, ","), strings.Join(times, ","))
}

func raw(w *simtest.World, id string, slot int64, watts, times string) {
	w.Publish("gw/x-scada/to/a/report-event", fmt.Sprintf(
		`{"Header":{"MessageId":%q,"AckRequired":%t},"Payload":{"Report":{"SlotStartUnixS":%d,"SlotDurationS":300,"ChannelReadingList":[`+
			`{"ChannelName":"pump","ValueList":[9000],"ScadaReadTimeUnixMsList":[%d]},`+
			`{"ChannelName":"hp","ValueList":[%s],"ScadaReadTimeUnixMsList":[%s]}]}}}`, id, id != "", slot, slot*1000, watts, times))
}

func acknowledges(w *simtest.World, id string) {
	w.RouteUntil("gw/x/to/s/gridworks-ack", fmt.Sprintf(
		`{"Header":{"Src":"x","Dst":"s","MessageType":"gridworks.ack","MessageId":"","AckRequired":false},"Payload":{"AckMessageID":%q},"TypeName":"gw"}`, id), 0)
}

func counts(w *simtest.World, date string, wh, slots int) {
	w.RouteUntil("heatpump/energy/"+date, fmt.Sprintf(`{"wh":%d,"slots":%d}`, wh, slots), 0)
	w.Retained("heatpump/energy/"+date, fmt.Sprintf(`{"wh":%d}`, wh))
}

func TestDays(t *testing.T) {
	w := newWorld(t)
	report(w, "a", slot0, 10, 1200)
	acknowledges(w, "a")
	counts(w, "2026-01-10", 100, 1)
	report(w, "b", slot0+300, 10, 2400)
	acknowledges(w, "b")
	counts(w, "2026-01-11", 200, 1)
	report(w, "c", slot0-300, 10, 1200) // late
	acknowledges(w, "c")
	counts(w, "2026-01-10", 200, 2)
	w.Never("#", "", time.Hour)
}

func TestAgain(t *testing.T) {
	w := newWorld(t)
	report(w, "a", slot0, 10, 1200)
	counts(w, "2026-01-10", 100, 1)
	for range 3 {
		report(w, "a", slot0, 10, 1200)
		acknowledges(w, "a")
		w.Never("#", "", time.Hour)
	}
	report(w, "", slot0-300, 10, 12) // nobody waits for an acknowledgement
	w.Count("#", "", 1, 1, time.Hour)
	w.Retained("heatpump/energy/2026-01-10", `{"wh":101,"slots":2}`)
}

// Each reading holds until the next; what lies outside of the slot does not.
func TestEnergy(t *testing.T) {
	for name, c := range map[string]struct {
		readings []int64
		wh       int
	}{
		"none":                   {nil, 0},
		"holds to both ends":     {[]int64{299, 3600}, 300},
		"weighed by time":        {[]int64{0, 0, 100, 3600, 200, 7200}, 300},
		"first reading at first": {[]int64{100, 3600, 200, 0}, 200},
		"clock is behind":        {[]int64{-900, 7200, -600, 3600}, 300},
		"clock is ahead":         {[]int64{900, 3600, 1200, 7200}, 300},
		"out of order":           {[]int64{200, 3600, 100, 0, 150, 3600}, 250},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			report(w, "a", slot0, c.readings...)
			counts(w, "2026-01-10", c.wh, 1)
		})
	}
}

func TestNonsense(t *testing.T) {
	w := newWorld(t)
	for _, payload := range []string{"", "{", "[]", `{"Header":{"MessageId":7}}`, `{"Payload":{"Report":{"SlotStartUnixS":"now"}}}`} {
		w.Publish("gw/x-scada/to/a/report-event", payload)
	}
	w.Never("#", "", time.Minute)
	raw(w, "a", slot0, "1200,1200", "1768107300000") // a time is missing
	counts(w, "2026-01-10", 0, 1)
}
