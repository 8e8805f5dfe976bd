package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
)

// telePeriod is Tasmota's default.
const telePeriod = 300 * time.Second

// tasmota is a switch with Tasmota: cmnd, stat and tele topics, a will.
type tasmota struct {
	name  string
	on    bool
	watts func() int // what it feeds draws when it is on; nil: there is no meter

	env *core.Env
}

func (t *tasmota) retained() []mqtt.Message {
	return []mqtt.Message{kept("tele/"+t.name+"/LWT", "Online")}
}

func (t *tasmota) member() member {
	will := kept("tele/"+t.name+"/LWT", "Offline")
	return member{client: "DVES_" + t.name, app: t, will: &will}
}

// draws is what it draws now.
func (t *tasmota) draws() int {
	if !t.on || t.watts == nil {
		return 0
	}
	return t.watts()
}

// Start answers commands and tells its state now and then.
func (t *tasmota) Start(env *core.Env) error {
	t.env = env
	delay := env.Rand("delay")
	first := between(env.Rand("tele"), time.Second, telePeriod)
	at(env, first, func() {
		t.tell()
		// Start cannot fail: the period is above zero.
		_, _ = env.Loop.Every(telePeriod, t.tell)
	})
	return env.Subscribe("cmnd/"+t.name+"/POWER", func(m mqtt.Message) { t.command(string(m.Payload), delay) })
}

// command switches; an empty payload asks. The answer comes twice.
func (t *tasmota) command(payload string, delay *rand.Rand) {
	t.env.Loop.After(between(delay, 40*time.Millisecond, 120*time.Millisecond), func() {
		switch strings.ToUpper(payload) {
		case "ON", "1":
			t.on = true
		case "OFF", "0":
			t.on = false
		case "TOGGLE", "2":
			t.on = !t.on
		}
		say(t.env, "stat/"+t.name+"/RESULT", `{"POWER":"`+t.power()+`"}`, false)
		say(t.env, "stat/"+t.name+"/POWER", t.power(), false)
	})
}

func (t *tasmota) power() string {
	if t.on {
		return "ON"
	}
	return "OFF"
}

// tell is the periodic pair; its time is local, without a zone.
func (t *tasmota) tell() {
	now := t.env.Wall().Format("2006-01-02T15:04:05")
	up := int(t.env.Now().Seconds()) + 86400
	say(t.env, "tele/"+t.name+"/STATE", fmt.Sprintf(
		`{"Time":"%s","UptimeSec":%d,"Heap":26,"POWER":"%s","Wifi":{"AP":1,"RSSI":74,"Signal":-63}}`, now, up, t.power()), false)
	if t.watts != nil {
		say(t.env, "tele/"+t.name+"/SENSOR", fmt.Sprintf(`{"Time":"%s","ENERGY":{"Power":%d,"Voltage":231}}`, now, t.draws()), false)
	}
}
