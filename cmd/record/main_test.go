package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/cmd/record/internal/cli"
	"github.com/hubtape/hubtape/internal/scripttest"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(clocktest.LeakChecked{M: m}, map[string]func(){
		"record": func() { os.Exit(cli.Main(os.Args[1:], cli.System())) },
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error { // where the key of stand-ins is kept
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
			return nil
		},
		Cmds: scripttest.With(nil),
	})
}
