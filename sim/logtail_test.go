package sim_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/hubtape/hubtape/sim"
	"github.com/stretchr/testify/require"
)

func TestLogTail(t *testing.T) {
	var tail sim.LogTail
	require.Empty(t, tail.Lines())
	now := time.Duration(0)
	log := slog.New(tail.Handler(func() time.Duration { return now }))
	for i := range 30 {
		now = time.Duration(i) * 1500 * time.Millisecond
		log.Info(fmt.Sprint("line ", i), slog.Group("g", slog.String("time", "its own")))
	}
	lines := tail.Lines()
	require.Len(t, lines, 20)
	require.Equal(t, `at=15s level=INFO msg="line 10" g.time="its own"`, lines[0])
	require.Equal(t, `at=43.5s level=INFO msg="line 29" g.time="its own"`, lines[19])
}
