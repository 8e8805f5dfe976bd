package core_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
)

func TestDuration(t *testing.T) {
	var p struct{ Delay core.Duration }
	if err := json.Unmarshal([]byte(`{"Delay":"1d12h"}`), &p); err != nil || time.Duration(p.Delay) != 36*time.Hour {
		t.Errorf("read %v, %v", p.Delay, err)
	}
	if text, err := json.Marshal(p); err != nil || string(text) != `{"Delay":"36h"}` {
		t.Errorf("wrote %s, %v", text, err)
	}
	if err := json.Unmarshal([]byte(`{"Delay":"soon"}`), &p); err == nil {
		t.Error("read a duration from soon")
	}
}
