package broker

import (
	"slices"
	"strings"
)

// share is a shared subscription: its members take turns (MQTT 5, 4.8.2).
type share struct {
	filter  string          // "$share/group/inner"
	members []*subscription // by seq, never empty while in the trie
	last    uint64          // seq of the member that had the last turn
}

// splitShare returns the filter inside a "$share/group/inner", and whether it
// was one. It must be valid.
func splitShare(filter string) (inner string, shared bool) {
	rest, ok := strings.CutPrefix(filter, "$share/")
	if !ok {
		return filter, false
	}
	_, inner, _ = strings.Cut(rest, "/")
	return inner, true
}

// next gives the turn to the next member in subscription order that is
// connected; if none is, to the next one.
func (sh *share) next() *subscription {
	start := 0
	for i, m := range sh.members {
		if m.seq > sh.last {
			start = i
			break
		}
	}
	pick := sh.members[start]
	for i := range sh.members {
		m := sh.members[(start+i)%len(sh.members)]
		if m.client.conn != nil {
			pick = m
			break
		}
	}
	sh.last = pick.seq
	return pick
}

// join adds a member to its share, which is made if need be.
func (t *trie) join(s *subscription) {
	inner, _ := splitShare(s.filter)
	n := t.at(inner, true)
	i := slices.IndexFunc(n.shares, func(sh *share) bool { return sh.filter == s.filter })
	if i < 0 {
		i = len(n.shares)
		n.shares = append(n.shares, &share{filter: s.filter})
	}
	s.share = n.shares[i]
	s.share.members = append(s.share.members, s)
}

// part takes a member out of its share, and the share when it was the last;
// it reports whether the share is gone.
func (t *trie) part(s *subscription) (gone bool) {
	sh := s.share
	sh.members = slices.DeleteFunc(sh.members, func(o *subscription) bool { return o == s })
	if len(sh.members) > 0 {
		return false
	}
	inner, _ := splitShare(sh.filter)
	n := t.at(inner, false)
	n.shares = slices.DeleteFunc(n.shares, func(o *share) bool { return o == sh })
	n.trim()
	return true
}
