// Package pcap reads MQTT messages out of packet captures: pcap and pcapng
// files as tcpdump and Wireshark write them.
//
// A [Reader] puts the TCP connections of a capture together again, finds those
// that speak MQTT (3.1, 3.1.1 or 5, also over an unencrypted WebSocket), and
// gives what was said on them as records, in the order in which it began in the
// capture.
//
//   - What a client published is a message with Client set. What a broker
//     delivered has the receiver in Text, "to hall", and no Client, because the
//     packet does not tell who said it; [Options.Dedupe] leaves such copies out.
//   - A delivery with the retain flag is a snapshot: the broker had it stored.
//     Only clients that asked for the flag as published, and bridges, see it on
//     live messages too; theirs stay messages.
//   - Connects, disconnects, subscriptions (with the QoS that was asked for) and
//     wills are records too. A will stands where its client was lost, as that is
//     when a broker publishes it. Names of users and passwords are passed over.
//
// Captures are lossy by nature. What is missing or cannot be understood is
// counted in [Stats], with the first reason, and never given as if it were whole;
// the next packet that can be made out goes on. A connection whose beginning is
// missing is taken up where it becomes clear, and its client is called by its
// address. Memory is bounded: by the connections that are followed at a time, the
// bytes kept for them, and those that wait for their turn.
package pcap
