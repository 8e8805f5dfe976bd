package broker

import (
	"crypto/subtle"
	"fmt"

	"github.com/hubtape/hubtape/mqtt"
)

// User is one entry of [Users].
type User struct {
	// Name is what the client logs in as. An entry with an empty name is for
	// clients that send no user name; its password is not looked at. Without
	// such an entry they may not connect.
	Name string
	// Password is the password itself, or a hash of it as HashPassword and
	// mosquitto_passwd write it ("$7$iterations$salt$hash").
	Password string
	// Read and Write are the filters of topics that may be read and published
	// to. Nil: all of them. Empty: none.
	Read, Write []string
}

// Users is an [Auth] with a fixed list of users. It is safe for concurrent use.
type Users struct {
	byName map[string]entry
}

type entry struct {
	user User
	hash *passwordHash // nil: user.Password is the password
}

var _ Auth = (*Users)(nil)

// NewUsers makes an Auth of a list. Errors wrap ErrOptions and name the user.
func NewUsers(list ...User) (*Users, error) {
	u := &Users{byName: make(map[string]entry, len(list))}
	for _, one := range list {
		if _, ok := u.byName[one.Name]; ok {
			return nil, fmt.Errorf("%w: user %q is listed twice", ErrOptions, one.Name)
		}
		for _, filters := range [][]string{one.Read, one.Write} {
			for _, f := range filters {
				if err := mqtt.ValidateFilter(f); err != nil {
					return nil, fmt.Errorf("%w: user %q: %w", ErrOptions, one.Name, err)
				}
			}
		}
		e := entry{user: one}
		if isHash(one.Password) {
			h, err := parseHash(one.Password)
			if err != nil {
				return nil, fmt.Errorf("%w: user %q: %w", ErrOptions, one.Name, err)
			}
			e.hash = h
		}
		u.byName[one.Name] = e
	}
	return u, nil
}

// Authenticate checks the password of a listed user. A hash costs as much time
// as its iterations say.
func (u *Users) Authenticate(l Login) bool {
	e, ok := u.byName[l.User]
	switch {
	case !ok:
		return false
	case l.User == "":
		return true
	case e.hash != nil:
		return e.hash.matches(l.Password)
	}
	return subtle.ConstantTimeCompare(l.Password, []byte(e.user.Password)) == 1
}

// MayPublish reports whether one of the user's Write filters matches.
func (u *Users) MayPublish(user, _, topic string) bool {
	e, ok := u.byName[user]
	return ok && allowed(e.user.Write, topic)
}

// MayRead reports whether one of the user's Read filters matches.
func (u *Users) MayRead(user, _, topic string) bool {
	e, ok := u.byName[user]
	return ok && allowed(e.user.Read, topic)
}

func allowed(filters []string, topic string) bool {
	return filters == nil || mqtt.MatchAny(filters, topic)
}
