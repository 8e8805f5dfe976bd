package cli

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// How long a recording lasts is counted from when there is something to hear.
func TestLasting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ready := make(chan struct{})
		ctx, cancel := lasting(context.Background(), ready, time.Hour)
		<-time.NewTimer(24 * time.Hour).C
		require.NoError(t, ctx.Err(), "nothing was heard yet")
		heard := time.Now()
		close(ready)
		<-ctx.Done()
		require.Equal(t, time.Hour, time.Since(heard))
		cancel()

		ctx, cancel = lasting(context.Background(), ready, 0)
		<-time.NewTimer(24 * time.Hour).C
		require.NoError(t, ctx.Err(), "it lasts until it is stopped")
		cancel()

		ctx, cancel = lasting(context.Background(), make(chan struct{}), time.Hour)
		cancel() // which waits for no connection
		require.Error(t, ctx.Err())
	})
}
