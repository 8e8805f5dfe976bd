package event

import (
	"runtime"
	"strings"
	"unsafe"
)

// Go cannot compare funcs, so this file looks at what they are made of. A func
// value is a pointer to a closure: the address of the code, then the variables
// it has captured. Two values that point to one closure are the same function.
//
// A method value of a pointer, p.M, is a closure made anew each time, of a code
// that the compiler makes for that method and names pkg.(*T).M-fm, and of p. No
// other code has such a name, and it captures nothing else; so there, and only
// there, the closures are compared. What a closure of another kind has captured
// cannot be known from outside, not even how much it is.

// sameFunc reports whether a and b, which are not nil, are the same function.
func sameFunc[T any](a, b func(T)) bool {
	x, y := *(**closure)(unsafe.Pointer(&a)), *(**closure)(unsafe.Pointer(&b))
	if x == y {
		return true
	}
	return x.code == y.code && x.isPointerMethod() && x.receiver() == y.receiver()
}

// closure is how every closure begins.
type closure struct{ code uintptr }

// pointerMethod is the closure of a method value of a pointer.
type pointerMethod struct {
	closure
	receiver unsafe.Pointer
}

func (c *closure) receiver() unsafe.Pointer {
	return (*pointerMethod)(unsafe.Pointer(c)).receiver
}

// isPointerMethod reports whether the code's name is that of a method value,
// pkg.(*T).M-fm. A receiver that is no pointer has no parentheses.
func (c *closure) isPointerMethod() bool {
	f := runtime.FuncForPC(c.code)
	if f == nil {
		return false
	}
	name, isMethodValue := strings.CutSuffix(f.Name(), "-fm")
	dot := strings.LastIndexByte(name, '.')
	return isMethodValue && dot > 0 && name[dot-1] == ')'
}
