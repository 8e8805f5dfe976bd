package draft

import (
	"slices"
	"strings"

	"github.com/hubtape/hubtape/mqtt"
)

// output is a filter of what automations say, and why it is thought to be.
type output struct {
	filter   string
	why      string
	messages int // that it matches on the tape
}

// convention is where hubs and devices take commands.
type convention struct {
	why string
	// filter is of all commands like this one; "": it is none.
	filter func(t *topic, levels []string) string
}

// commandTopics are tried in this order. Package conventions knows whose topics
// are on a tape; this is which of them are commands.
var commandTopics = []convention{
	{"Tasmota devices take commands on cmnd/…", func(_ *topic, l []string) string {
		switch {
		case l[0] == "cmnd":
			return "cmnd/#"
		case len(l) > 1 && l[1] == "cmnd": // the full topic turned round: %topic%/%prefix%/
			return "+/cmnd/#"
		}
		return ""
	}},
	{"Victron devices are written to on W/…", func(_ *topic, l []string) string {
		if l[0] == "W" && len(l) > 1 {
			return "W/#"
		}
		return ""
	}},
	{"Zigbee2MQTT takes commands on …/set", func(_ *topic, l []string) string {
		switch {
		case l[0] != "zigbee2mqtt":
			return ""
		case len(l) > 3 && l[len(l)-2] == "set": // zigbee2mqtt/bulb/set/brightness
			return alike(l[:len(l)-1]) + "/+"
		}
		return endingIn(l, "set")
	}},
	{"evcc takes commands on …/set", under("evcc", "set")},
	{"Homie devices take commands on …/set", under("homie", "set")},
	{"commands end in /set by the convention of Zigbee2MQTT, Homie, evcc and others", func(_ *topic, l []string) string {
		return endingIn(l, "set")
	}},
	{"Shelly devices take commands on …/command", under("shellies", "command")},
	{"commands end in /command by the convention of Home Assistant, ESPHome and Shelly", func(_ *topic, l []string) string {
		return endingIn(l, "command")
	}},
	{"Shelly devices take remote calls on …/rpc", func(t *topic, l []string) string {
		if !t.method || len(l) > 1 && l[len(l)-2] == "events" { // their own events look alike
			return ""
		}
		return endingIn(l, "rpc")
	}},
}

func under(root, last string) func(*topic, []string) string {
	return func(_ *topic, l []string) string {
		if l[0] != root {
			return ""
		}
		return endingIn(l, last)
	}
}

func endingIn(levels []string, last string) string {
	if len(levels) < 2 || levels[len(levels)-1] != last {
		return ""
	}
	return alike(levels)
}

// alike is the filter of topics as deep as this one, with the same first and
// last level.
func alike(levels []string) string {
	out := slices.Clone(levels)
	for i := 1; i < len(out)-1; i++ {
		out[i] = "+"
	}
	return strings.Join(out, "/")
}

// guessOutputs finds the filters of what automations said on a tape.
func guessOutputs(s *survey) (out []*output) {
	byFilter := map[string]*output{}
	for _, t := range s.topics {
		if isBrokers(t.name) || t.said == 0 {
			continue
		}
		filter, why := commandFilter(t)
		if filter == "" {
			continue
		}
		o := byFilter[filter]
		if o == nil {
			o = &output{filter: filter, why: why}
			byFilter[filter] = o
			out = append(out, o)
		}
		o.messages += t.said
	}
	return out
}

func commandFilter(t *topic) (filter, why string) {
	levels := strings.Split(t.name, "/")
	for _, c := range commandTopics {
		if f := c.filter(t, levels); f != "" && mqtt.ValidateFilter(f) == nil {
			return f, c.why
		}
	}
	return "", ""
}

// givenOutputs counts what the user's filters match.
func givenOutputs(s *survey, filters []string) (out []*output) {
	for _, f := range filters {
		o := &output{filter: f, why: "as told with --outputs"}
		for _, t := range s.topics {
			if mqtt.Match(f, t.name) {
				o.messages += t.said
			}
		}
		out = append(out, o)
	}
	return out
}

func filtersOf(outputs []*output) (filters []string) {
	for _, o := range outputs {
		filters = append(filters, o.filter)
	}
	return filters
}
