package settings_test

import (
	"fmt"

	"github.com/hubtape/hubtape/core/proactor/settings"
)

func Example() {
	s := settings.Default()
	report, err := settings.Load(&s, settings.Sources{
		Prefix:  "PROACTOR",
		Environ: []string{"HOME=/home/me", "PROACTOR_ACK_TIMEOUT_SECONDS=7", "PROACTOR_MQTT_LINK_POL_SECONDS=9"},
		Files:   []settings.EnvFile{{Name: ".env", Text: "PROACTOR_ACK_TIMEOUT_SECONDS=8\nPROACTOR_NUM_INITIAL_EVENT_REUPLOADS=20"}},
	})
	fmt.Println(s.AckTimeout, s.InitialReuploads, err)
	fmt.Println(report.Unknown[0])

	_, err = settings.Load(&s, settings.Sources{
		Prefix:  "PROACTOR",
		Environ: []string{"HOME=/home/me", "PROACTOR_ACK_TIMEOUT_SECONDS=soon", "PROACTOR_LOGGING__BASE_LOG_LEVEL=wraning"},
	})
	fmt.Println(err)
	// Output:
	// 7s 20 <nil>
	// PROACTOR_MQTT_LINK_POL_SECONDS (the environment): there is no such setting; did you mean PROACTOR_MQTT_LINK_POLL_SECONDS?
	// PROACTOR_ACK_TIMEOUT_SECONDS (the environment): "soon" is no number of seconds
	// PROACTOR_LOGGING__BASE_LOG_LEVEL (the environment): "wraning" is no level: it is DEBUG, INFO, WARNING, ERROR, CRITICAL or a number from 0 to 1000; did you mean "WARNING"?
}
