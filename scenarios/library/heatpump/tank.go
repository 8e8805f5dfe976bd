package heatpump

import (
	"time"

	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/drivers"
	"github.com/hubtape/hubtape/core/proactor/layout"
)

// A tank of water, in place of a real one and its bus: it warms while the heat
// pump runs and loses more the warmer it is, in thousandths of a degree a second.
const (
	warms     = 12
	surround  = 20_000
	losesPart = 12_000 // of what it is warmer than its surroundings, a second
)

// tank is the driver of the thermometer and the relay. Only its thread touches it.
type tank struct {
	name   string
	milliC int
	on     bool
	every  time.Duration
}

// newTank makes an actor of the driver.
func (c *Controller) newTank(n layout.Node, p *proactor.Proactor) (proactor.Communicator, error) {
	t := &tank{name: n.Name, milliC: c.params.MilliC, every: time.Duration(c.params.Every)}
	return proactor.NewDriver(p, n.Name, drivers.Options[codec.Message]{
		Sleep: t.every, Iterate: t.read, Handle: t.command,
	})
}

// read is one turn of the driver: the time since the last has passed.
func (t *tank) read(line *drivers.Line[codec.Message]) error {
	ms := int(t.every.Milliseconds())
	change := -(t.milliC - surround) * ms / (losesPart * 1000)
	if t.on {
		change += warms * ms / 1000
	}
	t.milliC += change
	line.Send(codec.Message{Header: codec.Header{Src: t.name, Dst: "heat-pump"}, Payload: reading{t.milliC}})
	return nil
}

// command switches the relay.
func (t *tank) command(_ *drivers.Line[codec.Message], m codec.Message) error {
	if r, ok := m.Payload.(relay); ok {
		t.on = r.on
	}
	return nil
}
