package core_test

import (
	"bytes"
	"context"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
)

func TestOn(t *testing.T) {
	url := serve(t)
	type motion struct{ Occupancy *bool }
	var got []string
	var log bytes.Buffer
	ctx, end := context.WithCancel(context.Background())
	app := core.AppFunc(func(env *core.Env) error {
		err := core.On(env, "motion/+", func(m mqtt.Message, v motion) {
			if !env.Loop.Mine() {
				t.Error("PZ-78 a handler that does not run on the loop's task")
			}
			switch {
			case v.Occupancy == nil:
				got = append(got, m.Topic+" nothing")
			case *v.Occupancy:
				got = append(got, m.Topic+" motion")
			default:
				end()
			}
		})
		env.Publish("motion/a", "not JSON")
		env.Publish("motion/b", `{"occupancy":"perhaps"}`)
		env.Publish("motion/c", "")
		env.Publish("motion/d", `{}`)
		env.Publish("motion/e", map[string]bool{"occupancy": true})
		env.Publish("motion/f", map[string]bool{"occupancy": false})
		return err
	})
	err := core.Run(ctx, app, core.RunOptions{Broker: link.DialOptions{Broker: url}, Log: slog.NewTextHandler(&log, nil)})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"motion/d nothing", "motion/e motion"}; !reflect.DeepEqual(got, want) {
		t.Errorf("PZ-80 handed over %q, want %q", got, want)
	}
	for _, c := range []struct {
		topic string
		warns bool
	}{{"motion/a", true}, {"motion/b", true}, {"motion/c", false}, {"motion/d", false}} {
		if strings.Contains(log.String(), "not understood\" app=app topic="+c.topic) != c.warns {
			t.Errorf("PZ-80 warned about %s: want %v, in %s", c.topic, c.warns, &log)
		}
	}
}
