package retained_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/retained"
)

func ExampleAt() {
	dir, _ := os.MkdirTemp("", "hubtape")
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "evening.hubtape")
	w, err := recorder.Create(path, recorder.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, r := range []recorder.Record{snapshot("hall/light", "OFF"), snapshot("hall/lock", "LOCKED"), live("hall/light", "ON"), live("hall/motion", "1")} {
		r.At = time.Duration(i) * time.Minute
		if err := w.Append(r); err != nil {
			fmt.Println(err)
		}
	}
	if err := w.Close(); err != nil {
		fmt.Println(err)
	}

	tape, err := recorder.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tape.Close()
	state, err := retained.At(tape, 3*time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range state.Messages() {
		fmt.Printf("%s: %s\n", m.Topic, m.Payload)
	}
	// Output:
	// hall/light: ON
	// hall/lock: LOCKED
}
