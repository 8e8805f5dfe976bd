package hub_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/hubtape/hubtape/cmd/record/internal/hub"
	"github.com/hubtape/hubtape/recorder/deck"
	"github.com/stretchr/testify/require"
)

// Who watches a recording sees that a hub of our own can be heard.
func TestHubIsHeard(t *testing.T) {
	d, err := deck.Open(deck.Options{Path: filepath.Join(t.TempDir(), "x.hubtape"), FlushEvery: time.Millisecond})
	require.NoError(t, err)
	h, err := hub.New(d, hub.Options{Listen: []hub.Listen{{Address: "127.0.0.1:0"}}})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- h.Serve(ctx) }()
	heard := func() bool { return len(d.Progress().Sources) > 0 && d.Progress().Sources[0].Connected }
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n := 0; n < 20_000 && !heard(); n++ {
		<-tick.C
	}
	require.True(t, heard())
	stop()
	require.NoError(t, <-served)
	require.NoError(t, d.Close())
}
