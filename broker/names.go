package broker

import "sync"

// names holds who has which client id and who is in which shared subscription,
// so that in-process and network clients do not get in each other's way. It is
// used by tasks and by the goroutines of network clients; its maps are only
// looked up in.
type names struct {
	mu        sync.Mutex
	inProcess map[string]struct{} // client ids with a session, connected or not
	network   map[string]int      // connections of each client id
	away      func(id string) bool
	ours      map[string]struct{}            // shared filters of in-process sessions
	theirs    map[string]map[string]struct{} // of network clients, by filter and client id
	byClient  map[string][]string            // the same by client id
}

func (n *names) init(away func(id string) bool) {
	n.inProcess, n.network, n.away = map[string]struct{}{}, map[string]int{}, away
	n.ours, n.theirs, n.byClient = map[string]struct{}{}, map[string]map[string]struct{}{}, map[string][]string{}
}

// reserve takes a client id for an in-process session.
func (n *names) reserve(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.network[id] > 0 || n.away(id) {
		return false
	}
	n.inProcess[id] = struct{}{}
	return true
}

// onNetwork reports whether a network client has the id.
func (n *names) onNetwork(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.network[id] > 0 || n.away(id)
}

// release gives it back.
func (n *names) release(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.inProcess, id)
}

// arrive takes a client id for a network connection, which may share it with
// the one it takes over from.
func (n *names) arrive(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, taken := n.inProcess[id]; taken {
		return false
	}
	n.network[id]++
	return true
}

// depart says that a network connection that arrived has ended.
func (n *names) depart(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.network[id]--; n.network[id] <= 0 {
		delete(n.network, id)
	}
}

// joinShare takes a shared filter for in-process sessions.
func (n *names) joinShare(filter string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.theirs[filter]) > 0 {
		return false
	}
	n.ours[filter] = struct{}{}
	return true
}

// leaveShare says that no in-process session shares the filter any more.
func (n *names) leaveShare(filter string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.ours, filter)
}

// joinShareFromNetwork takes a shared filter for a network client.
func (n *names) joinShareFromNetwork(filter, id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, taken := n.ours[filter]; taken {
		return false
	}
	members := n.theirs[filter]
	if members == nil {
		members = map[string]struct{}{}
		n.theirs[filter] = members
	}
	if _, ok := members[id]; !ok {
		members[id] = struct{}{}
		n.byClient[id] = append(n.byClient[id], filter)
	}
	return true
}

// leaveShareFromNetwork gives one filter of a network client back, if it has
// it.
func (n *names) leaveShareFromNetwork(filter, id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.leaveLocked(filter, id)
}

// leaveSharesFromNetwork gives all filters of a network client back.
func (n *names) leaveSharesFromNetwork(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, f := range n.byClient[id] {
		n.leaveLocked(f, id)
	}
	delete(n.byClient, id)
}

func (n *names) leaveLocked(filter, id string) {
	delete(n.theirs[filter], id)
	if len(n.theirs[filter]) == 0 {
		delete(n.theirs, filter)
	}
}
