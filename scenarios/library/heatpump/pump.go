package heatpump

import (
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/layout"
)

// The heat pump goes on below the set point and off a little above it, and heats
// to 45 °C until somebody says otherwise.
const (
	setPointAtStart = 45_000
	hysteresis      = 2_000
)

// pump is the actor that decides whether the heat pump runs.
type pump struct {
	p        *proactor.Proactor
	name     string
	setPoint int
	on       bool
	reports  int
}

func newPump(n layout.Node, p *proactor.Proactor) (proactor.Communicator, error) {
	u := &pump{p: p, name: n.Name, setPoint: setPointAtStart}
	return u, proactor.On(p, func(_ proactor.Message, s SetPoint) error {
		u.setPoint = s.MilliC
		return nil
	})
}

// Name is the node's.
func (u *pump) Name() string { return u.name }

// Process takes a reading of the tank, switches the relay and reports.
func (u *pump) Process(m proactor.Message) error {
	r, ok := m.Payload.(reading)
	if !ok {
		u.p.Log().Warn("the heat pump takes readings only", "type", m.MessageType)
		return nil
	}
	was := u.on
	switch {
	case r.milliC < u.setPoint:
		u.on = true
	case r.milliC > u.setPoint+hysteresis:
		u.on = false
	}
	if u.on != was {
		if err := u.p.Send(codec.Message{Header: codec.Header{Src: u.name, Dst: m.Src}, Payload: relay{u.on}}); err != nil {
			return err
		}
	}
	u.reports++
	return u.p.Generate(&Report{N: u.reports, TankMilliC: r.milliC, On: u.on})
}
