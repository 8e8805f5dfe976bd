package main

import (
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
)

// shellyPeriod is how often a Shelly of the first generation tells its state.
const shellyPeriod = 30 * time.Second

// shelly is a relay of the first generation: plain texts, state retained.
type shelly struct {
	id   string // as in shellies/<id>/
	on   bool
	play func(s *shelly)

	env  *core.Env
	away bool // not on the Wi-Fi
}

func (s *shelly) topic(rest string) string { return "shellies/" + s.id + "/" + rest }

func (s *shelly) retained() []mqtt.Message {
	return []mqtt.Message{kept(s.topic("online"), "true"), kept(s.topic("relay/0"), s.power())}
}

func (s *shelly) member() member {
	will := kept(s.topic("online"), "false")
	return member{client: s.id, app: s, will: &will}
}

// Start answers commands and tells its state now and then.
func (s *shelly) Start(env *core.Env) error {
	s.env = env
	say(env, "shellies/announce", `{"id":"`+s.id+`","model":"SHSW-1","ip":"192.168.33.21","fw_ver":"20230913-112003/v1.14.0"}`, false)
	delay := env.Rand("delay")
	if _, err := env.Loop.Every(shellyPeriod, s.tell); err != nil {
		return err
	}
	err := env.Subscribe(s.topic("relay/0/command"), func(m mqtt.Message) {
		if s.away {
			return
		}
		env.Loop.After(between(delay, 90*time.Millisecond, 160*time.Millisecond), func() { s.turn(string(m.Payload)) })
	})
	s.play(s)
	return err
}

// turn takes on, off or toggle.
func (s *shelly) turn(to string) {
	switch to {
	case "on":
		s.on = true
	case "off":
		s.on = false
	case "toggle":
		s.on = !s.on
	}
	s.tell()
}

func (s *shelly) tell() {
	if !s.away {
		say(s.env, s.topic("relay/0"), s.power(), true)
	}
}

func (s *shelly) power() string {
	if s.on {
		return "on"
	}
	return "off"
}

// leave is the loss of its Wi-Fi: the broker says its will. Commands are lost
// until it is back.
func (s *shelly) leave() {
	s.away = true
	say(s.env, s.topic("online"), "false", true)
}

// comeBack is what it says when it has connected again.
func (s *shelly) comeBack() {
	s.away = false
	say(s.env, s.topic("online"), "true", true)
	s.tell()
}
