package main

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/hubtape/hubtape/scenarios/cli"
	"github.com/stretchr/testify/require"
)

// The built-in library passes.
func TestBuiltInLibrary(t *testing.T) {
	var out, errOut bytes.Buffer
	o := options()
	o.Stdin, o.Stdout, o.Stderr = &bytes.Buffer{}, &out, &errOut
	require.Zero(t, cli.Run(context.Background(), []string{"--seeds", "0-4"}, o), "%s%s", &out, &errOut)
	require.Empty(t, errOut.String())
	require.Zero(t, cli.Run(context.Background(), []string{"check", "library"}, o))
	require.Contains(t, out.String(), "library/motionlight/motionlight.yaml: ok\n")
}

func TestVersion(t *testing.T) {
	var out bytes.Buffer
	o := options()
	o.Stdout, o.Stderr = &out, io.Discard
	require.Zero(t, cli.Run(context.Background(), []string{"--version"}, o))
	require.Regexp(t, `^simrun, hubtape .* go1`, out.String())
}
