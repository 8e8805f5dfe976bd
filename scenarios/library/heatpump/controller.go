// Package heatpump is a heat pump's controller and its parent, on package
// proactor: the one keeps a tank warm and reports each reading, the other says how
// warm, and has to get every report whatever happens between the two.
//
//	simrun run heatpump.yaml
//
// Both are ordinary automations to a world. In production core.Run runs them, with
// a store in a file and the links of their settings.
package heatpump

import (
	_ "embed" // the layout
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/layout"
	"github.com/hubtape/hubtape/core/proactor/problems"
	"github.com/hubtape/hubtape/core/proactor/settings"
)

// Params of the controller.
type Params struct {
	Every  core.Duration `json:"every"`   // between two readings; 0: 2.4 s
	MilliC int           `json:"milli_c"` // of the tank at the start; 0: 40,000
}

const (
	everyDefault  = 2400 * time.Millisecond
	milliCDefault = 40_000
)

// controllerName and parentName are whom the two know each other as.
const (
	parentName     = "hw1.keene"
	controllerName = "hw1.keene.scada"
)

// Controller keeps a tank warm.
type Controller struct {
	*proactor.Proactor
	params Params
	disk   eventstore.Store
}

// New makes a controller.
func New(p Params) *Controller {
	if p.Every == 0 {
		p.Every = core.Duration(everyDefault)
	}
	if p.MilliC == 0 {
		p.MilliC = milliCDefault
	}
	return &Controller{params: p, disk: eventstore.NewMemory(0)}
}

//go:embed layout.json
var layoutJSON []byte

// ConnectsItself says that its proactor does.
func (c *Controller) ConnectsItself() {}

// Start starts its proactor.
func (c *Controller) Start(env *core.Env) error {
	nodes, err := layout.Parse("layout.json", layoutJSON)
	if err != nil {
		return err
	}
	known, err := newCodec()
	if err != nil {
		return err
	}
	s := settings.Default()
	s.ReconnectMax = time.Minute
	s.Links = map[string]settings.Link{"parent": {
		Enabled: true, Upstream: true, PeerLongName: parentName, PeerShortName: "a", SubscriptionShortName: "s",
	}}
	c.Proactor, err = proactor.New(proactor.Options{
		Name: controllerName, Settings: &s, Layout: nodes, Codec: known,
		Actors: map[string]proactor.Factory{"Tank": c.newTank, "HeatPump": newPump},
		Store: func(eventstore.Clock) (eventstore.Store, *problems.Problems, error) {
			return c.disk, nil, nil
		},
		Setup: func(p *proactor.Proactor) error { return proactor.On(p, c.told) },
	})
	if err != nil {
		return err
	}
	return c.Proactor.Start(env)
}

// told hears what the parent has.
func (c *Controller) told(_ proactor.Message, t Tally) error {
	if t.Missing > 0 {
		c.Log().Info("the parent has not got all reports yet", "missing", t.Missing, "stored", c.Pending())
	}
	return nil
}

// Stop ends its proactor.
func (c *Controller) Stop() { c.Proactor.Stop() }
