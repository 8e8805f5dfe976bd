// Package stats counts what a proactor sends, receives and misses: by message
// type, by topic and by link.
//
//	s := stats.New()
//	parent, err := s.AddLink("parent")
//	...
//	parent.Topic(topic)
//	parent.Received(m.MessageType)
//	fmt.Print(s)
//
// The text form is sorted, so two of them can be compared. Everything belongs to
// one task.
package stats
