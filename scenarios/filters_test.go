package scenarios

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFilters(t *testing.T) {
	s, err := Load("testdata/good/contract.yaml")
	require.NoError(t, err)
	var got []string
	for _, f := range s.Filters() {
		got = append(got, fmt.Sprintf("%d %s %s", f.Line, f.For, f.Filter))
	}
	require.Equal(t, []string{
		"10 tape.feed zigbee2mqtt/#",
		"10 tape.exclude zigbee2mqtt/bridge/#",
		"10 tape.app_outputs zigbee2mqtt/+/set",
		"24 drop zigbee2mqtt/#",
		"25 delay #",
		"32 route_until zigbee2mqtt/hall_light/set",
		"35 never zigbee2mqtt/+/set",
		"36 count a/b",
		"37 retained a/b",
		"39 expect.ordered a/b",
		"40 expect.unordered a/b",
		"41 expect.never a/c",
		"43 expect.golden zigbee2mqtt/+/set",
	}, got)
	require.Nil(t, PatternOf(&Publish{}))

	s, err = Load("testdata/good/smallest.yaml")
	require.NoError(t, err)
	require.Empty(t, s.Filters())
}
