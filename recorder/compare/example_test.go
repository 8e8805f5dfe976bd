package compare_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/compare"
)

func ExampleCompare() {
	yesterday := []recorder.Record{
		say(0, "hall/motion", `{"occupancy":true,"last_seen":100}`),
		say(180*time.Millisecond, "hall/light", `{"state":"ON","brightness":200}`),
		say(5*time.Minute, "hall/light", `{"state":"OFF"}`),
	}
	today := []recorder.Record{
		say(0, "hall/motion", `{"last_seen":900,"occupancy":true}`),
		say(200*time.Millisecond, "hall/light", `{"state":"ON","brightness":254}`),
	}
	report, err := compare.Compare(stream(yesterday), stream(today), compare.Options{Ignore: []string{"last_seen"}, Time: 100 * time.Millisecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(report)
	fmt.Println(report.Equal(), report.Same)
	// Output:
	// 180ms hall/light: changed: payload.brightness was 200, is 254
	// 5m0s hall/light: missing: {"state":"OFF"}
	// false 1
}
