package eventstore_test

import (
	"os"
	"testing"

	"github.com/hubtape/hubtape/clock/clocktest"
)

func TestMain(m *testing.M) {
	if runChild() {
		os.Exit(0)
	}
	clocktest.Main(m)
}
