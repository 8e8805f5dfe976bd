package hub_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(loadAddress); address != "" {
		os.Exit(load(address)) // this process is the devices of TestScale
	}
	goleak.VerifyTestMain(m)
}
