package home

import (
	"encoding/json"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

// HallLightParams are those of HallLight.
type HallLightParams struct {
	Off core.Duration `json:"off"` // from the last motion to off; 0: 5 min
}

// HallLight turns a light on at motion, and off a while after the last.
type HallLight struct {
	HallLightParams
	env *core.Env
	off *loop.Timer
}

// NewHallLight makes the automation.
func NewHallLight(p HallLightParams) *HallLight {
	if p.Off <= 0 {
		p.Off = core.Duration(5 * time.Minute)
	}
	return &HallLight{HallLightParams: p}
}

// Start subscribes to the sensor.
func (l *HallLight) Start(env *core.Env) error {
	l.env = env
	l.off = env.Loop.NewTimer(func(*loop.Timer) {
		l.command(`{"state":"OFF"}`)
		if makes("off-twice") {
			l.command(`{"state":"OFF"}`)
		}
	})
	return env.Subscribe("zigbee2mqtt/hall_motion", l.motion)
}

func (l *HallLight) motion(m mqtt.Message) {
	var s struct{ Occupancy bool }
	if err := json.Unmarshal(m.Payload, &s); err != nil && makes("believes-anything") {
		s.Occupancy = true
	}
	if !s.Occupancy {
		return
	}
	if l.off.Running() {
		if !makes("first-motion-counts") {
			l.off.StartOnce(time.Duration(l.Off))
		}
		return
	}
	l.off.StartOnce(time.Duration(l.Off))
	on := `{"state":"ON","brightness":80}`
	if makes("too-bright") {
		on = `{"state":"ON","brightness":254}`
	}
	if makes("slow") {
		l.env.Loop.After(3*time.Second, func() { l.command(on) })
		return
	}
	l.command(on)
}

func (l *HallLight) command(state string) {
	topic := "zigbee2mqtt/hall_light/set"
	if makes("wrong-topic") {
		topic = "zigbee2mqtt/hall_lamp/set"
	}
	l.env.Publish(topic, state)
}
