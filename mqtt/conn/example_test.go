package conn_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
)

// exampleBroker serves a broker of our own.
func exampleBroker() (address string, stop func() error) {
	rt := clock.NewSystem(clock.SystemOptions{})
	b, err := broker.New(broker.Options{Runtime: rt})
	if err != nil {
		panic(err)
	}
	runErr := rt.Run("serve", func() {
		addr, serveErr := b.Serve(broker.ListenOptions{Address: "127.0.0.1:0"})
		if err = serveErr; err == nil {
			address = "mqtt://" + addr.String()
		}
	})
	if err := errors.Join(runErr, err); err != nil {
		panic(err)
	}
	return address, func() error {
		runErr := rt.Run("close", func() { err = b.Close() })
		return errors.Join(runErr, err, rt.Close())
	}
}

// A connection that hears what it says itself.
func Example() {
	address, stop := exampleBroker()

	heard := make(chan conn.Incoming, 1)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := conn.Dial(ctx, conn.Options{
		Broker:    address,
		OnMessage: func(in conn.Incoming) { heard <- in },
		OnLost:    func(err error) { fmt.Println("dial again:", err) },
	})
	if err != nil {
		fmt.Println(err, conn.Hint(err))
		return
	}
	if err := c.Subscribe(ctx, conn.Subscription{Filter: "hall/#", QoS: 1}); err != nil {
		fmt.Println(err)
	}
	acknowledged := make(chan error, 1)
	message := mqtt.Message{Topic: "hall/lamp", Payload: []byte("on"), QoS: 1}
	if err := c.Publish(message, func(err error) { acknowledged <- err }); err != nil {
		fmt.Println(err)
	}
	fmt.Println("acknowledged:", <-acknowledged == nil)
	in := <-heard
	fmt.Printf("MQTT %s: %s is %s\n", c.Version(), in.Topic, in.Payload)
	fmt.Println(errors.Join(c.Close(), stop()))
	// Output:
	// acknowledged: true
	// MQTT 5: hall/lamp is on
	// <nil>
}
