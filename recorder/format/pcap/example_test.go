package pcap_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format/pcap"
)

// capture stands for a file: the examples make their own.
func capture() string {
	f, err := os.CreateTemp("", "*.pcap")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	w := newWire(&testing.B{})
	session(w, hall)
	if _, err := f.Write(w.pcap()); err != nil {
		panic(err)
	}
	return f.Name()
}

func ExampleReader() {
	name := capture()
	defer os.Remove(name)
	f, err := os.Open(name)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	r := pcap.NewReader(f, pcap.Options{File: name})
	for {
		var rec recorder.Record
		err := r.Next(&rec)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v %v by %s: %q %q\n", rec.At, rec.Kind, rec.Client, rec.Topic, rec.Payload)
	}
	fmt.Println(r.Stats().Streams, "connection")
	// Output:
	// 3ms connect by hall: "" ""
	// 5ms message by hall: "hall/light" "ON"
	// 7ms disconnect by hall: "" ""
	// 1 connection
}

func ExampleMatches() {
	fmt.Println(pcap.Matches([]byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00")), pcap.Matches([]byte(`{"topic":"a"}`)))
	// Output: true false
}
