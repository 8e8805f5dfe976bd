package command

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
)

// Thousands writes 1234567 as 1,234,567.
func Thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Count writes a number of things: 1 message, 2,000 messages.
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Thousands(uint64(n)) + " " + thing + "s"
}

// Version names this build of a program.
func Version(program string) string {
	v := "(devel)"
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		v = b.Main.Version
	}
	return fmt.Sprintf("%s, hubtape %s, %s %s/%s", program, v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
