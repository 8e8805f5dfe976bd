package reupload_test

import (
	"fmt"

	"github.com/hubtape/hubtape/core/proactor/reupload"
)

// Four events were stored while nobody listened; the first cannot be read.
func Example() {
	r, err := reupload.New(2, func(e reupload.Event) { fmt.Println(e) })
	if err != nil {
		fmt.Println(err)
		return
	}
	send := func(id string) bool {
		if id == "lost" {
			fmt.Println("cannot read", id)
			return false
		}
		fmt.Println("send", id)
		return true
	}
	for _, id := range r.Begin([]string{"lost", "noon", "one", "two"}) {
		for ok := true; ok && !send(id); {
			id, ok = r.Unreadable(id)
		}
	}
	for _, id := range []string{"one", "noon", "two"} {
		if next, ok := r.Acked(id); ok {
			send(next)
		}
	}
	// Output:
	// reupload started: 2 in flight, 2 waiting
	// cannot read lost
	// send one
	// send noon
	// send two
	// reupload completed: 0 in flight, 0 waiting
}
