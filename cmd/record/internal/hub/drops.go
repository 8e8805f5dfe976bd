package hub

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hubtape/hubtape/recorder"
)

// drops counts the messages that clients did not get, so that each client is told
// of once in tellEvery and not once a message.
type drops struct {
	mu       sync.Mutex
	byClient map[string]*dropped // of those with any since the last tell
}

type dropped struct {
	messages uint64
	reason   string // of the last
}

func (d *drops) add(client, reason string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byClient == nil {
		d.byClient = map[string]*dropped{}
	}
	one := d.byClient[client]
	if one == nil {
		one = &dropped{}
		d.byClient[client] = one
	}
	one.messages++
	one.reason = reason
}

// tell puts a note for each client, in the order of their ids.
func (d *drops) tell(put func(recorder.Record)) {
	d.mu.Lock()
	all := d.byClient
	d.byClient = nil
	d.mu.Unlock()
	for _, client := range slices.Sorted(maps.Keys(all)) {
		one := all[client]
		messages := "messages were"
		if one.messages == 1 {
			messages = "message was"
		}
		put(recorder.Record{
			Kind: recorder.KindNote, Client: client,
			Text: fmt.Sprintf("%d %s not delivered to %s: %s", one.messages, messages, client, one.reason),
		})
	}
}
