//go:build !race

package clock

// Who waits is only checked in race builds: knowing one's own goroutine costs
// a microsecond.
const raceEnabled = false

type (
	raceState struct{}
	taskRace  struct{}
)

func (*raceState) checkWait(*Virtual) error { return nil }
func (*raceState) misuse() error            { return ErrSecondDriver }
func (*raceState) drive()                   {}
func (*raceState) undrive()                 {}
func (*raceState) begin(*vtask)             {}
func (*raceState) enter(t *vtask)           { _ = t.race }
func (*raceState) leave()                   {}

type raceToken struct{}

func (*raceToken) hold()      {}
func (*raceToken) drop()      {}
func (*raceToken) mine() bool { return true }
