package main

import (
	"context"
	"fmt"
	"os"
)

// quartzT is the test that quartz wants: a failure ends the program.
type quartzT struct{}

func (*quartzT) Context() context.Context { return context.Background() }
func (*quartzT) Helper()                  {}
func (*quartzT) Log(...any)               {}
func (*quartzT) Logf(string, ...any)      {}
func (*quartzT) Cleanup(func())           {}

func (*quartzT) Error(args ...any)                 { fail(fmt.Sprint(args...)) }
func (*quartzT) Errorf(format string, args ...any) { fail(fmt.Sprintf(format, args...)) }
func (*quartzT) Fatal(args ...any)                 { fail(fmt.Sprint(args...)) }
func (*quartzT) Fatalf(format string, args ...any) { fail(fmt.Sprintf(format, args...)) }
func (*quartzT) FailNow()                          { fail("failed") }

func fail(text string) {
	fmt.Fprintln(os.Stderr, "bench: quartz:", text)
	os.Exit(1)
}
