// Command simrun runs automations against recordings of MQTT hubs, in virtual
// time. See `simrun --help`.
package main

import (
	"github.com/hubtape/hubtape/scenarios/cli"
	"github.com/hubtape/hubtape/scenarios/library"
)

func main() { cli.MainWith(options()) }

// options are a simrun with the built-in library.
func options() cli.Options {
	return cli.Options{Apps: library.Apps(), Library: library.FS}
}
