package conventions_test

import (
	"fmt"
	"testing"

	"github.com/hubtape/hubtape/recorder/conventions"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFind(t *testing.T) {
	for want, topics := range map[string][]string{
		"[]": {"a/b/c", "state", "zigbee2mqtt/hall/set", "", "stat/x"},
		"[{Zigbee2MQTT attic 4 2} {Zigbee2MQTT zigbee2mqtt 2 1}]":           {"zigbee2mqtt/bridge/state", "zigbee2mqtt/hall", "attic/bridge/info", "attic/lamp", "attic/lamp/set", "attic/motion"},
		"[{Home Assistant discovery  2 0} {Home Assistant status  1 0}]":    {"homeassistant/light/x/config", "homeassistant/sensor/n/x/config", "homeassistant/status"},
		"[{Tasmota  4 2} {Tasmota discovery  2 1}]":                         {"tele/plug/LWT", "stat/plug/POWER", "cmnd/plug/POWER", "tele/other/STATE", "tasmota/discovery/AB/config", "tasmota/discovery/AB/sensors"},
		"[{Shelly Gen1  3 2} {Shelly Gen2 kitchen 4 0}]":                    {"shellies/a/online", "shellies/b/relay/0", "shellies/a/relay/0/power", "kitchen/events/rpc", "kitchen/rpc", "kitchen/online", "kitchen/status/switch:0"},
		"[{ESPHome porch 3 0}]":                                             {"porch/status", "porch/switch/lamp/state", "porch/switch/lamp/command"},
		"[{Homie  2 1} {Sparkplug B  2 1} {Victron  3 1}]":                  {"homie/d/$state", "homie/d/n/p", "spBv1.0/g/NBIRTH/n", "spBv1.0/g/NDATA/n", "N/c0/battery/0/Soc", "W/c0/x", "R/c0/keepalive"},
		"[{Bambu Lab  2 1} {GridWorks  2 2} {OwnTracks  1 1} {evcc e 2 0}]": {"device/x/report", "device/x/request", "gw/a/to/b/report", "gw/b/to/a/ack", "owntracks/u/phone", "e/site/gridPower", "e/loadpoints/1/mode"},
		"[{Frigate  2 0} {Theengs / OpenMQTTGateway home 2 1}]":             {"frigate/available", "frigate/porch/person", "home/OMG/SYStoMQTT", "home/OMG/BTtoMQTT/AA"},
	} {
		require.Equal(t, want, fmt.Sprint(conventions.Find(topics)))
	}
}

func ExampleFind() {
	for _, c := range conventions.Find([]string{"zigbee2mqtt/bridge/state", "zigbee2mqtt/hall", "zigbee2mqtt/hall/set"}) {
		fmt.Println(c.Name, "below", c.Base, "with", c.Devices, "device")
	}
	// Output: Zigbee2MQTT below zigbee2mqtt with 1 device
}
