// Command record keeps what an MQTT hub says on a tape, and looks after tapes.
// See `record --help`.
package main

import (
	"os"

	"github.com/hubtape/hubtape/cmd/record/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], cli.System())) }
