package scenarios

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/hubtape/hubtape/internal/didyoumean"
)

// instant is how RFC 3339 writes one; time.Parse takes more than that.
var instant = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)

func parseStart(text string) (time.Time, error) {
	if !instant.MatchString(text) {
		return time.Time{}, errors.New("not an instant")
	}
	return time.Parse(time.RFC3339Nano, text)
}

// startHint says how to write an instant.
func startHint(text string) string {
	const as = "write it as 2026-01-10T17:00:00+01:00, or with Z for UTC"
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return "write " + t.Format("2006-01-02T15:04:05") + "Z, or for Z the place's offset from UTC, such as +01:00"
		}
	}
	if instant.MatchString(text) {
		return "there is no such day or time of day; " + as
	}
	return as
}

// zoneHint finds the zone that was meant, by a typing mistake or by its city.
func zoneHint(name string) string {
	zones := zoneNames()
	city := "/" + strings.ReplaceAll(strings.ToLower(name), " ", "_")
	for _, z := range zones {
		if strings.HasSuffix(strings.ToLower(z), city) {
			return fmt.Sprintf("did you mean %q?", z)
		}
	}
	if near, ok := didyoumean.Nearest(name, zones); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// zoneNames are the time zones there are, sorted. The schema has them for
// editors.
func zoneNames() []string {
	var doc struct {
		Defs struct {
			Timezone struct{ Enum []string }
		} `json:"$defs"`
	}
	_ = json.Unmarshal(schema, &doc) // it is ours
	return doc.Defs.Timezone.Enum
}
