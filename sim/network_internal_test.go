package sim

import (
	"testing"

	"github.com/hubtape/hubtape/core/link"
	"github.com/stretchr/testify/require"
)

// Who connects again and again leaves nothing behind.
func TestNetworkForgetsWhatIsOver(t *testing.T) {
	w, err := New(Options{})
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.clock.Run("dial", func() {
		dial := w.network.dialer(owner{"hall", "app"})
		for range 100 {
			last, err := dial(link.DialOptions{ClientID: "mine"}, func() {})
			require.NoError(t, err)
			require.Len(t, w.network.transports, 1)
			require.NoError(t, last.Close())
		}
	}))
	require.Equal(t, []string{"mine"}, w.network.clients)
}
