// Package settings is what a proactor is told from outside: by the program that
// makes it, by the environment and by a file of variables.
//
//	s := settings.Default()
//	report, err := settings.Load(&s, settings.Sources{
//		Prefix:  "PROACTOR",
//		Environ: settings.Environ(),
//		Files:   []settings.EnvFile{file},
//		Given:   map[string]any{"ack_timeout_seconds": 1.5},
//	})
//
// What is given in code counts before the environment, that before the files,
// and those before the defaults, which are what s holds. A variable's name is the
// prefix and the path of its field, PROACTOR_MQTT_BROKERS__PARENT__HOST being
// mqtt_brokers.parent.host; upper and lower case are the same.
//
// Load fills any struct, so a program can put [Settings] into one of its own and
// have its own variables read with them: each field that has a tag
// `setting:"name"` is one. A field that is a [Secret] is never written out.
//
// Errors name the variable and where it came from, all of them at once.
package settings
