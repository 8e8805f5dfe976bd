package cli

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSecondsBeforeTheStart(t *testing.T) {
	require.Equal(t, "-1.273574884", seconds(-1273574884*time.Nanosecond))
	require.Equal(t, "-0.000000001", seconds(-1))
	require.Equal(t, "2.000000003", seconds(2*time.Second+3))
}
