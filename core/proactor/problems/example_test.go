package problems_test

import (
	"errors"
	"fmt"

	"github.com/hubtape/hubtape/core/proactor/problems"
)

func Example() {
	var found *problems.Problems
	found = found.Warn(errors.New("notes.txt: no event"))
	fmt.Println("failed:", found.Err() != nil)

	found = found.Add(errors.New("a.json: permission denied"))
	fmt.Println("failed:", found.Err() != nil)
	fmt.Println(found)
	// Output:
	// failed: false
	// failed: true
	// 1 error, 1 warning
	// error 1 / 1: a.json: permission denied
	// warning 1 / 1: notes.txt: no event
}
