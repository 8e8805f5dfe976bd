package clock

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"sync"
	"time"
)

// ZoneVersion is the release of the IANA time zone database that LoadZone
// reads.
const ZoneVersion = "2025c"

// zoneinfo holds the compiled zones, public domain, uncompressed. It is the
// project's own copy: a scenario must not change its meaning with the machine
// it runs on.
//
//go:embed zones/zoneinfo.zip
var zoneinfo []byte

var zoneIndex = sync.OnceValues(func() (*zip.Reader, error) {
	return zip.NewReader(bytes.NewReader(zoneinfo), int64(len(zoneinfo)))
})

// LoadZone returns the named zone ("Europe/Budapest") from the vendored tzdata;
// "" and "UTC" are UTC. There is no "Local". Safe for concurrent use.
func LoadZone(name string) (*time.Location, error) {
	if name == "" || name == "UTC" {
		return time.UTC, nil
	}
	index, err := zoneIndex()
	if err != nil {
		return nil, fmt.Errorf("the vendored time zones: %w", err)
	}
	f, err := index.Open(name)
	if err != nil {
		return nil, fmt.Errorf("no time zone %q in tzdata %s: use an IANA name such as Europe/Budapest", name, ZoneVersion)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", name, err)
	}
	loc, err := time.LoadLocationFromTZData(name, data)
	if err != nil {
		return nil, fmt.Errorf("no time zone %q in tzdata %s: use an IANA name such as Europe/Budapest", name, ZoneVersion)
	}
	return loc, nil
}
