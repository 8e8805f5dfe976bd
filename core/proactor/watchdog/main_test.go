package watchdog_test

import (
	"os"
	"testing"

	"github.com/hubtape/hubtape/clock/clocktest"
)

func TestMain(m *testing.M) {
	if runChild() {
		return
	}
	clocktest.Main(m)
}

// childEnv makes this test binary the program of a Command.
const childEnv = "HUBTAPE_TEST_PAT"

func runChild() bool {
	what, ok := os.LookupEnv(childEnv)
	if ok {
		os.Exit(children[what]())
	}
	return ok
}
