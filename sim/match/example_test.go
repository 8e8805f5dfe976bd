package match_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim/match"
)

func ExamplePattern() {
	bright, err := match.CompileWhere("payload.brightness > 100")
	if err != nil {
		fmt.Println(err)
		return
	}
	p := match.Pattern{
		Topic: "zigbee2mqtt/+/set",
		JSON:  map[string]any{"state": "ON"}, HasJSON: true,
		Where: bright,
	}

	var s match.Subject
	for _, payload := range []string{`{"state":"ON","brightness":254}`, `{"state":"OFF","brightness":80}`} {
		s.Set(mqtt.Message{Topic: "zigbee2mqtt/hall/set", Payload: []byte(payload)}, "hallway", match.App, time.Second)
		fmt.Println(p.Match(&s))
		for _, why := range p.Explain(&s) {
			fmt.Println("-", why)
		}
	}
	// Output:
	// true
	// false
	// - payload.state was "OFF", want "ON"
	// - where payload.brightness > 100: payload.brightness was 80
}

func ExampleCompileWhere() {
	_, err := match.CompileWhere(`paylod.state == "ON"`)
	fmt.Println(err)
	// Output:
	// where 1:1: unknown name paylod; did you mean "payload"?
}
