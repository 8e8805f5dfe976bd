// Package link is MQTT as an automation sees it: publish, and subscribe with a
// handler that runs on the automation's own loop.
//
// A [Link] is the same in production and in simulation; only the [Transport]
// behind it differs. [Dial] makes the one of production, on the paho client.
package link
