package hub

import (
	"errors"
	"sync/atomic"

	"github.com/hubtape/hubtape/broker"
)

// Users is who may connect, and what they may read and publish. It never changes
// once it is loaded, and any number of goroutines may use it.
type Users struct {
	// Warnings are what is allowed and better not so, one sentence each, with
	// the place.
	Warnings []string

	list *broker.Users
}

// ErrUsers is what every fault of a users file wraps.
var ErrUsers = errors.New("the users cannot be understood")

// gate asks the users of the moment.
type gate struct{ users atomic.Pointer[Users] }

var _ broker.Auth = (*gate)(nil)

// Authenticate reports whether a client may connect.
func (g *gate) Authenticate(l broker.Login) bool {
	u := g.users.Load()
	return u == nil || u.list.Authenticate(l)
}

// MayPublish reports whether a client may publish to a topic.
func (g *gate) MayPublish(user, clientID, topic string) bool {
	u := g.users.Load()
	return u == nil || u.list.MayPublish(user, clientID, topic)
}

// MayRead reports whether a client may see messages on a topic.
func (g *gate) MayRead(user, clientID, topic string) bool {
	u := g.users.Load()
	return u == nil || u.list.MayRead(user, clientID, topic)
}
