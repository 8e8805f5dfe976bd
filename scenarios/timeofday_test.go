package scenarios

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTimeOfDay(t *testing.T) {
	for text, want := range map[string]TimeOfDay{"00:00": {}, "22:05": {22, 5, 0}, "06:30:15": {6, 30, 15}} {
		got, ok := parseTimeOfDay(text)
		require.True(t, ok, text)
		require.Equal(t, want, got)
		require.Equal(t, text, got.String())
	}
	for _, bad := range []string{"", "24:00", "1:00", "22:5", "22:05:60", "22:05 ", "noon"} {
		_, ok := parseTimeOfDay(bad)
		require.False(t, ok, bad)
	}
}

func TestWindow(t *testing.T) {
	w := &Window{time.Second, 2 * time.Second}
	require.True(t, w.Has(time.Second) && w.Has(2*time.Second))
	require.False(t, w.Has(time.Second-1) || w.Has(2*time.Second+1))
	require.True(t, (*Window)(nil).Has(0))
}
