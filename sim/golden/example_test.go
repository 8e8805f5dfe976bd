package golden_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/sim/golden"
)

// What a run said becomes a file that people read, and later runs are compared
// with it by meaning: order of keys, form of numbers and what is ignored do not
// count.
func Example() {
	o := golden.Options{Ignore: []string{"last_seen"}, Time: 100 * time.Millisecond}
	text := golden.Format([]golden.Message{
		say(180*time.Millisecond, "hall/light/set", `{"state":"ON","brightness":200,"last_seen":1768064400}`),
		say(5*time.Minute, "hall/light/set", `{"state":"OFF"}`),
	}, o)
	fmt.Print(string(text))

	file, err := golden.Parse("hall.golden.jsonl", text)
	if err != nil {
		fmt.Println(err)
		return
	}
	failures, err := file.Compare([]golden.Message{
		say(200*time.Millisecond, "hall/light/set", `{"brightness":2e2,"state":"ON"}`),
		say(5*time.Minute, "hall/light/set", `{"state":"DIM"}`),
	}, o)
	for _, f := range failures {
		fmt.Println(f)
	}
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"t":0.180,"topic":"hall/light/set","payload":{"brightness":200,"state":"ON"}}
	// {"t":300.000,"topic":"hall/light/set","payload":{"state":"OFF"}}
	// hall.golden.jsonl:2: at 5m0s something else was said on hall/light/set
	//   golden: {"t":300.000,"topic":"hall/light/set","payload":{"state":"OFF"}}
	//   run:    {"t":300.000,"topic":"hall/light/set","payload":{"state":"DIM"}}
	//   payload.state was "DIM", want "OFF"
}
