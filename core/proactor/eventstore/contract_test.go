package eventstore_test

import (
	"testing"

	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/eventstore/storetest"
	"github.com/hubtape/hubtape/core/proactor/problems"
)

// openers are the stores that keep what they are given.
var openers = []struct {
	name string
	open func(eventstore.Options) (eventstore.Store, *problems.Problems, error)
}{
	{"Files", func(o eventstore.Options) (eventstore.Store, *problems.Problems, error) {
		return eventstore.OpenFiles(o)
	}},
	{"Bolt", func(o eventstore.Options) (eventstore.Store, *problems.Problems, error) {
		return eventstore.OpenBolt(o)
	}},
}

// TestContract holds each store to storetest: GW-098, GW-099, GW-101, GW-102,
// GW-103, GW-105, GW-107, GW-108, GW-111, GW-112, GW-116.
func TestContract(t *testing.T) {
	for _, s := range openers {
		t.Run(s.name, func(t *testing.T) { storetest.Run(t, storetest.Column{Open: s.open}) })
	}
	t.Run("Memory", func(t *testing.T) {
		kept := map[string]*eventstore.Memory{} // what is stored where; only looked up in
		storetest.Run(t, storetest.Column{
			Open: func(o eventstore.Options) (eventstore.Store, *problems.Problems, error) {
				m, ok := kept[o.Path]
				if ok {
					m = m.Reopen(o.BytesMax)
				} else {
					m = eventstore.NewMemory(o.BytesMax)
				}
				kept[o.Path] = m
				return m, nil, nil
			},
		})
	})
	t.Run("Nothing", func(t *testing.T) {
		storetest.Run(t, storetest.Column{
			Open: func(eventstore.Options) (eventstore.Store, *problems.Problems, error) {
				return eventstore.Nothing{}, nil, nil
			},
			Forgets: true,
		})
	})
}
