package hub

import (
	"fmt"
	"strings"

	"github.com/hubtape/hubtape/broker"
)

// LoadMosquitto reads the users of a mosquitto: its password_file, and its
// acl_file if that is not empty. Without an acl_file all users may everything;
// with one, a user may what it says and no more. Clients without a user name may
// connect if the acl_file says what they may, before its first "user". Its "deny"
// is not supported, and refused. Errors are those of [LoadUsers].
func LoadMosquitto(passwordFile, aclFile string) (*Users, error) {
	passwords, err := readFile(passwordFile)
	if err != nil {
		return nil, err
	}
	m := mosquitto{faults: faults{file: passwordFile}, byName: map[string]*broker.User{}}
	m.passwords(string(passwords))
	if aclFile != "" {
		acl, err := readFile(aclFile)
		if err != nil {
			return nil, err
		}
		m.file = aclFile
		m.acl(string(acl))
	}
	if err := m.err(); err != nil {
		return nil, err
	}
	users := make([]broker.User, len(m.list))
	for i, u := range m.list {
		users[i] = *u
	}
	list, err := broker.NewUsers(users...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", passwordFile, ErrUsers, err)
	}
	return &Users{Warnings: m.warnings, list: list}, nil
}

// mosquitto collects users from its files.
type mosquitto struct {
	faults
	list   []*broker.User
	byName map[string]*broker.User
}

// eachLine calls fn with the lines that say something, and their numbers.
func (f *faults) eachLine(text string, fn func(number int, line string)) {
	if why := readable([]byte(text)); why != "" {
		f.fail(1, 1, "%s", why)
		return
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) != "" && line[0] != '#' {
			fn(number, line)
		}
	}
}

func (m *mosquitto) add(u broker.User) {
	m.list = append(m.list, &u)
	m.byName[u.Name] = &u
}

// passwords reads lines of name:hash.
func (m *mosquitto) passwords(text string) {
	m.eachLine(text, func(number int, line string) {
		name, password, ok := strings.Cut(line, ":")
		switch {
		case !ok || name == "":
			m.fail(number, 1, "this is not name:password")
			return
		case m.byName[name] != nil:
			m.fail(number, 1, "user %q is there twice: keep one", name)
			return
		}
		m.checkPassword(number, len([]rune(name))+2, name, password, true)
		m.add(broker.User{Name: name, Password: password})
	})
}

// acl reads lines of user, topic and pattern. From now on users may nothing but
// what these say.
func (m *mosquitto) acl(text string) {
	for _, u := range m.list {
		u.Read, u.Write = []string{}, []string{}
	}
	anonymous := broker.User{Read: []string{}, Write: []string{}}
	now, patterns := &anonymous, broker.User{}
	m.eachLine(text, func(number int, line string) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		rest = strings.TrimSpace(rest)
		switch word {
		case "user":
			if now = m.byName[rest]; now == nil {
				m.warn(number, 1, "user %q has no password, and cannot connect", rest)
				now = &broker.User{Name: rest}
			}
		case "topic":
			m.access(number, rest, now)
		case "pattern":
			m.access(number, rest, &patterns)
		default:
			m.fail(number, 1, "there is no %q in an acl_file; there are: user, topic, pattern", word)
		}
	})
	if len(anonymous.Read)+len(anonymous.Write) > 0 {
		m.add(anonymous)
	}
	for _, u := range m.list {
		u.Read = append(u.Read, patterns.Read...)
		u.Write = append(u.Write, patterns.Write...)
	}
}

// access reads "[read|write|readwrite] filter" for somebody.
func (m *mosquitto) access(number int, rest string, to *broker.User) {
	how, filter, _ := strings.Cut(rest, " ")
	switch how {
	case "read", "write", "readwrite":
		filter = strings.TrimSpace(filter)
	case "deny":
		m.fail(number, 1, "deny is not supported: say what is allowed instead")
		return
	default:
		how, filter = "readwrite", rest
	}
	before := len(m.found)
	if m.checkFilter(number, 1, "any", filter); len(m.found) > before {
		return
	}
	if how != "write" {
		to.Read = append(to.Read, filter)
	}
	if how != "read" {
		to.Write = append(to.Write, filter)
	}
}
