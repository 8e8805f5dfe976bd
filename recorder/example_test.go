package recorder_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// A tape is written once, and read through cursors.
func Example() {
	dir, _ := os.MkdirTemp("", "hubtape")
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "evening.hubtape")

	w, err := recorder.Create(path, recorder.Options{Start: time.Date(2026, 1, 10, 17, 0, 0, 0, time.UTC)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, payload := range []string{"ON", "OFF", "ON"} {
		err := w.Append(recorder.Record{
			At: time.Duration(i) * time.Minute, Kind: recorder.KindMessage,
			Message: mqtt.Message{Topic: "hall/light", Payload: []byte(payload)},
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	if err := w.Close(); err != nil {
		fmt.Println(err)
	}

	t, err := recorder.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer t.Close()
	c := t.Cursor(recorder.Query{From: time.Minute, Topics: mqtt.Selection{Include: []string{"hall/#"}}})
	for c.Next() {
		r := c.Record()
		fmt.Printf("%v %s %s\n", r.At, r.Topic, r.Payload)
	}
	fmt.Println(c.Err())
	// Output:
	// 1m0s hall/light OFF
	// 2m0s hall/light ON
	// <nil>
}
