package broker

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"
	"sync"

	"github.com/hubtape/hubtape/mqtt"
)

// User is one entry of [Users].
type User struct {
	// Name is what the client logs in as. An entry with an empty name is for
	// clients that send no user name; its password is not looked at. Without
	// such an entry they may not connect.
	Name string
	// Password is the password itself, or a hash of it as HashPassword and
	// mosquitto_passwd write it ("$7$iterations$salt$hash" or "$6$salt$hash").
	Password string
	// Read and Write are the filters of topics that may be read and published
	// to. Nil: all of them. Empty: none. In them %u stands for the user name and
	// %c for the client id, as in mosquitto; such a filter allows nothing to a
	// client whose name or id holds one of "+#/".
	Read, Write []string
}

// Users is an [Auth] with a fixed list of users. It is safe for concurrent use.
type Users struct {
	byName map[string]*entry
	secret [sha256.Size]byte // of what verified holds; drawn anew for each Users
}

type entry struct {
	user        User
	read, write acl
	hash        *passwordHash // nil: user.Password is the password

	// A hash costs a tenth of a second, and after a restart all clients come at
	// once. So the one password that was right is known again by a quick hash
	// with a secret key, which lives in memory alone.
	mu       sync.Mutex // held while a hash is computed: one at a time for each user
	known    sync.RWMutex
	verified []byte // of the password; nil: none was right yet; see known
}

var _ Auth = (*Users)(nil)

// NewUsers makes an Auth of a list. Errors wrap ErrOptions and name the user.
func NewUsers(list ...User) (*Users, error) {
	u := &Users{byName: make(map[string]*entry, len(list))}
	_, _ = rand.Read(u.secret[:]) // never fails
	for _, one := range list {
		if _, ok := u.byName[one.Name]; ok {
			return nil, fmt.Errorf("%w: user %q is listed twice", ErrOptions, one.Name)
		}
		e := &entry{user: one}
		var err error
		if e.read, err = newACL(one.Read); err == nil {
			e.write, err = newACL(one.Write)
		}
		if err == nil && IsHash(one.Password) {
			e.hash, err = parseHash(one.Password)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: user %q: %w", ErrOptions, one.Name, err)
		}
		u.byName[one.Name] = e
	}
	return u, nil
}

// Authenticate checks the password of a listed user. A hash costs as much time
// as its iterations say, until it was right once.
func (u *Users) Authenticate(l Login) bool {
	e, ok := u.byName[l.User]
	switch {
	case !ok:
		return false
	case l.User == "":
		return true
	case e.hash == nil:
		return subtle.ConstantTimeCompare(l.Password, []byte(e.user.Password)) == 1
	}
	mac := hmac.New(sha256.New, u.secret[:])
	mac.Write(l.Password)
	sum := mac.Sum(nil)
	if e.knows(sum) {
		return true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.knows(sum) { // somebody else has waited with the same password
		return true
	}
	if !e.hash.matches(l.Password) {
		return false
	}
	e.known.Lock()
	e.verified = sum
	e.known.Unlock()
	return true
}

func (e *entry) knows(sum []byte) bool {
	e.known.RLock()
	defer e.known.RUnlock()
	return e.verified != nil && hmac.Equal(e.verified, sum)
}

// MayPublish reports whether one of the user's Write filters matches.
func (u *Users) MayPublish(user, clientID, topic string) bool {
	e, ok := u.byName[user]
	return ok && e.write.allows(user, clientID, topic)
}

// MayRead reports whether one of the user's Read filters matches.
func (u *Users) MayRead(user, clientID, topic string) bool {
	e, ok := u.byName[user]
	return ok && e.read.allows(user, clientID, topic)
}

// acl is a list of filters, some of them with %u or %c.
type acl struct {
	all      bool
	plain    []string
	patterns []string
}

func newACL(filters []string) (acl, error) {
	a := acl{all: filters == nil}
	for _, f := range filters {
		if err := mqtt.ValidateFilter(f); err != nil {
			return a, err
		}
		if strings.Contains(f, "%u") || strings.Contains(f, "%c") {
			a.patterns = append(a.patterns, f)
		} else {
			a.plain = append(a.plain, f)
		}
	}
	return a, nil
}

func (a *acl) allows(user, clientID, topic string) bool {
	if a.all || mqtt.MatchAny(a.plain, topic) {
		return true
	}
	if len(a.patterns) == 0 || strings.ContainsAny(clientID, "+#/") || strings.ContainsAny(user, "+#/") {
		return false
	}
	names := strings.NewReplacer("%u", user, "%c", clientID)
	for _, p := range a.patterns {
		if user == "" && strings.Contains(p, "%u") {
			continue
		}
		if mqtt.Match(names.Replace(p), topic) {
			return true
		}
	}
	return false
}
