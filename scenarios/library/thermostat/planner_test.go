package thermostat_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/scenarios/library/thermostat"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func at(hour, minute int) thermostat.TimeOfDay {
	return thermostat.TimeOfDay{Hour: hour, Minute: minute}
}

// newWorld begins at a local time in Budapest, with a schedule that is out of
// order: 16 °C from 02:30, 21 from 06:00, 17.5 from 22:00.
func newWorld(t *testing.T, start string) *simtest.World {
	t.Helper()
	zone, err := clock.LoadZone("Europe/Budapest")
	if err != nil {
		t.Fatal(err)
	}
	date, err := time.ParseInLocation("2006-01-02 15:04:05", start, zone)
	if err != nil {
		t.Fatal(err)
	}
	w := simtest.New(t, sim.Options{Start: date, Zone: zone})
	w.AddApp("heating", thermostat.New(thermostat.Params{
		Thermostats: []string{"trv"},
		Schedule:    []thermostat.Switch{{At: at(6, 0), Setpoint: 21}, {At: at(22, 0), Setpoint: 17.5}, {At: at(2, 30), Setpoint: 16}},
	}))
	return w
}

// wants runs until the thermostat is set to that, which must be after d, and
// nothing before.
func wants(t *testing.T, w *simtest.World, d time.Duration, setpoint string) {
	t.Helper()
	if d > time.Second {
		w.Never("#", "", d-time.Second)
		d = time.Second
	}
	w.RouteUntil("trv/set", setpoint, d)
}

const (
	day   = `{"occupied_heating_setpoint":21}`
	night = `{"occupied_heating_setpoint":17.5}`
	deep  = `{"occupied_heating_setpoint":16}`
)

func TestOrdinaryDays(t *testing.T) {
	w := newWorld(t, "2026-01-10 12:00:00")
	wants(t, w, 0, day)
	wants(t, w, 10*time.Hour, night)
	for range 10 {
		wants(t, w, 4*time.Hour+30*time.Minute, deep)
		wants(t, w, 3*time.Hour+30*time.Minute, day)
		wants(t, w, 16*time.Hour, night)
	}
}

// Before the first switch of a day, the last one of the day before holds.
func TestBeginsAtNight(t *testing.T) {
	w := newWorld(t, "2026-01-10 01:00:00")
	wants(t, w, 0, night)
	wants(t, w, 90*time.Minute, deep)
}

// On the first of a month, and of a year.
func TestMidnight(t *testing.T) {
	w := newWorld(t, "2025-12-31 23:59:59")
	wants(t, w, 0, night)
	w.Never("#", "", 2*time.Hour+29*time.Minute)
}

// In spring half past two is left out: the switch happens at three.
func TestSpring(t *testing.T) {
	w := newWorld(t, "2026-03-28 23:00:00")
	wants(t, w, 0, night)
	wants(t, w, 3*time.Hour, deep)
	wants(t, w, 3*time.Hour, day)
	wants(t, w, 16*time.Hour, night)
	wants(t, w, 4*time.Hour+30*time.Minute, deep)
}

// In autumn it comes twice: the switch happens at the first, and not again.
func TestAutumn(t *testing.T) {
	w := newWorld(t, "2026-10-24 23:00:00")
	wants(t, w, 0, night)
	wants(t, w, 3*time.Hour+30*time.Minute, deep)
	wants(t, w, 4*time.Hour+30*time.Minute, day)
	wants(t, w, 16*time.Hour, night)
}

// A clock that is set back repeats nothing.
func TestClockSetBack(t *testing.T) {
	w := newWorld(t, "2026-01-10 05:00:00")
	wants(t, w, 0, deep)
	wants(t, w, time.Hour, day)
	w.Clock().Jump(-time.Hour)
	w.Never("#", "", 17*time.Hour-time.Minute)
	wants(t, w, time.Minute, night)
}

// A clock that is set forward makes up for the latest switch that was missed.
func TestClockSetForward(t *testing.T) {
	w := newWorld(t, "2026-01-10 01:00:00")
	wants(t, w, 0, night)
	w.Clock().Jump(6 * time.Hour)
	wants(t, w, 20*time.Second, day)
	w.Never("#", "", 14*time.Hour)
}

// A clock that was wrong by years, such as before it is set at boot, does not
// keep the schedule from working afterwards.
func TestClockWasWrong(t *testing.T) {
	w := newWorld(t, "2036-01-10 12:00:00")
	wants(t, w, 0, day)
	w.Clock().Jump(-10 * 365 * 24 * time.Hour)
	wants(t, w, 20*time.Second, day)
	w.Never("#", "", 9*time.Hour)
}

func TestParams(t *testing.T) {
	var p thermostat.Params
	err := json.Unmarshal([]byte(`{"thermostats":["a"],"schedule":[{"at":"06:30","setpoint":20.5}],"check":"1m"}`), &p)
	if err != nil || p.Schedule[0].At != at(6, 30) || time.Duration(p.Check) != time.Minute {
		t.Errorf("%+v, %v", p, err)
	}
	if text, err := json.Marshal(p.Schedule); err != nil || string(text) != `[{"at":"06:30","setpoint":20.5}]` {
		t.Errorf("%s, %v", text, err)
	}
	for _, wrong := range []string{"6", "24:00", "06:60", "noon", ""} {
		if err := new(thermostat.TimeOfDay).UnmarshalText([]byte(wrong)); err == nil {
			t.Errorf("%q was taken for a time of day", wrong)
		}
	}
}
