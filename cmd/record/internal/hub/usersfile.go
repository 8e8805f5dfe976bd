package hub

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/internal/didyoumean"
	"github.com/hubtape/hubtape/internal/yamlplace"
	"github.com/hubtape/hubtape/mqtt"
)

// Bounds on a users file, so that none can hang or crash the reader.
const (
	maxUsersBytes = 1 << 20
	maxUsersDepth = 8 // of lists and objects; users need 3
	// maxUsersColumn is where a key may end: one object in another takes a column.
	maxUsersColumn = 1 << 10
)

// LoadUsers reads a users file:
//
//	users:
//	  - name: z2m
//	    password: "$7$…"        # as mosquitto_passwd writes it, or plain text
//	    read: ["zigbee2mqtt/#"] # left out: everything
//	    write: ["zigbee2mqtt/#", "homeassistant/#"]
//	  - name: ""                # clients that send no user name
//	    read: ["public/#"]
//	    write: []               # nothing
//
// In read and write %u stands for the user name and %c for the client id. All
// faults are told at once, as a join of *FileError, which wrap ErrUsers; those of
// opening the file are the system's.
func LoadUsers(path string) (*Users, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return ParseUsers(path, text)
}

// readFile reads a file that people wrote.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the users cannot be read: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxUsersBytes+1))
	if err != nil {
		return nil, fmt.Errorf("the users cannot be read: %w", err)
	}
	return text, nil
}

// ParseUsers is LoadUsers for a text; file is its name in errors.
func ParseUsers(file string, text []byte) (*Users, error) {
	p := usersParser{faults: faults{file: file}, at: map[string]*token.Token{}}
	p.parse(text)
	if err := p.err(); err != nil {
		return nil, err
	}
	list, err := broker.NewUsers(p.users...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", file, ErrUsers, err)
	}
	return &Users{Warnings: p.warnings, list: list}, nil
}

// readable says why a text is not one that people wrote; empty: it is.
func readable(text []byte) string {
	switch {
	case len(text) > maxUsersBytes:
		return fmt.Sprintf("the file is longer than %d bytes: keep the users that you need", maxUsersBytes)
	case !utf8.Valid(text):
		return "the file is not UTF-8: save it so"
	case slices.Contains(text, 0):
		return "the file holds a NUL character: it is not text"
	}
	return ""
}

// usersParser turns a file into users.
type usersParser struct {
	faults
	users []broker.User
	at    map[string]*token.Token // of each user's name
}

func (p *usersParser) failAt(n ast.Node, format string, args ...any) {
	at := yamlplace.Node(n)
	p.fail(at.Line, at.Col, format, args...)
}

func (p *usersParser) parse(text []byte) {
	defer func() {
		if recover() != nil { // the YAML library gave up on this text
			p.fail(1, 1, "this is not YAML that can be read")
		}
	}()
	if why := readable(text); why != "" {
		p.fail(1, 1, "%s", why)
		return
	}
	tokens := lexer.Tokenize(string(text))
	if !p.isShallow(tokens) {
		return
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		p.syntax(err)
		return
	}
	var root ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType:
		case root != nil:
			p.failAt(doc.Body, "a second document begins here: put all users into one")
			return
		default:
			root = doc.Body
		}
	}
	if root == nil {
		p.fail(1, 1, "the file is empty: it needs a list of users")
		return
	}
	p.file(root)
}

// isShallow refuses text that would make the YAML library recurse without bound.
func (p *usersParser) isShallow(tokens token.Tokens) bool {
	deep := yamlplace.TooDeep(tokens, maxUsersDepth)
	for i := 0; deep == nil && i < len(tokens); i++ {
		if t := tokens[i]; t.Type == token.MappingValueType && t.Position.Column > maxUsersColumn {
			deep = t
		}
	}
	if deep != nil {
		at := yamlplace.Of(deep)
		p.fail(at.Line, at.Col, "it nests deeper than %d levels: users need 3", maxUsersDepth)
	}
	return deep == nil
}

// syntax places an error of the YAML library, without its own excerpt.
func (p *usersParser) syntax(err error) {
	at, message, ok := yamlplace.Fault(err)
	if !ok {
		message, _, _ = strings.Cut(err.Error(), "\n")
	}
	if hint := yamlplace.Hint(message); hint != "" {
		message += "; " + hint
	}
	p.fail(at.Line, at.Col, "this is not YAML: %s", message)
}

// object returns the fields of a mapping whose keys are known, each once.
func (p *usersParser) object(n ast.Node, what string, keys ...string) map[string]ast.Node {
	var pairs []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		pairs = m.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{m}
	default:
		p.failAt(n, "%s must have keys: %s", what, strings.Join(keys, ", "))
		return nil
	}
	fields := map[string]ast.Node{}
	for _, pair := range pairs {
		key := pair.Key.GetToken().Value
		switch {
		case !slices.Contains(keys, key):
			p.failAt(pair.Key, "there is no key %q in %s%s", key, what, nearest(key, keys))
		case fields[key] != nil:
			p.failAt(pair.Key, "the key %q is there twice: keep one", key)
		default:
			fields[key] = pair.Value
		}
	}
	return fields
}

func (p *usersParser) file(root ast.Node) {
	fields := p.object(root, "the file", "users")
	if fields == nil {
		return
	}
	list, ok := fields["users"].(*ast.SequenceNode)
	if !ok {
		if fields["users"] != nil {
			p.failAt(fields["users"], "users must be a list")
		} else {
			p.failAt(root, "there is no list of users: the file needs one")
		}
		return
	}
	for _, one := range list.Values {
		p.user(one)
	}
}

func (p *usersParser) user(n ast.Node) {
	fields := p.object(n, "a user", "name", "password", "read", "write")
	if fields == nil {
		return
	}
	if fields["name"] == nil {
		p.failAt(n, "this user has no name: give one, or name: \"\" for clients that send none")
		return
	}
	name, ok := p.text(fields["name"], "a name")
	if !ok {
		return
	}
	if first := p.at[name]; first != nil {
		p.failAt(fields["name"], "user %q is there already, in line %d: keep one", name, first.Position.Line)
		return
	}
	p.at[name] = fields["name"].GetToken()
	u := broker.User{Name: name}
	u.Password = p.password(n, name, fields["password"])
	u.Read = p.filters(name, "read", fields["read"])
	u.Write = p.filters(name, "write", fields["write"])
	p.users = append(p.users, u)
}

func (p *usersParser) password(user ast.Node, name string, n ast.Node) string {
	switch {
	case n == nil && name == "":
		return ""
	case n == nil:
		p.failAt(user, "user %q has no password: give one", name)
		return ""
	case name == "":
		p.failAt(n, "clients that send no user name send no password: leave it out")
		return ""
	}
	password, ok := p.text(n, "a password")
	at := n.GetToken().Position
	p.checkPassword(at.Line, at.Column, name, password, ok)
	return password
}

// checkPassword never tells the password.
func (f *faults) checkPassword(line, col int, name, password string, read bool) {
	switch {
	case !read:
	case password == "":
		f.fail(line, col, "the password of user %q is empty: give one", name)
	case broker.IsHash(password):
		if _, err := broker.NewUsers(broker.User{Name: name, Password: password}); err != nil {
			f.fail(line, col, "the hash of user %q is neither $7$iterations$salt$hash nor $6$salt$hash: make one with mosquitto_passwd", name)
		}
	default:
		f.warn(line, col, "the password of user %q is in plain text: mosquitto_passwd makes a hash of it", name)
	}
}

// filters reads a list of them; nil when there is none.
func (p *usersParser) filters(name, key string, n ast.Node) []string {
	if n == nil {
		return nil
	}
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		p.failAt(n, "%s of user %q must be a list of topic filters: [] for nothing, and for everything leave it out", key, name)
		return nil
	}
	out := []string{}
	for _, one := range list.Values {
		f, ok := p.text(one, "a topic filter")
		if !ok {
			continue
		}
		at := one.GetToken().Position
		p.checkFilter(at.Line, at.Column, name, f)
		out = append(out, f)
	}
	return out
}

func (f *faults) checkFilter(line, col int, name, filter string) {
	switch err := mqtt.ValidateFilter(filter); {
	case err != nil:
		f.fail(line, col, "%v", err)
	case strings.HasPrefix(filter, "$share/"):
		f.fail(line, col, "%q is a shared subscription: write the filter alone, %q", filter, mqtt.Unshare(filter))
	case name == "" && strings.Contains(filter, "%u"):
		f.fail(line, col, "%q never matches: clients without a user name have no %%u", filter)
	}
}

// text reads a string. What YAML takes for something else has to be quoted, so
// that 007 is not 7 and "no" not false.
func (p *usersParser) text(n ast.Node, what string) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		return s.Value.Value, true
	}
	p.failAt(n, "%s must be text: put it into quotes", what)
	return "", false
}

// nearest is `; did you mean "x"?` for a key that is near one of those known.
func nearest(key string, keys []string) string {
	return cmp.Or(didyoumean.Suffix(key, keys), "; there are: "+strings.Join(keys, ", "))
}
