// Package program is the command line around a proactor: it reads the settings,
// looks for the TLS files, sets the logs up, tells systemd, and runs.
//
//	func main() {
//		os.Exit(program.Main(context.Background(), os.Args[1:], program.Options{
//			Name: "scada",
//			Make: func(s *settings.Settings) (proactor.Options, error) { … },
//		}))
//	}
//
// What it is told on the command line counts before the environment, that before
// a file of variables, and those before the defaults.
package program
