package core

import (
	"encoding/json"

	"github.com/hubtape/hubtape/mqtt"
)

// On subscribes at QoS 0, and gives the handler each message with its payload
// read as JSON:
//
//	err := core.On(env, "zigbee2mqtt/hall_motion", func(_ mqtt.Message, s struct{ Occupancy bool }) { ... })
//
// A payload that is no JSON, or not JSON of a T, is logged as a warning and not
// handed over: a zero T could not be told from a real one. An empty payload,
// which is how a retained message is cleared, is left out without a warning. A
// field that may be missing is best a pointer.
func On[T any](env *Env, filter string, handle func(m mqtt.Message, value T)) error {
	return env.Subscribe(filter, func(m mqtt.Message) {
		if len(m.Payload) == 0 {
			return
		}
		var value T
		if err := json.Unmarshal(m.Payload, &value); err != nil {
			env.Log.Warn("a message is not understood", "topic", m.Topic, "error", err)
			return
		}
		handle(m, value)
	})
}
