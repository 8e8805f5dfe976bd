package layout_test

import (
	"fmt"

	"github.com/hubtape/hubtape/core/proactor/layout"
)

func Example() {
	l, err := layout.Parse("house.json", []byte(`{
  "ShNodes": [
    {"Name": "s", "ActorClass": "Scada"},
    {"Name": "relay1", "ActorClass": "Relay", "ActorHierarchyName": "s.relay1"}
  ]
}`))
	fmt.Println(err)
	for _, n := range l.Children("s") {
		fmt.Println(n.Name, n.ActorClass)
	}

	_, err = layout.Parse("house.json", []byte(`{
  "ShNodes": [
    {"Name": "scada", "ComponentId": "c1"},
    {"Name": "relay1", "ActorHierarchyName": "scda.relay1"}
  ]
}`))
	fmt.Println(err)
	// Output:
	// <nil>
	// relay1 Relay
	// house.json:3:38: node "scada": there is no component "c1": add it to a list …Components
	// house.json:4:46: node "relay1": there is no node "scda" that it could belong to; did you mean "scada"?
}
