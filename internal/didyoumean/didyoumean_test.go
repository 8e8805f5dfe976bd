package didyoumean_test

import (
	"strings"
	"testing"

	"github.com/hubtape/hubtape/internal/didyoumean"
	"github.com/stretchr/testify/require"
)

func TestNearest(t *testing.T) {
	keys := []string{"name", "tags", "timezone", "route_until", "publish"}
	for _, c := range []struct{ word, want string }{
		{"nmae", "name"},
		{"Name", "name"},
		{"tag", "tags"},
		{"route-until", "route_until"},
		{"routeuntil", "route_until"},
		{"publsih", "publish"},
		{"timezon", "timezone"},
		{"x", ""},
		{"", ""},
		{"golden", ""},
		{strings.Repeat("n", 10_000), ""},
	} {
		got, _ := didyoumean.Nearest(c.word, keys)
		require.Equal(t, c.want, got, "for %.20q", c.word)
	}
	require.Equal(t, `; did you mean "tags"?`, didyoumean.Suffix("tgas", keys))
	require.Empty(t, didyoumean.Suffix("something else", keys))
}
