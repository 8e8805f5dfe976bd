package redact_test

import (
	"fmt"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/redact"
)

// Secrets are replaced before a record is appended to a tape.
func Example() {
	rules, err := redact.Parse([]byte(`
rules:
  - name: door code
    topics: ["door/#"]
    keys: [opens_with]
`), "home.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	x := redact.New(rules, []byte("from redact.LoadKey"))
	for _, payload := range []string{
		`{"opens_with": "4711", "battery": 87}`,
		`{"opens_with": "4711", "wifi": {"psk": "correct horse"}}`,
	} {
		rec := recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "door/front", Payload: []byte(payload)}}
		x.Record(&rec)
		fmt.Printf("%s\n", rec.Payload)
	}
	for _, c := range x.Stats().Rules {
		fmt.Println(c.Rule, c.Values)
	}
	// Output:
	// {"opens_with": "redacted-e98af0df236a", "battery": 87}
	// {"opens_with": "redacted-e98af0df236a", "wifi": {"psk": "redacted-a57851706b44"}}
	// passwords 1
	// door code 2
}

// What stands on a tape already can be looked for.
func ExampleRules_Find() {
	rules := redact.Builtin(redact.BuiltinOptions{})
	rec := recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{
		Topic:   "tele/plug/STATE",
		Payload: []byte(`{"POWER": "ON", "Wifi": {"SSId": "Villa Kunterbunt", "RSSI": 72}}`),
	}}
	for _, f := range rules.Find(&rec) {
		fmt.Println(f)
	}
	// Output:
	// Wi-Fi names: payload: Wifi.SSId (16 characters: letters, others)
}
