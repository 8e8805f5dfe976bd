// Package conventions recognises whose topics are on a tape: those of
// Zigbee2MQTT, Home Assistant, Tasmota and others whose conventions are known.
package conventions

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hubtape/hubtape/mqtt"
)

// Seen is a convention that topics follow.
type Seen struct {
	Name    string // as its makers write it
	Base    string // the levels before what the convention fixes, as "zigbee2mqtt"; "" where it fixes them all
	Topics  int    // how many topics follow it
	Devices int    // how many devices they are of, as far as topics tell
}

// convention says how topics look. One of the signs must be there for its base,
// so that a lone "a/b/state" is nothing; then all topics of the convention's
// shapes below that base count.
type convention struct {
	name string
	// anyBase: what the signs and shapes say stands below a base that users
	// choose, of one level.
	anyBase bool
	signs   []string
	shapes  []string
	device  int // the level of a shape, counted from 0 behind the base, that names a device; -1: none
}

var known = []convention{
	{name: "Zigbee2MQTT", anyBase: true, signs: []string{"bridge/state", "bridge/info", "bridge/devices", "bridge/logging"}, shapes: []string{"#"}, device: 0},
	{name: "Home Assistant discovery", signs: []string{"homeassistant/+/+/config", "homeassistant/+/+/+/config"}, shapes: []string{"homeassistant/+/+/config", "homeassistant/+/+/+/config"}, device: -1},
	{name: "Home Assistant status", signs: []string{"homeassistant/status"}, shapes: []string{"homeassistant/status"}, device: -1},
	{name: "Tasmota", signs: []string{"tele/+/LWT", "tele/+/STATE", "tele/+/SENSOR", "tele/+/INFO1", "stat/+/RESULT"}, shapes: []string{"tele/+/#", "stat/+/#", "cmnd/+/#"}, device: 1},
	{name: "Tasmota discovery", signs: []string{"tasmota/discovery/+/config"}, shapes: []string{"tasmota/discovery/#"}, device: 2},
	{name: "Shelly Gen1", signs: []string{"shellies/+/online", "shellies/announce", "shellies/+/relay/+", "shellies/+/sensor/+"}, shapes: []string{"shellies/+/#"}, device: 1},
	{name: "Shelly Gen2", anyBase: true, signs: []string{"events/rpc"}, shapes: []string{"events/rpc", "rpc", "online", "status/+", "command/+", "debug/log"}, device: -1},
	{name: "ESPHome", anyBase: true, signs: []string{"sensor/+/state", "binary_sensor/+/state", "switch/+/state", "light/+/state"}, shapes: []string{"status", "debug", "+/+/state", "+/+/command"}, device: -1},
	{name: "Homie", signs: []string{"homie/+/$homie", "homie/+/$state", "homie/5/+/$state"}, shapes: []string{"homie/#"}, device: 1},
	{name: "Sparkplug B", signs: []string{"spBv1.0/+/NBIRTH/+", "spBv1.0/+/NDATA/+", "spBv1.0/+/DDATA/+/+", "spBv1.0/+/DBIRTH/+/+", "spBv1.0/STATE/+"}, shapes: []string{"spBv1.0/#"}, device: 3},
	{name: "Victron", signs: []string{"N/+/+/+/#", "R/+/keepalive"}, shapes: []string{"N/+/#", "W/+/#", "R/+/#"}, device: 1},
	{name: "evcc", anyBase: true, signs: []string{"site/gridPower", "site/pvPower", "site/homePower", "loadpoints/+/chargePower"}, shapes: []string{"site/#", "loadpoints/#", "vehicles/#", "updated", "status"}, device: -1},
	{name: "GridWorks", signs: []string{"gw/+/to/+/+"}, shapes: []string{"gw/+/to/+/+"}, device: 1},
	{name: "Bambu Lab", signs: []string{"device/+/report"}, shapes: []string{"device/+/report", "device/+/request"}, device: 1},
	{name: "Frigate", signs: []string{"frigate/available", "frigate/events", "frigate/stats"}, shapes: []string{"frigate/#"}, device: -1},
	{name: "OwnTracks", signs: []string{"owntracks/+/+"}, shapes: []string{"owntracks/+/+/#"}, device: 2},
	{name: "Theengs / OpenMQTTGateway", anyBase: true, signs: []string{"+/BTtoMQTT/+", "+/SYStoMQTT", "+/433toMQTT"}, shapes: []string{"#"}, device: 0},
}

// Find returns the conventions that topics follow, by name and base. What is no
// topic of a message, as a filter, does no harm.
func Find(topics []string) []Seen {
	var out []Seen
	for i := range known {
		out = append(out, known[i].find(topics)...)
	}
	slices.SortFunc(out, func(a, b Seen) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Base, b.Base)) })
	return out
}

func (c *convention) find(topics []string) (out []Seen) {
	var bases []string
	for _, t := range topics {
		if base, rest := c.split(t); mqtt.MatchAny(c.signs, rest) && !slices.Contains(bases, base) {
			bases = append(bases, base)
		}
	}
	for _, base := range bases {
		s := Seen{Name: c.name, Base: base}
		devices := map[string]bool{}
		for _, t := range topics {
			b, rest := c.split(t)
			if b != base || !mqtt.MatchAny(c.shapes, rest) {
				continue
			}
			s.Topics++
			if levels := strings.Split(rest, "/"); c.device >= 0 && c.device < len(levels) {
				devices[levels[c.device]] = true
			}
		}
		delete(devices, "bridge") // Zigbee2MQTT's own
		s.Devices = len(devices)
		out = append(out, s)
	}
	return out
}

// split takes the base off a topic.
func (c *convention) split(topic string) (base, rest string) {
	if !c.anyBase {
		return "", topic
	}
	base, rest, ok := strings.Cut(topic, "/")
	if !ok {
		return topic, ""
	}
	return base, rest
}
