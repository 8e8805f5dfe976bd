package clock_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
)

// flood posts from outside until the result is called, and returns when some of
// its posts have run.
func flood(s *clock.System) (end func()) {
	stop, ran := make(chan struct{}), make(chan struct{}, 1)
	var busy sync.WaitGroup
	busy.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			s.Post(func() {
				select {
				case ran <- struct{}{}:
				default:
				}
			})
			runtime.Gosched()
		}
	})
	<-ran
	return func() {
		close(stop)
		busy.Wait()
	}
}

// Posts that come while the runtime ends take the token with them nowhere.
func TestCloseUnderPosts(t *testing.T) {
	clocktest.NotInDigest(t)
	for i := range 20 {
		s := clock.NewSystem(clock.SystemOptions{Guard: 2 * time.Second})
		for range 4 {
			s.Go("busy", func() {
				for {
					s.Yield()
				}
			})
		}
		s.Go("parked", func() { clock.Sleep(s, time.Hour) })
		end := flood(s)
		err := s.Close()
		end()
		if err != nil {
			t.Fatalf("close %d: %v", i, err)
		}
	}
}
