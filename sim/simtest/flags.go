package simtest

import "flag"

var (
	htmlDir = flag.String("hubtape.html", "", "write a page a simulated world to this `folder`, made if missing; relative to the folder of the package")
	update  = flag.Bool("hubtape.update", false, "rewrite golden files")
)

// updating reports whether golden files are to be written: by our flag, or by
// one named update that somebody else in the test binary has defined.
func updating() bool { return *update || boolFlag(flag.CommandLine, "update") }

// boolFlag is the value of a flag, false where it is not there or no bool.
func boolFlag(set *flag.FlagSet, name string) bool {
	f := set.Lookup(name)
	if f == nil {
		return false
	}
	getter, ok := f.Value.(flag.Getter)
	if !ok {
		return false
	}
	on, _ := getter.Get().(bool)
	return on
}
