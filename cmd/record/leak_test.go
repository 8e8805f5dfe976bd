package main

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// leakChecked fails the tests when goroutines are left over after them.
type leakChecked struct{ *testing.M }

func (m leakChecked) Run() int {
	code := m.M.Run()
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, "goroutines are left over:", err)
		return 1
	}
	return 0
}
