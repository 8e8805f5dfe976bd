package library_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/library"
)

func Example() {
	s, err := scenarios.Load("leakalarm/leakalarm.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	r := s.Run(library.Apps(), scenarios.RunOptions{})
	fmt.Println(s.Name+":", r.Status, "after", r.Virtual.Round(time.Minute))
	// Output: leak alarm is never late: passed after 20m0s
}
