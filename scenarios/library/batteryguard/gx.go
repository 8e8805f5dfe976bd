package batteryguard

import (
	"fmt"
	"strings"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
)

// GXParams say what a GX device tells. Zero fields mean the defaults.
type GXParams struct {
	Portal string   `json:"portal"` // VRM portal id; "": c0619ab2d8f1
	Charge []Charge `json:"charge"` // of the battery, in order; none: it is not known
	Reboot []Outage `json:"reboot"` // while it says and hears nothing
}

// Charge is the battery's state from an instant on.
type Charge struct {
	At  core.Duration `json:"at"`  // since the start
	Soc *float64      `json:"soc"` // %; nil: the battery's monitor is not there
}

// Outage is a stretch of time since the start.
type Outage struct {
	From  core.Duration `json:"from"`
	Until core.Duration `json:"until"`
}

// talksFor is how long a GX device talks after it was asked to.
const talksFor = time.Minute

// GX plays a GX device as far as its battery goes: it says what changes while
// somebody keeps it talking, and what it is asked for. Make it with NewGX.
type GX struct {
	GXParams
	env   *core.Env
	talks time.Duration // until then
	soc   string        // the value, as JSON
}

// NewGX makes the device; a scenario has it as one of its apps.
func NewGX(p GXParams) *GX {
	if p.Portal == "" {
		p.Portal = "c0619ab2d8f1"
	}
	return &GX{GXParams: p, soc: "null"}
}

// Start waits to be asked.
func (x *GX) Start(env *core.Env) error {
	x.env = env
	for _, c := range x.Charge {
		env.Loop.After(time.Duration(c.At)-env.Now(), func() { x.charged(c.Soc) })
	}
	for _, o := range x.Reboot {
		env.Loop.After(time.Duration(o.From)-env.Now(), func() { x.talks = 0 }) // who kept it talking is forgotten
	}
	return env.Subscribe("R/"+x.Portal+"/#", x.asked)
}

func (x *GX) charged(percent *float64) {
	x.soc = "null"
	if percent != nil {
		x.soc = fmt.Sprint(*percent)
	}
	x.tell()
}

// asked handles a keepalive, and a question for the state of charge.
func (x *GX) asked(m mqtt.Message) {
	if x.away() {
		return
	}
	switch m.Topic {
	case "R/" + x.Portal + "/keepalive":
		x.talks = x.env.Now() + talksFor
		if !strings.Contains(string(m.Payload), "suppress-republish") {
			x.tell()
			x.env.Publish("N/"+x.Portal+"/full_publish_completed", fmt.Sprintf(`{"value":%d}`, x.env.Wall().Unix()))
		}
	case "R/" + x.Portal + soc:
		x.tell()
	}
}

// tell says the state of charge to whoever keeps the device talking.
func (x *GX) tell() {
	if !x.away() && x.env.Now() < x.talks {
		x.env.Publish("N/"+x.Portal+soc, `{"value":`+x.soc+`}`)
	}
}

func (x *GX) away() bool {
	now := core.Duration(x.env.Now())
	for _, o := range x.Reboot {
		if now >= o.From && now < o.Until {
			return true
		}
	}
	return false
}
