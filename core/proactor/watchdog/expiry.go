package watchdog

import (
	"fmt"
	"time"
)

// Expiry says who has not patted for too long.
type Expiry struct {
	Name    string
	Since   time.Duration // its last pat
	Allowed time.Duration // always less than Since
}

// String is the expiry as the reason of a shutdown.
func (x Expiry) String() string {
	return fmt.Sprintf("%q has not patted the watchdog for %v, and may be silent for %v", x.Name, x.Since, x.Allowed)
}
