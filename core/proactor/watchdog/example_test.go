package watchdog_test

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/watchdog"
)

// A pump that is alive for a minute.
func Example() {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	err := v.Run("plant", func() {
		l := loop.New(v, loop.Options{})
		w, err := watchdog.New(l, watchdog.Options{Expired: func(x watchdog.Expiry) {
			fmt.Println(v.Now(), x)
			l.Stop(1)
		}})
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := w.Add("pump", 20*time.Second); err != nil {
			fmt.Println(err)
		}
		w.Start()
		pats, err := l.Every(10*time.Second, func() { _ = w.Pat("pump") })
		if err != nil {
			fmt.Println(err)
		}
		l.After(time.Minute, pats.Stop)
		fmt.Println("code", l.Run())
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 1m21s "pump" has not patted the watchdog for 21s, and may be silent for 20s
	// code 1
}
