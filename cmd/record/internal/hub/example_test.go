package hub_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hubtape/hubtape/cmd/record/internal/hub"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/deck"
)

// A lamp says that it is on, and the tape knows who it was.
func Example() {
	dir, err := os.MkdirTemp("", "hub")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "evening.hubtape")
	d, err := deck.Open(deck.Options{Path: path})
	if err != nil {
		panic(err)
	}
	listen, err := hub.ParseListen("mqtt://127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	h, err := hub.New(d, hub.Options{Listen: []hub.Listen{listen}})
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- h.Serve(ctx) }()
	<-h.Ready()

	lamp, err := conn.Dial(ctx, conn.Options{Broker: "mqtt://" + h.Addresses()[0].String(), ClientID: "lamp"})
	if err != nil {
		panic(err)
	}
	said := make(chan error, 1)
	if err := lamp.Publish(mqtt.Message{Topic: "hall/lamp", Payload: []byte("ON"), QoS: 1}, func(err error) { said <- err }); err != nil {
		panic(err)
	}
	fmt.Println(<-said)
	stop()
	fmt.Println(<-served, lamp.Close(), d.Close())

	tape, err := recorder.Open(path)
	if err != nil {
		panic(err)
	}
	defer tape.Close()
	c := tape.Cursor(recorder.Query{})
	for c.Next() {
		r := c.Record()
		fmt.Printf("%s: %q %q %q %q\n", r.Kind, r.Client, r.Topic, r.Payload, r.Text)
	}
	// Output:
	// <nil>
	// <nil> <nil> <nil>
	// connect: "lamp" "" "" "MQTT 5"
	// message: "lamp" "hall/lamp" "ON" ""
	// disconnect: "lamp" "" "" "the broker was closed"
	// note: "" "" "" "the recording ended"
}
