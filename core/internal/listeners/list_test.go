package listeners_test

import (
	"fmt"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/internal/listeners"
)

func TestMain(m *testing.M) { clocktest.Main(m) }

func TestListeners(t *testing.T) {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	var l listeners.List[int]
	var got []string
	var removeC func()
	l.Add(func(x int) {
		got = append(got, fmt.Sprint("a", x))
		if x == 1 {
			removeC()
			l.Add(func(x int) { got = append(got, fmt.Sprint("d", x)) })
		}
	})
	removeB := l.Add(func(x int) { got = append(got, fmt.Sprint("b", x)) })
	removeC = l.Add(func(x int) { got = append(got, fmt.Sprint("c", x)) })
	l.Call(v, 1)
	removeB()
	removeB()
	l.Call(v, 2)
	if fmt.Sprint(got) != "[a1 b1 a2 d2]" {
		t.Errorf("called %v", got)
	}
}
