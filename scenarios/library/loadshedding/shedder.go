// Package loadshedding keeps a house below what it may draw from the grid. It
// reads the meter of a Victron GX device and turns Tasmota switches off, in
// order, while too much is drawn, and on again, in the opposite order, when
// there is room:
//
//	s := loadshedding.New(loadshedding.Params{Portal: "c0619ab2d8f1", Limit: 6000})
//	err := core.Run(ctx, s, core.RunOptions{Broker: link.DialOptions{Broker: "mqtt://venus"}})
//
// A GX device only talks while somebody asks for it: the automation asks every
// half minute. While the meter is silent or has no value, nothing is switched.
package loadshedding

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say what is measured and what may be shed. Zero fields mean the
// defaults.
type Params struct {
	Portal string        `json:"portal"` // VRM portal id; "": c0619ab2d8f1
	Limit  float64       `json:"limit"`  // W drawn from the grid; 0: 6,000
	Margin float64       `json:"margin"` // W that stay free when a load comes back; 0: 500
	After  core.Duration `json:"after"`  // above the limit, before the next load is shed; 0: 30 s
	Room   core.Duration `json:"room"`   // room for a load, before it comes back; 0: 3 min
	Loads  []Load        `json:"loads"`  // in the order they are shed; none: a charger, a boiler
}

// Load is what a Tasmota switch feeds.
type Load struct {
	Name  string  `json:"name"`  // the switch's topic, as in cmnd/NAME/POWER
	Watts float64 `json:"watts"` // what it draws when it is on
}

// keepalive is how often the GX device is asked to talk; it wants to be asked
// every 60 s. silence is how old a value of the meter may be: a meter that works
// has another one every second or two.
const (
	keepalive = 30 * time.Second
	silence   = 15 * time.Second
)

// Shedder is the automation. Make it with New.
type Shedder struct {
	Params
	env   *core.Env
	loads []*load
	off   []*load // those that were shed, the latest last

	grid        float64     // W; what the meter said last
	over, under *loop.Timer // run while there is too much, or room
	silent      *loop.Timer // runs while the meter talks
}

type load struct {
	Load
	on bool // what the switch said last; true until it answers
}

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Shedder {
	if p.Portal == "" {
		p.Portal = "c0619ab2d8f1"
	}
	if p.Limit <= 0 {
		p.Limit = 6000
	}
	if p.Margin <= 0 {
		p.Margin = 500
	}
	if p.After <= 0 {
		p.After = core.Duration(30 * time.Second)
	}
	if p.Room <= 0 {
		p.Room = core.Duration(3 * time.Minute)
	}
	if len(p.Loads) == 0 {
		p.Loads = []Load{{Name: "wallbox", Watts: 3700}, {Name: "boiler", Watts: 2000}}
	}
	return &Shedder{Params: p}
}

// Start subscribes, and asks the GX device to talk.
func (s *Shedder) Start(env *core.Env) error {
	s.env = env
	s.over = env.Loop.NewTimer(func(*loop.Timer) { s.shed() })
	s.under = env.Loop.NewTimer(func(*loop.Timer) { s.restore() })
	s.silent = env.Loop.NewTimer(func(*loop.Timer) { s.pause() })
	for _, x := range s.Loads {
		l := &load{Load: x, on: true}
		s.loads = append(s.loads, l)
		if err := env.Subscribe("stat/"+x.Name+"/POWER", func(m mqtt.Message) { s.switchSaid(l, m) }); err != nil {
			return err
		}
		env.Publish("cmnd/"+x.Name+"/POWER", nil) // a question
	}
	if err := env.Subscribe("N/"+s.Portal+"/grid/+/Ac/Power", s.meterSaid); err != nil {
		return err
	}
	return s.keepTalking()
}

// keepTalking asks the GX device for everything once, and again after a cut
// connection; in between only for what changes.
func (s *Shedder) keepTalking() error {
	ask := "R/" + s.Portal + "/keepalive"
	s.env.Publish(ask, nil)
	s.env.Link.OnConnection(func(up bool) {
		if up {
			s.env.Publish(ask, nil)
		}
	})
	_, err := s.env.Loop.Every(keepalive, func() { s.env.Publish(ask, `{"keepalive-options":["suppress-republish"]}`) })
	return err
}

// meterSaid handles a value of the grid meter; null is none.
func (s *Shedder) meterSaid(m mqtt.Message) {
	var power struct {
		Value *float64 `json:"value"`
	}
	if err := json.Unmarshal(m.Payload, &power); err != nil || power.Value == nil {
		s.pause()
		return
	}
	s.grid = *power.Value
	s.silent.StartOnce(silence)
	s.weigh()
}

// weigh lets the timers run that the latest value calls for: a value on the
// other side of its bound begins anew.
func (s *Shedder) weigh() {
	room := false
	if n := len(s.off); n > 0 {
		room = s.grid+s.off[n-1].Watts <= s.Limit-s.Margin
	}
	run(s.over, s.grid > s.Limit, s.After)
	run(s.under, room, s.Room)
}

// run starts the timer unless it runs, or stops it.
func run(t *loop.Timer, wanted bool, d core.Duration) {
	switch {
	case !wanted:
		t.Stop()
	case !t.Running():
		t.StartOnce(time.Duration(d))
	}
}

// pause waits for the meter to talk again.
func (s *Shedder) pause() {
	s.over.Stop()
	s.under.Stop()
	s.silent.Stop()
}

// shed turns off the first load that is on.
func (s *Shedder) shed() {
	for _, l := range s.loads {
		if l.on && !slices.Contains(s.off, l) {
			s.off = append(s.off, l)
			s.under.Stop()
			s.env.Publish("cmnd/"+l.Name+"/POWER", "OFF")
			return
		}
	}
	s.env.Log.Warn("nothing is left to shed", "watts", s.grid, "limit", s.Limit)
}

// restore turns on the load that was shed last.
func (s *Shedder) restore() {
	l := s.off[len(s.off)-1]
	s.off = s.off[:len(s.off)-1]
	s.env.Publish("cmnd/"+l.Name+"/POWER", "ON")
}

// switchSaid handles the state of a switch. ON after it has said OFF means that
// somebody turned on what was shed: it is theirs now.
func (s *Shedder) switchSaid(l *load, m mqtt.Message) {
	on := string(m.Payload) == "ON"
	if on && !l.on {
		s.off = slices.DeleteFunc(s.off, func(x *load) bool { return x == l })
		s.under.Stop()
	}
	l.on = on
}
