package loop_test

import (
	"testing"

	"github.com/hubtape/hubtape/clock"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// runtimes runs one body, as a task, on both kinds of runtime.
func runtimes(t *testing.T, body func(t *testing.T, rt clock.Runtime)) {
	for name, rt := range map[string]clock.Runtime{
		"System":  clock.NewSystem(clock.SystemOptions{}),
		"Virtual": clock.NewVirtual(clock.VirtualOptions{}),
	} {
		t.Run(name, func(t *testing.T) {
			if err := rt.Run("test", func() { body(t, rt) }); err != nil {
				t.Error(err)
			}
			if err := rt.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
