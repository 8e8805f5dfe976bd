package program

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/problems"
)

// openStore opens the events' file. One that cannot be read is put aside, and a
// new one is begun: a controller that does not start heats nothing.
func openStore(path string) func(eventstore.Clock) (eventstore.Store, *problems.Problems, error) {
	return func(c eventstore.Clock) (eventstore.Store, *problems.Problems, error) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, nil, err
		}
		o := eventstore.Options{Path: path, Clock: c}
		store, found, err := eventstore.OpenBolt(o)
		if err == nil {
			return store, found, nil
		}
		if !errors.Is(err, eventstore.ErrDamaged) && !errors.Is(err, eventstore.ErrForeign) {
			return nil, nil, err
		}
		aside := path + ".damaged-" + c.Wall().UTC().Format("20060102T150405.000000000Z")
		if moved := os.Rename(path, aside); moved != nil {
			return nil, nil, errors.Join(err, moved)
		}
		lost := fmt.Errorf("%w: it is kept as %s, and its events are not sent", err, aside)
		store, found, err = eventstore.OpenBolt(o)
		if err != nil {
			return nil, nil, errors.Join(lost, err)
		}
		return store, found.Add(lost), nil
	}
}
