package watchdog_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/watchdog"
)

func TestServiceVariable(t *testing.T) {
	for name, want := range map[string]string{
		"scada":     "SCADA_RUNNING_AS_SERVICE",
		"Scada2":    "SCADA2_RUNNING_AS_SERVICE",
		"hw1.a-b é": "HW1_A_B___RUNNING_AS_SERVICE",
		"":          "_RUNNING_AS_SERVICE",
	} {
		require.Equal(t, want, watchdog.Service{Name: name}.Variable())
	}
}

func TestServiceRuns(t *testing.T) {
	s := watchdog.Service{Name: "scada"}
	require.False(t, s.Running(), "GW-155 not set")
	for value, want := range map[string]bool{
		"1": true, "true": true, "TRUE": true, "True": true,
		"": false, "0": false, "false": false, "yes": false, "2": false, " 1": false,
	} {
		t.Setenv("SCADA_RUNNING_AS_SERVICE", value)
		require.Equal(t, want, s.Running(), value)
	}
}

func TestPatArgs(t *testing.T) {
	s, given := watchdog.Service{Name: "scada"}, []string{"pat", "the dog"}
	require.Nil(t, s.PatArgs(nil), "GW-155 not running")
	require.Nil(t, s.PatArgs(given), "GW-155 not running")
	t.Setenv("SCADA_RUNNING_AS_SERVICE", "1")
	require.Equal(t, given, s.PatArgs(given), "GW-155 what is given")
	require.Empty(t, s.PatArgs([]string{}), "GW-155 nothing is given, which is not the default")
	require.Equal(t, []string{"systemd-notify", fmt.Sprintf("--pid=%d", os.Getpid()), "WATCHDOG=1"}, s.PatArgs(nil), "GW-155")
	s.PID = 7
	require.Equal(t, []string{"systemd-notify", "--pid=7", "WATCHDOG=1"}, s.PatArgs(nil), "GW-155")
}
