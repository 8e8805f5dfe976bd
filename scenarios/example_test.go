package scenarios_test

import (
	"fmt"

	"github.com/hubtape/hubtape/scenarios"
)

func ExampleParse() {
	s, err := scenarios.Parse("hall.yaml", []byte(`
name: hallway light follows motion
app: hallway-light
steps:
  - publish: {topic: zigbee2mqtt/hall_motion, json: {occupancy: true}}
  - route_until: {topic: zigbee2mqtt/hall_light/set, json: {state: "ON"}, within: 2s}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, step := range s.Steps {
		fmt.Println(step.At().Line, step.Kind())
	}
	// Output:
	// 5 publish
	// 6 route_until
}

func ExampleErrors() {
	_, err := scenarios.Parse("hall.yaml", []byte(`name: hall
steps:
  - route_until: {topic: zigbee2mqtt/hall, wthin: 2s}
`))
	fmt.Println(err)
	// Output:
	// hall.yaml:3:44: route_until has no key "wthin"
	//   2 | steps:
	//   3 |   - route_until: {topic: zigbee2mqtt/hall, wthin: 2s}
	//     |                                            ^
	//   hint: did you mean "within"?
}
