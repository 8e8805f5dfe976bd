package conn

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// The gate lets in 1,000 messages or 1 MiB, and one larger message alone.
func TestGate(t *testing.T) {
	for _, c := range []struct{ size, room int }{{10, aheadMessages}, {aheadBytes / 4, 4}, {aheadBytes + 1, 1}, {aheadBytes, 1}} {
		synctest.Test(t, func(t *testing.T) {
			var g gate
			g.init()
			entered := 0
			go func() {
				for range 3 * aheadMessages {
					g.enter(c.size)
					entered++
				}
			}()
			synctest.Wait()
			require.Equal(t, c.room, entered)
			require.True(t, g.busy())
			for i := range 2 * aheadMessages {
				g.leave()
				synctest.Wait()
				require.Equal(t, c.room+i+1, entered)
			}
			g.close() // nobody waits any more
			synctest.Wait()
			require.Equal(t, 3*aheadMessages, entered)
			for range 5 * aheadMessages {
				g.leave()
			}
			require.False(t, g.busy())
			require.Zero(t, g.bytes)
		})
	}
}

// Short payloads do not keep the large buffers that the library reads into.
func TestKeepable(t *testing.T) {
	var c Conn
	long := make([]byte, 100, 199)
	require.Same(t, &long[0], &c.keepable(long)[0])
	short := append(make([]byte, 0, 512), "short"...)
	kept := c.keepable(short)
	require.Equal(t, "short", string(kept))
	require.NotSame(t, &short[0], &kept[0])
	require.Equal(t, len(kept), cap(kept))
}
