package links_test

import (
	"testing"

	"github.com/hubtape/hubtape/clock/clocktest"
)

func TestMain(m *testing.M) { clocktest.Main(m) }
