// Package homesensors gives Home Assistant a power sensor for each of some
// Tasmota plugs, by MQTT discovery:
//
//	s := homesensors.New(homesensors.Params{Plugs: []string{"washer", "dryer"}})
//	err := core.Run(ctx, s, core.RunOptions{Broker: link.DialOptions{Broker: "mqtt://hub"}})
//
// Home Assistant says homeassistant/status online when it has started. What it
// knew before is gone then, and a broker that has restarted may have lost it
// too: the sensors and what they measured last are said again, once, when it had
// a moment to subscribe. Sensors of ours that there are no more, which the broker
// still keeps, are removed.
package homesensors

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say which plugs there are. Zero fields mean the defaults.
type Params struct {
	Plugs []string      `json:"plugs"` // their topics, as in tele/PLUG/SENSOR; none: washer, dryer
	Wait  core.Duration `json:"wait"`  // from the last birth to the answer; 0: 3 s
}

// Sensors is the automation. Make it with New.
type Sensors struct {
	Params
	env     *core.Env
	configs []mqtt.Message      // what Home Assistant is told of the sensors
	watts   map[string]*float64 // by plug, what it measured last
	again   *loop.Timer         // runs after a birth of Home Assistant
}

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Sensors {
	if len(p.Plugs) == 0 {
		p.Plugs = []string{"washer", "dryer"}
	}
	if p.Wait <= 0 {
		p.Wait = core.Duration(3 * time.Second)
	}
	return &Sensors{Params: p, watts: map[string]*float64{}}
}

// Start says which sensors there are, and subscribes.
func (s *Sensors) Start(env *core.Env) error {
	s.env = env
	s.again = env.Loop.NewTimer(func(*loop.Timer) { s.sayAll() })
	for _, plug := range s.Plugs {
		config, err := json.Marshal(sensorOf(plug))
		if err != nil {
			return err
		}
		s.configs = append(s.configs, kept(discovery+plug+"/config", config))
		if err := core.On(env, "tele/"+plug+"/SENSOR", func(_ mqtt.Message, t telemetry) { s.measured(plug, t.Energy.Power) }); err != nil {
			return err
		}
	}
	if err := env.Subscribe(discovery+"+/config", s.known); err != nil {
		return err
	}
	s.sayAll()
	return env.Subscribe("homeassistant/status", s.statusSaid)
}

// discovery is the prefix of this automation's sensors.
const discovery = "homeassistant/sensor/home_sensors/"

// sensor is what Home Assistant wants to know of one.
type sensor struct {
	Name                string `json:"name"`
	UniqueID            string `json:"unique_id"`
	StateTopic          string `json:"state_topic"`
	ValueTemplate       string `json:"value_template"`
	DeviceClass         string `json:"device_class"`
	StateClass          string `json:"state_class"`
	Unit                string `json:"unit_of_measurement"`
	AvailabilityTopic   string `json:"availability_topic"`
	PayloadAvailable    string `json:"payload_available"`
	PayloadNotAvailable string `json:"payload_not_available"`
}

func sensorOf(plug string) sensor {
	return sensor{
		Name: plug + " power", UniqueID: "home_sensors_" + plug + "_power",
		StateTopic: stateTopic(plug), ValueTemplate: "{{ value_json.power }}",
		DeviceClass: "power", StateClass: "measurement", Unit: "W",
		AvailabilityTopic: "tele/" + plug + "/LWT", PayloadAvailable: "Online", PayloadNotAvailable: "Offline",
	}
}

type telemetry struct {
	Energy struct {
		Power *float64 `json:"Power"` // W; nil: not in this report
	} `json:"ENERGY"`
}

// measured passes a measurement on, if it is another one.
func (s *Sensors) measured(plug string, watts *float64) {
	if old := s.watts[plug]; watts == nil || old != nil && *old == *watts {
		return
	}
	s.watts[plug] = watts
	s.sayState(plug)
}

// statusSaid handles birth and will of Home Assistant. An online that the broker
// had kept is an old one: all was said at the start.
func (s *Sensors) statusSaid(m mqtt.Message) {
	switch {
	case m.Retain:
	case string(m.Payload) == "online":
		s.again.StartOnce(time.Duration(s.Wait))
	default:
		s.again.Stop()
	}
}

// known handles a sensor that somebody told Home Assistant of, most likely this
// automation. One of a plug that there is no more is removed.
func (s *Sensors) known(m mqtt.Message) {
	plug := strings.TrimSuffix(strings.TrimPrefix(m.Topic, discovery), "/config")
	if len(m.Payload) > 0 && !slices.Contains(s.Plugs, plug) {
		s.env.Send(kept(m.Topic, nil))
	}
}

// sayAll tells Home Assistant of all sensors, then what they measured.
func (s *Sensors) sayAll() {
	for _, config := range s.configs {
		s.env.Send(config)
	}
	for _, plug := range s.Plugs {
		if s.watts[plug] != nil {
			s.sayState(plug)
		}
	}
}

func stateTopic(plug string) string { return "home-sensors/" + plug + "/state" }

func (s *Sensors) sayState(plug string) {
	s.env.Publish(stateTopic(plug), map[string]*float64{"power": s.watts[plug]})
}

// kept is a message that the broker has to keep; an empty payload removes it.
func kept(topic string, payload []byte) mqtt.Message {
	return mqtt.Message{Topic: topic, Payload: payload, QoS: 1, Retain: true}
}
