package format_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
)

// A file of any format is read record by record.
func Example() {
	const file = `zigbee2mqtt/hall,{"state":"ON"}
zigbee2mqtt/hall,{"state":"OFF"}
`
	f, err := format.Detect([]byte(file))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Name)
	d := f.NewDecoder(strings.NewReader(file), format.Options{File: "mqtt_dump.txt", Every: time.Second})
	for {
		var r recorder.Record
		err := d.Next(&r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v %s %s\n", r.At, r.Topic, r.Payload)
	}
	fmt.Printf("missing: %s\n", strings.Join(d.Stats().Missing, ", "))
	// Output:
	// ha-dump
	// 0s zigbee2mqtt/hall {"state":"ON"}
	// 1s zigbee2mqtt/hall {"state":"OFF"}
	// missing: times, QoS and retain flags, line ends in payloads
}

// What a format cannot hold is counted while it is written.
func ExampleEncoder() {
	f, err := format.Lookup("mqtt-recorder")
	if err != nil {
		fmt.Println(err)
		return
	}
	e := f.NewEncoder(os.Stdout, recorder.Info{Start: time.Date(2026, 1, 10, 17, 0, 0, 0, time.UTC)})
	for _, r := range []recorder.Record{
		{Kind: recorder.KindMessage, Client: "hall", Message: mqtt.Message{Topic: "hall/light", Payload: []byte("ON")}},
		{At: time.Second, Kind: recorder.KindNote, Text: "the fuse"},
	} {
		if err := e.Write(&r); err != nil {
			fmt.Println(err)
		}
	}
	if err := e.Close(); err != nil {
		fmt.Println(err)
	}
	for _, l := range e.Lost() {
		fmt.Printf("lost: %s (%d)\n", l.What, l.Count)
	}
	// Output:
	// timestamp,topic,payload,qos,retain
	// 2026-01-10T17:00:00.000Z,hall/light,ON,0,false
	// lost: gaps, notes and other records that are no messages (1)
	// lost: client ids (1)
}

// A template of mosquitto_sub -F that loses nothing reads payloads of several
// lines too.
func ExampleOptions_template() {
	const printed = "1763649226.500000000\thall/text\t1\t0\t9\ttwo\nlines\n"
	f, err := format.Lookup("mosquitto")
	if err != nil {
		fmt.Println(err)
		return
	}
	d := f.NewDecoder(strings.NewReader(printed), format.Options{Template: `%U\t%t\t%q\t%r\t%l\t%p`})
	var r recorder.Record
	if err := d.Next(&r); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %q QoS %d\n", r.Topic, r.Payload, r.QoS)
	// Output:
	// hall/text "two\nlines" QoS 1
}

func ExampleCheckTemplate() {
	fmt.Println(format.CheckTemplate("%I %t %q %r %p"))
	fmt.Println(format.CheckTemplate("%p %t"))
	// Output:
	// <nil>
	// not a template that can be read back: "%p %t" has something after %p, where a payload may hold anything; put %p last
}
