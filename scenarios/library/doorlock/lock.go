// Package doorlock locks a front door a while after it was closed, with a lock
// and a contact on a Zigbee2MQTT hub:
//
//	l := doorlock.New(doorlock.Params{After: core.Duration(time.Minute)})
//	err := core.Run(ctx, l, core.RunOptions{Broker: link.DialOptions{Broker: "mqtt://hub"}})
//
// Zigbee2MQTT is optimistic: it says state LOCK as soon as the command is on its
// way, and takes it back when the bolt meets the frame. The door counts as
// locked when the bolt itself says so (lock_state). Until then it is told again,
// and in the end people are.
package doorlock

import (
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say what is locked. Zero fields mean the defaults.
type Params struct {
	Lock    string        `json:"lock"`    // topic of the lock's state; "": zigbee2mqtt/Front door lock
	Contact string        `json:"contact"` // topic of the door's contact; "": zigbee2mqtt/Front door contact
	After   core.Duration `json:"after"`   // from the door's closing to the first command; 0: 1 min
	Confirm core.Duration `json:"confirm"` // how long the bolt may take; 0: 10 s
	Tries   int           `json:"tries"`   // until people are told; 0: 3
}

// Lock is the automation. Make it with New.
type Lock struct {
	Params
	env    *core.Env
	closed bool        // what the contact said last
	bolted bool        // what the bolt said last
	tried  int         // commands since the door was closed, or the bolt opened
	next   *loop.Timer // runs until the door is locked, or given up
}

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Lock {
	if p.Lock == "" {
		p.Lock = "zigbee2mqtt/Front door lock"
	}
	if p.Contact == "" {
		p.Contact = "zigbee2mqtt/Front door contact"
	}
	if p.After <= 0 {
		p.After = core.Duration(time.Minute)
	}
	if p.Confirm <= 0 {
		p.Confirm = core.Duration(10 * time.Second)
	}
	if p.Tries <= 0 {
		p.Tries = 3
	}
	return &Lock{Params: p}
}

// Start subscribes to the lock and the contact.
func (l *Lock) Start(env *core.Env) error {
	l.env = env
	l.next = env.Loop.NewTimer(func(*loop.Timer) { l.try() })
	if err := core.On(env, l.Lock, l.lockSaid); err != nil {
		return err
	}
	return core.On(env, l.Contact, l.contactSaid)
}

type contactState struct {
	Contact *bool `json:"contact"` // true: closed; nil: not in this report
}

type lockState struct {
	LockState string `json:"lock_state"` // locked, unlocked, not_fully_locked; "": not in this report
}

// contactSaid handles a state of the contact: the wait begins when the door
// closes, not each time that it is said to be closed.
func (l *Lock) contactSaid(_ mqtt.Message, s contactState) {
	if s.Contact == nil || *s.Contact == l.closed {
		return
	}
	l.closed = *s.Contact
	l.wait()
}

// lockSaid handles a state of the lock. A bolt that was locked and is no more
// was opened by somebody, who will go through the door.
func (l *Lock) lockSaid(_ mqtt.Message, s lockState) {
	bolted := s.LockState == "locked"
	if s.LockState == "" || bolted == l.bolted {
		return
	}
	l.bolted = bolted
	l.wait()
}

// wait begins anew with what the door and the bolt said.
func (l *Lock) wait() {
	l.next.Stop()
	l.tried = 0
	if l.closed && !l.bolted {
		l.next.StartOnce(time.Duration(l.After))
	}
}

// try commands, and looks again when the bolt had its time.
func (l *Lock) try() {
	if l.tried == l.Tries {
		l.env.Log.Error("the door is not locked", "lock", l.Lock, "tries", l.tried)
		l.env.Send(mqtt.Message{Topic: "house/alarm", Payload: []byte(`{"problem":"the front door is not locked"}`), QoS: 1})
		return
	}
	l.tried++
	l.env.Send(mqtt.Message{Topic: l.Lock + "/set", Payload: []byte(`{"state":"LOCK"}`), QoS: 1})
	l.next.StartOnce(time.Duration(l.Confirm))
}
