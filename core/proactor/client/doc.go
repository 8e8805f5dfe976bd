// Package client keeps one connection to a broker: it is made again whenever it
// is lost, however long the broker is away, and knows which subscriptions the
// broker has acknowledged.
//
//	c, err := client.New(l, client.Options{Name: "parent", Dial: dial, Events: client.Events{...}})
//	err = c.Subscribe("gw/hw1-a/to/s/#", 0)
//	c.Start()
//	...
//	err = c.Publish(m)
//
// A client tells what happens to its connection, and decides nothing: when it is
// connected its owner calls SubscribeAll. It is for the tasks of the loop's
// runtime, and calls its owner on the loop.
package client
