// Package mqtt holds the few words of the protocol that every other package
// shares: a [Message], the rules for topics and filters, and how a filter
// matches a topic. It does no I/O, imports nothing of hubtape, and all of it
// is safe for concurrent use.
//
// Rules are those of MQTT 3.1.1 and 5, section 4.7, and are named at the line.
package mqtt
