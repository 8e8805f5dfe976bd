package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
)

// keepaliveFor is how long a GX device talks after it was asked to.
const keepaliveFor = 60 * time.Second

// victron is a GX device: it says what changes while somebody keeps it talking,
// and everything when it is asked.
type victron struct {
	portal string
	play   func(v *victron)

	env    *core.Env
	talks  time.Duration // until then
	paths  []string      // in the order they were first set
	values map[string]string
}

func (v *victron) member() member { return member{client: "venus", app: v} }

// Start waits to be asked.
func (v *victron) Start(env *core.Env) error {
	v.env, v.values = env, map[string]string{}
	err := env.Subscribe("R/"+v.portal+"/keepalive", func(m mqtt.Message) { v.asked(m.Payload) })
	v.play(v)
	return err
}

func (v *victron) asked(payload []byte) {
	v.talks = v.env.Now() + keepaliveFor
	if strings.Contains(string(payload), "suppress-republish") {
		return
	}
	for _, path := range v.paths {
		v.publish(path)
	}
	say(v.env, "N/"+v.portal+"/full_publish_completed", fmt.Sprintf(`{"value":%d}`, v.env.Wall().Unix()), false)
}

// set gives a path a value, nil for none, and says it when it has changed.
func (v *victron) set(path string, value any) {
	body, err := json.Marshal(map[string]any{"value": value})
	if err != nil { // plain values
		panic(err)
	}
	old, known := v.values[path]
	if !known {
		v.paths = append(v.paths, path)
	}
	v.values[path] = string(body)
	if old != string(body) && v.env.Now() < v.talks {
		v.publish(path)
	}
}

func (v *victron) publish(path string) {
	say(v.env, "N/"+v.portal+"/"+path, v.values[path], false)
}
