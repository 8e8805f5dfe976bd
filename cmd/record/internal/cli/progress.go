package cli

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/capture"
)

// How often progress is told: drawn on a terminal, logged elsewhere.
const (
	drawEvery = 500 * time.Millisecond
	logEvery  = 10 * time.Second
)

// showProgress tells how the recording goes until stop is called.
func (a *app) showProgress(c *capture.Capture, path string) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		every := logEvery
		if a.Terminal {
			every = drawEvery
		}
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-done:
				if a.Terminal {
					fmt.Fprint(a.Err, "\r\x1b[K")
				}
				return
			case <-tick.C:
				a.tell(c.Progress(), tapeBytes(path))
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}

func (a *app) tell(p capture.Progress, size int64) {
	if !a.Terminal {
		a.log.Info("recording", "elapsed", p.Elapsed.Round(time.Second), "messages", p.Messages, "per_second", int(p.Rate+0.5),
			"topics", p.Topics, "tape_bytes", size, "gaps", p.Gaps, "connected", p.Connected)
		return
	}
	state := ""
	if !p.Connected {
		state = "  no connection"
	}
	fmt.Fprintf(a.Err, "\r\x1b[K%v  %s messages  %.0f/s  %d topics  %s  %d gaps%s",
		p.Elapsed.Round(time.Second), thousands(p.Messages), p.Rate, p.Topics, bytesText(size), p.Gaps, state)
}

// tapeBytes is the size of a tape on the disk, its side log included.
func tapeBytes(path string) (n int64) {
	for _, p := range []string{path, path + recorder.LogSuffix} {
		if st, err := os.Stat(p); err == nil {
			n += st.Size()
		}
	}
	return n
}

func thousands(n uint64) string { return command.Thousands(n) }

func bytesText(n int64) string {
	f, unit := float64(n), 0
	for f >= 1000 && unit < 4 {
		f /= 1000
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %cB", f, " kMGT"[unit])
}
