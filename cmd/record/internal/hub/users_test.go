package hub_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/cmd/record/internal/hub"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder/deck"
)

// hashOfHub is PBKDF2 of "hub" with 2 iterations, and oldHashOfHub mosquitto 1's.
const (
	hashOfHub    = "$7$2$c2FsdHNhbHQ=$ZpGE5p4DeIAme8oaJ4iF4Yemfi+C/PtbRspFdCPmW1/x1328NykJsGo6FixU0K12lVLN5FLQl9Vg5sqd7g0sQw=="
	oldHashOfHub = "$6$c2FsdHNhbHQ=$MGBMz8TLCn78V6/alWTzEjibcFGnV+06zLJ9s7OqNvIX55gz36hyPwSNbUuqNiWvT8AAX9WPJHRp1kVYQXpTdg=="
)

func TestUsersFileFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":         "1:1: the file is empty",
		"users: x": "1:8: users must be a list",
		"user: []": `1:1: there is no key "user" in the file; did you mean "users"?`,
		"users: [{name: a, password: b}]\nusers: []":                     "2:1: the key \"users\" is there twice",
		"users:\n  - password: b\n":                                      "2:5: this user has no name",
		"users:\n  - name: a\n":                                          `2:5: user "a" has no password`,
		"users:\n  - name: a\n    pasword: b\n":                          `3:5: there is no key "pasword" in a user; did you mean "password"?`,
		"users:\n  - name: a\n    password: 007\n":                       "3:15: a password must be text: put it into quotes",
		"users:\n  - name: a\n    password: ''\n":                        `3:15: the password of user "a" is empty`,
		"users:\n  - name: a\n    password: \"$7$x\"\n":                  `3:15: the hash of user "a" is neither`,
		"users:\n  - name: ''\n    password: b\n":                        "3:15: clients that send no user name send no password",
		"users:\n  - {name: a, password: b, read: x}\n":                  "2:34: read of user \"a\" must be a list",
		"users:\n  - {name: a, password: b, write: }\n":                  "2:34: write of user \"a\" must be a list",
		"users:\n  - {name: a, password: b, read: ['a#']}\n":             `2:35: not a topic filter: "a#"`,
		"users:\n  - {name: a, password: b, read: ['$share/g/a']}":       `2:35: "$share/g/a" is a shared subscription: write the filter alone, "a"`,
		"users:\n  - {name: '', read: ['%u/a']}":                         `2:23: "%u/a" never matches`,
		"users:\n  - {name: a, password: b}\n  - {name: a, password: c}": `3:12: user "a" is there already, in line 2`,
		"users: []\n---\nusers: []":                                      "3:1: a second document begins here",
		"users: [":                                                       "this is not YAML",
		"users:\n  - a":                                                  "2:5: a user must have keys: name, password, read, write",
		"users: \xff":                                                    "1:1: the file is not UTF-8",
		"users: [[[[[[[[[[[[]]]]]]]]]]]]":                                "nests deeper",
	} {
		_, err := hub.ParseUsers("u.yaml", []byte(text))
		require.ErrorIs(t, err, hub.ErrUsers, text)
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
		var fault *hub.FileError
		require.ErrorAs(t, err, &fault, text)
		require.Equal(t, "u.yaml", fault.File)
		require.NotContains(t, err.Error(), "$7$x")
	}
}

func TestAllFaultsAtOnceInOrder(t *testing.T) {
	_, err := hub.ParseUsers("u.yaml", []byte("users:\n  - {name: a, read: ['x#']}\n  - {nam: b}\n"))
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 4)
	for i, at := range []string{"u.yaml:2:", "u.yaml:2:", "u.yaml:3:6: ", "u.yaml:3:"} {
		require.True(t, strings.HasPrefix(lines[i], at) || i == 2, lines)
	}
}

func TestPlainPasswordsAreWarnedOf(t *testing.T) {
	u, err := hub.ParseUsers("u.yaml", []byte("users:\n  - name: a\n    password: topsecret\n  - {name: b, password: '"+hashOfHub+"'}\n"))
	require.NoError(t, err)
	require.Equal(t, []string{`u.yaml:3:15: the password of user "a" is in plain text: mosquitto_passwd makes a hash of it`}, u.Warnings)
}

// What a users file says is what happens.
func TestUsersFileDecides(t *testing.T) {
	path := filepath.Join(t.TempDir(), "u.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`
users:
  - name: z2m
    password: "`+hashOfHub+`"
    read: ["own/%u/%c/#", "z/#"]
    write: ["z/#"]
  - name: old
    password: "`+oldHashOfHub+`"   # everything
  - name: ""
    read: [public/#]
    write: []
`), 0o600))
	u, err := hub.LoadUsers(path)
	require.NoError(t, err)
	require.Empty(t, u.Warnings)
	h := open(t, hub.Options{Users: u}, deck.Options{})
	may := func(c *client, topic string) bool {
		err := c.publish(mqtt.Message{Topic: topic, QoS: 1})
		if err != nil {
			require.ErrorContains(t, err, "not authorized")
		}
		return err == nil
	}
	reads := func(c *client, filter string) bool {
		return c.Subscribe(t.Context(), conn.Subscription{Filter: filter}) == nil
	}
	z := h.dial("c1", conn.Options{User: "z2m", Password: "hub", Version: conn.V5})
	require.True(t, may(z, "z/1"))
	require.False(t, may(z, "own/z2m/c1/x"))
	require.True(t, reads(z, "own/z2m/c1/x"))
	require.False(t, reads(z, "own/z2m/c2/x"))
	require.True(t, reads(z, "z/1"))
	old := h.dial("c2", conn.Options{User: "old", Password: "hub", Version: conn.V5})
	require.True(t, may(old, "any") && reads(old, "any"))
	again := h.dial("c3", conn.Options{User: "z2m", Password: "hub", Version: conn.V5}) // known by now
	require.True(t, may(again, "z/1"))
	anybody := h.dial("c4", conn.Options{Version: conn.V5})
	require.False(t, may(anybody, "public/1"))
	require.True(t, reads(anybody, "public/1"))
	require.False(t, reads(anybody, "z/1"))
	sly := h.dial("+", conn.Options{User: "z2m", Password: "hub", Version: conn.V5})
	require.False(t, reads(sly, "own/z2m/c1/x"), "a client id with a wildcard opens nothing")
	for _, bad := range []conn.Options{{User: "z2m", Password: "Hub"}, {User: "old", Password: "hu"}, {User: "nobody", Password: "hub"}} {
		_, err := h.tryDial("c5", bad)
		require.Error(t, err)
	}
	require.EqualValues(t, 3, h.Clients().RefusedSubscribes)
}

func TestLoadUsersWithoutAFile(t *testing.T) {
	_, err := hub.LoadUsers(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = hub.LoadMosquitto(filepath.Join(t.TempDir(), "none"), "")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func mosquitto(t *testing.T, passwords, acl string) (*hub.Users, error) {
	t.Helper()
	dir := t.TempDir()
	p, a := filepath.Join(dir, "passwords"), ""
	require.NoError(t, os.WriteFile(p, []byte(passwords), 0o600))
	if acl != "" {
		a = filepath.Join(dir, "acl")
		require.NoError(t, os.WriteFile(a, []byte(acl), 0o600))
	}
	return hub.LoadMosquitto(p, a)
}

func TestMosquittoFiles(t *testing.T) {
	u, err := mosquitto(t, "# ours\n\na:"+hashOfHub+"\r\nb:"+oldHashOfHub+"\nc:plain:text\n", `
# who sends no name
topic read public/#

user a
topic write with space/#
topic readwrite rw
topic both
user gone
topic x
user b
pattern read own/%u/#
`)
	require.NoError(t, err)
	require.Len(t, u.Warnings, 2)
	require.Contains(t, u.Warnings[0], `passwords:5:3: the password of user "c" is in plain text`)
	require.Contains(t, u.Warnings[1], `acl:9:1: user "gone" has no password`)
	h := open(t, hub.Options{Users: u}, deck.Options{})
	for _, c := range []struct {
		user, password string
		writes, reads  string
	}{
		{"a", "hub", "with space/1 rw both", "rw both own/a/1"},
		{"b", "hub", "", "own/b/1"},
		{"c", "plain:text", "", "own/c/1"},
		{"", "", "", "public/1"},
	} {
		cl := h.dial("client", conn.Options{User: c.user, Password: c.password, Version: conn.V5})
		for _, topic := range []string{"with space/1", "rw", "both", "public/1", "own/a/1", "own/b/1", "own/c/1", "x"} {
			err := cl.publish(mqtt.Message{Topic: topic, QoS: 1})
			require.Equal(t, strings.Contains(c.writes, topic) && topic != "x", err == nil, "%s writes %s", c.user, topic)
			err = cl.Subscribe(t.Context(), conn.Subscription{Filter: topic})
			require.Equal(t, strings.Contains(c.reads, topic), err == nil, "%s reads %s", c.user, topic)
		}
		require.NoError(t, cl.Close())
	}
}

func TestMosquittoFaults(t *testing.T) {
	for _, c := range []struct{ passwords, acl, want string }{
		{"nothing", "", "passwords:1:1: this is not name:password"},
		{":x", "", "passwords:1:1: this is not name:password"},
		{"a:x\na:y", "", `passwords:2:1: user "a" is there twice`},
		{"a:$7$0$x", "", `passwords:1:3: the hash of user "a"`},
		{"a:x", "topic deny x", "acl:1:1: deny is not supported"},
		{"a:x", "topic read x#", "acl:1:1: not a topic filter"},
		{"a:x", "topic", "acl:1:1: not a topic filter"},
		{"a:x", "topics x", `acl:1:1: there is no "topics" in an acl_file`},
		{"a:\xff", "", "passwords:1:1: the file is not UTF-8"},
	} {
		_, err := mosquitto(t, c.passwords, c.acl)
		require.ErrorIs(t, err, hub.ErrUsers)
		require.ErrorContains(t, err, c.want)
	}
	u, err := mosquitto(t, "a:x", "")
	require.NoError(t, err)
	h := open(t, hub.Options{Users: u}, deck.Options{})
	a := h.dial("a", conn.Options{User: "a", Password: "x", Version: conn.V5})
	require.NoError(t, a.publish(mqtt.Message{Topic: "any", QoS: 1}))
}

// The hashes are those of the real mosquitto_passwd.
func TestMosquittoPasswd(t *testing.T) {
	program, err := exec.LookPath("mosquitto_passwd")
	if err != nil {
		t.Skip("mosquitto_passwd is not installed; make test-peers installs it")
	}
	path := filepath.Join(t.TempDir(), "passwords")
	out, err := exec.Command(program, "-c", "-b", path, "a", "hub").CombinedOutput()
	require.NoError(t, err, "%s", out)
	u, err := hub.LoadMosquitto(path, "")
	require.NoError(t, err)
	require.Empty(t, u.Warnings)
	h := open(t, hub.Options{Users: u}, deck.Options{})
	h.dial("a", conn.Options{User: "a", Password: "hub"})
	_, err = h.tryDial("a", conn.Options{User: "a", Password: "hubs"})
	require.Error(t, err)
}

// No text makes the reader panic, hang, or say something without a place.
func FuzzParseUsers(f *testing.F) {
	f.Add("users:\n  - name: z2m\n    password: x\n    read: [\"a/#\"]\n    write: []\n  - {name: \"\", read: [b]}\n")
	f.Add("users: [{name: a, password: &x b}, {name: *x}]")
	f.Add("users:\n- - - - - -\n?:\n!!a |\n  x")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := hub.ParseUsers("u", []byte(text))
		if (u == nil) == (err == nil) {
			t.Fatalf("users %v, error %v", u, err)
		}
		if err != nil && !errors.Is(err, hub.ErrUsers) {
			t.Fatal(err)
		}
	})
}

func FuzzMosquitto(f *testing.F) {
	f.Add("a:x\nb:$7$1$c2FsdA==$AA==", "topic read x\nuser a\npattern %u/#")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, passwords, acl string) {
		p, a := filepath.Join(dir, "p"), filepath.Join(dir, "a")
		require.NoError(t, errors.Join(os.WriteFile(p, []byte(passwords), 0o600), os.WriteFile(a, []byte(acl), 0o600)))
		u, err := hub.LoadMosquitto(p, a)
		if (u == nil) == (err == nil) || (err != nil && !errors.Is(err, hub.ErrUsers)) {
			t.Fatalf("users %v, error %v", u, err)
		}
	})
}
