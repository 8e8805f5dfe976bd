package program

import (
	"context"
	"fmt"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/watchdog"
)

// told is a proactor of which systemd hears when it has started, and that it is
// about to end.
type told struct {
	*proactor.Proactor
	notify watchdog.Notify
}

// Start is ready when everything runs.
func (t *told) Start(env *core.Env) error {
	err := t.Proactor.Start(env)
	if err != nil {
		return err
	}
	env.Runtime.Blocking(func() { err = t.notify.Ready(context.Background()) })
	if err != nil {
		t.Proactor.Stop()
		return fmt.Errorf("proactor %q: %w", t.Name(), err)
	}
	return nil
}

// Stop tells first, since the end takes a while.
func (t *told) Stop() {
	if env := t.Env(); env != nil {
		env.Runtime.Blocking(func() { _ = t.notify.Stopping(context.Background()) }) // it ends either way
	}
	t.Proactor.Stop()
}
