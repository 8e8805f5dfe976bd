package match

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
	"github.com/hubtape/hubtape/internal/didyoumean"
)

// Bounds that keep any expression from hanging or filling memory. They are far
// above what a condition on one message needs.
const (
	maxWhereBytes = 4096   // length of the text
	maxWhereNodes = 500    // size of the syntax tree
	maxWhereSteps = 50_000 // passes through all iterations, and list elements made, in one evaluation
	minWhereSteps = 2_000  // the same, on the largest payloads
	fullStepBytes = 4096   // payloads up to this have maxWhereSteps
	maxWhereText  = 64 << 10
	maxWhereList  = 10_000 // elements, at all depths, of a list or map that an expression builds
)

// Expr is a compiled condition on one message. It is immutable and safe for
// concurrent use.
type Expr struct {
	src     string
	program *vm.Program
	uses    vars
	looksAt []place // for explaining
}

// String returns the text it was compiled from.
func (e *Expr) String() string { return e.src }

// WhereError says where in the text of an expression something is wrong. Line
// and Column count from 1; Column counts characters.
type WhereError struct {
	Source  string
	Line    int
	Column  int
	Message string
}

// Error is one line, without the text around it.
func (e *WhereError) Error() string {
	return fmt.Sprintf("where %d:%d: %s", e.Line, e.Column, e.Message)
}

// CompileWhere compiles a condition. The language is that of expr-lang/expr,
// over these variables:
//
//	topic    text
//	payload  the payload as JSON if it is JSON, else the text
//	qos      0, 1 or 2
//	retain   true or false
//	client   client id, "" where nobody knows it
//	source   "app", "apps.NAME", "device", "tape", "scenario"
//	at       virtual seconds since the start
//
// What is different from plain expr, so that a run is the same everywhere and
// always ends:
//
//   - A field or an element that is missing is nil, also a field of something
//     that has no fields; there is no error.
//   - Comparing nil with <, <=, > or >= is false, that comparison alone.
//   - == and != compare lists and objects by value, 1 == 1.0 at every depth.
//   - ** takes whole exponents only: others depend on the machine.
//   - now, date, duration, timezone, keys, values, toPairs, fromPairs, groupBy,
//     uniq, replace, repeat, join, toJSON, toBase64 and fromBase64 do not exist;
//     string takes no list or object.
//   - The pattern of matches is written out in quotes.
//   - Iterations end with an error after 50,000 passes in all; on payloads above
//     4 KiB after accordingly fewer, but not below 2,000.
//
// Every error is a [*WhereError].
func CompileWhere(src string) (e *Expr, err error) {
	defer func() {
		if r := recover(); r != nil { // a fault of the expression library is a fault of this text
			e, err = nil, &WhereError{Source: src, Line: 1, Column: 1, Message: fmt.Sprintf("cannot be compiled: %v", r)}
		}
	}()
	if strings.TrimSpace(src) == "" {
		return nil, &WhereError{Source: src, Line: 1, Column: 1, Message: "an expression is missing"}
	}
	if len(src) > maxWhereBytes {
		return nil, &WhereError{Source: src, Line: 1, Column: 1, Message: fmt.Sprintf("the expression is longer than %d bytes; split the condition in two", maxWhereBytes)}
	}
	config := whereConfig()
	tree, err := parser.ParseWithConfig(src, config)
	if err != nil {
		return nil, whereError(src, err)
	}
	look := &looker{}
	if look.walk(&tree.Node); look.err != nil {
		return nil, whereError(src, look.err.Bind(tree.Source))
	}
	result, err := checker.Check(tree, config)
	if err != nil {
		return nil, whereError(src, err)
	}
	if result.Kind() != reflect.Bool && result.Kind() != reflect.Interface {
		return nil, &WhereError{Source: src, Line: 1, Column: 1, Message: fmt.Sprintf("the expression is %s, want true or false", typeName(result))}
	}
	rewrite(&tree.Node)
	if _, err = checker.Check(tree, config); err != nil {
		return nil, whereError(src, err)
	}
	program, err := compiler.Compile(tree, config)
	if err != nil {
		return nil, whereError(src, err)
	}
	return &Expr{src: src, program: program, uses: look.uses, looksAt: look.places}, nil
}

// Eval evaluates the condition. The error says what went wrong while it ran;
// its text holds types, never values.
func (e *Expr) Eval(s *Subject) (bool, error) {
	s.vm.MemoryBudget = uint(steps(len(s.Payload)))
	out, err := s.vm.Run(e.program, s.fill(e.uses))
	if err != nil {
		var fe *file.Error
		if errors.As(err, &fe) {
			return false, errors.New(plainMessage(fe.Message))
		}
		return false, errors.New(plainMessage(err.Error()))
	}
	switch out := out.(type) {
	case bool:
		return out, nil
	case nil: // a missing field
		return false, nil
	default:
		return false, fmt.Errorf("the result is %s, want true or false", kindName(out))
	}
}

// steps is the budget for a payload of n bytes: a pass may well look at all of
// it.
func steps(n int) int {
	return max(maxWhereSteps*fullStepBytes/max(n, fullStepBytes), minWhereSteps)
}

// Holds is [Expr.Eval] with an error taken as false, and counted in the
// subject's Warnings.
func (e *Expr) Holds(s *Subject) bool {
	ok, err := e.Eval(s)
	if err != nil {
		s.Warnings.Add("where " + e.src + ": " + err.Error())
	}
	return ok
}

// explain says why the condition does not hold; "" when it does.
func (e *Expr) explain(s *Subject) string {
	ok, err := e.Eval(s)
	if ok {
		return ""
	}
	var parts []string
	if err != nil {
		parts = append(parts, err.Error())
	}
	for _, p := range e.looksAt {
		parts = append(parts, p.text+" was "+p.show(s))
	}
	if len(parts) == 0 {
		return "where " + e.src + ": it is never true"
	}
	return "where " + e.src + ": " + strings.Join(parts, ", ")
}

// removed are the builtins that are not there, with the reason.
var removed = []struct{ why, names string }{
	{"it depends on the wall clock or on the system's time zones; use at", "now date duration timezone"},
	{"its order is not defined", "keys values toPairs fromPairs groupBy"},
	{"it can take without bound", "uniq replace repeat join toJSON toBase64 fromBase64"},
}

func whereConfig() *conf.Config {
	config := conf.CreateNew()
	config.Optimize = false // folding would do sums at other types than the machine does
	config.MaxNodes = maxWhereNodes
	env := types.Map{}
	for _, v := range variables {
		env[v.name] = types.Any
	}
	env["topic"], env["client"], env["source"] = types.String, types.String, types.String
	env["qos"], env["retain"], env["at"] = types.Int, types.Bool, types.Float64
	config.WithEnv(env)
	for _, r := range removed {
		for name := range strings.FieldsSeq(r.names) {
			config.Disabled[name] = true
			delete(config.Builtins, name)
		}
	}
	for _, f := range operators() {
		config.Functions[f.Name] = f
	}
	return config
}

func whereError(src string, err error) error {
	var fe *file.Error
	if !errors.As(err, &fe) {
		return &WhereError{Source: src, Line: 1, Column: 1, Message: err.Error()}
	}
	message := fe.Message
	if name, ok := strings.CutPrefix(message, "unknown name "); ok {
		names := make([]string, len(variables))
		for i, v := range variables {
			names[i] = v.name
		}
		message += didyoumean.Suffix(name, names)
	}
	message = strings.Replace(message, "unexpected token EOF", "it ends where something is missing", 1)
	return &WhereError{Source: src, Line: max(fe.Line, 1), Column: fe.Column + 1, Message: message}
}
