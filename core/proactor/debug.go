package proactor

import (
	"errors"
	"fmt"

	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/logs"
)

// Debug is what somebody asks for who looks into a running proactor from afar: it
// changes what is logged.
type Debug struct {
	Levels  DebugLevels
	Command string // DebugSubscriptions, or nothing
}

// DebugSubscriptions asks for the links, and what they wait for, in the log.
const DebugSubscriptions = "show_subscriptions"

// DebugLevels are new levels of the categories, on the scale of settings (10 is
// DEBUG, 20 INFO …). Those below zero, and those that are left out, stay.
type DebugLevels struct{ MessageSummary, Lifecycle, CommEvent *int }

// DebugAnswer is the event that answers a Debug.
type DebugAnswer struct {
	events.Header
	Command string
	Path    bool // whether each message's path is logged now
	Count   int  // of the Debug messages so far
}

func registerDebug(c *codec.Codec) error {
	return errors.Join(
		codec.Register[Debug](c, "gridworks.proactor.dbg", "000"),
		codec.Register[DebugAnswer](c, "gridworks.event.proactor.dbg", "000"),
	)
}

// debug does what a Debug asks for. A level that is none is told, and changes
// nothing.
func (p *Proactor) debug(d Debug) {
	p.debugs++
	for _, set := range []struct {
		category string
		level    *int
	}{
		{logs.MessageSummary, d.Levels.MessageSummary},
		{logs.Lifecycle, d.Levels.Lifecycle},
		{logs.CommEvent, d.Levels.CommEvent},
	} {
		if set.level == nil || *set.level < 0 {
			continue
		}
		level, err := logs.ParseLevel(fmt.Sprint(*set.level))
		category, ok := p.logs.Category(set.category)
		if err != nil || !ok {
			p.problemOf(&p.told.debugs, events.Warning, "a debug message asks for no level", fmt.Sprintf("%s: %v", set.category, err))
			continue
		}
		category.SetLevel(level)
	}
	if d.Command == DebugSubscriptions {
		for _, one := range p.links.All() {
			p.logs.Lifecycle().Info("link", "name", one.Name(), "state", one.State(), "filter", one.Filter(), "acks_waited_for", one.Waiting())
		}
	}
	path := false
	if c, ok := p.logs.Category(logs.MessageSummary); ok {
		path = c.Enabled(logs.Debug)
	}
	p.generate(&DebugAnswer{Command: d.Command, Path: path, Count: p.debugs})
}
