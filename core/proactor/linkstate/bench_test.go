package linkstate_test

import (
	"testing"

	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

// One legal transition, without and with a tap, a log and a counter.
func BenchmarkApply(b *testing.B) {
	count := 0
	observe := func(linkstate.Transition) { count++ }
	for _, c := range []struct {
		name      string
		observers []func(linkstate.Transition)
	}{
		{"alone", nil},
		{"3 observers", []func(linkstate.Transition){observe, observe, observe}},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := linkstate.New("parent", c.observers...)
			for _, in := range ways[linkstate.Active] {
				_, _ = m.Apply(in)
			}
			round := [...]linkstate.Input{linkstate.ResponseTimeout, linkstate.MessageFromPeer}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if _, err := m.Apply(round[i&1]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
