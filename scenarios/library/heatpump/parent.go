package heatpump

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/links"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
	"github.com/hubtape/hubtape/core/proactor/settings"
)

// ParentParams of the parent.
type ParentParams struct {
	// Away is when its database does not take reports: they are acknowledged when
	// it does again.
	Away []Span `json:"away"`
	// SetPoints are what it commands.
	SetPoints []SetPointAt `json:"set_points"`
	// TallyEvery is how often it tells what it has; 0: a minute.
	TallyEvery core.Duration `json:"tally_every"`
}

// Span is a time of a run.
type Span struct {
	From  core.Duration `json:"from"`
	Until core.Duration `json:"until"`
}

// SetPointAt is a command at an instant.
type SetPointAt struct {
	At     core.Duration `json:"at"`
	MilliC int           `json:"milli_c"`
}

// Parent keeps a controller's reports.
type Parent struct {
	*proactor.Proactor
	params   ParentParams
	env      *core.Env
	away     bool
	held     []func() // acks that wait for the database
	seen     map[int]bool
	highest  int
	lateLast int // the number of the latest report that came late
	tally    Tally
}

// NewParent makes a parent.
func NewParent(p ParentParams) *Parent {
	if p.TallyEvery == 0 {
		p.TallyEvery = core.Duration(time.Minute)
	}
	return &Parent{params: p, seen: map[int]bool{}}
}

// ConnectsItself says that its proactor does.
func (a *Parent) ConnectsItself() {}

// Start starts its proactor.
func (a *Parent) Start(env *core.Env) error {
	a.env = env
	known, err := newCodec()
	if err != nil {
		return err
	}
	s := settings.Default()
	s.Links = map[string]settings.Link{"scada": {
		Enabled: true, Downstream: true, PeerLongName: controllerName, PeerShortName: "s", SubscriptionShortName: "a",
	}}
	a.Proactor, err = proactor.New(proactor.Options{
		Name: parentName, Settings: &s, Codec: known, Setup: a.setup,
		Rest: func(proactor.Message) error { return nil }, // other events: it is enough that they are acknowledged
	})
	if err != nil {
		return err
	}
	return a.Proactor.Start(env)
}

// Stop ends its proactor.
func (a *Parent) Stop() { a.Proactor.Stop() }

func (a *Parent) setup(p *proactor.Proactor) error {
	l := a.env.Loop
	for _, span := range a.params.Away {
		l.After(time.Duration(span.From), func() { a.away = true })
		l.After(time.Duration(span.Until), a.back)
	}
	for _, s := range a.params.SetPoints {
		l.After(time.Duration(s.At), func() { a.say(links.Outgoing{Payload: SetPoint{s.MilliC}}) })
	}
	every := l.NewTimer(func(*loop.Timer) { a.say(links.Outgoing{Payload: a.tally}) })
	if err := every.Start(time.Duration(a.params.TallyEvery)); err != nil {
		return fmt.Errorf("tally_every: %w", err)
	}
	return proactor.On(p, a.report)
}

// report counts a report. It is acknowledged when the database has it.
func (a *Parent) report(m proactor.Message, r Report) error {
	if a.away {
		a.held = append(a.held, m.Hold())
	}
	switch {
	case a.seen[r.N]:
		a.tally.Duplicates++
		return nil
	case r.N < a.highest:
		if r.N < a.lateLast {
			a.tally.Disordered++
		}
		a.lateLast = r.N
	}
	a.seen[r.N] = true
	a.highest = max(a.highest, r.N)
	a.tally.Reports = len(a.seen)
	a.tally.Missing = a.highest - len(a.seen)
	return nil
}

// back is the database's: what it was given meanwhile is safe now.
func (a *Parent) back() {
	a.away = false
	for _, done := range a.held {
		done()
	}
	a.held = nil
}

// say sends to the controller what is not worth keeping when it is not there.
func (a *Parent) say(m links.Outgoing) {
	if to, err := a.Links().Get("scada"); err == nil && to.State() != linkstate.NotStarted {
		if err := to.Send(m); err != nil {
			a.Log().Info("the controller is not told", "error", err)
		}
	}
}
