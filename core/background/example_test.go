package background_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/background"
	"github.com/hubtape/hubtape/core/loop"
)

func ExampleCall() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	l := loop.New(world, loop.Options{})
	e, err := background.New(world, background.Options{Loop: l})
	if err != nil {
		panic(err)
	}
	f, err := background.Call(e, func(job *background.Job) (int, error) {
		sum := 0
		for i := range 1000 {
			sum += i
		}
		return sum, job.Sleep(time.Minute) // as if it took a minute
	})
	if err != nil {
		panic(err)
	}
	f.OnState(func(s background.State) {
		fmt.Println(s, "at", world.Now())
		if s.Done() {
			fmt.Println(f.Result())
			l.Stop(0)
		}
	})
	_ = world.Run("loop", func() { l.Run() })
	// Output:
	// executing at 0s
	// completed at 1m0s
	// 499500 <nil>
}

func ExampleIterate() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	l := loop.New(world, loop.Options{})
	e, _ := background.New(world, background.Options{Loop: l})
	f, err := background.Iterate(e, background.Each(slices.Values([]string{"hall", "kitchen"})))
	if err != nil {
		panic(err)
	}
	f.OnItem(func(room string) { fmt.Println(room) })
	f.OnState(func(s background.State) {
		if fmt.Println(s); s.Done() {
			l.Stop(0)
		}
	})
	_ = world.Run("loop", func() { l.Run() })
	// Output:
	// executing
	// hall
	// kitchen
	// completed
}

func ExampleProgress() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	l := loop.New(world, loop.Options{})
	e, _ := background.New(world, background.Options{Loop: l})
	f, err := background.Progress(e, func(job *background.Job, report func(int)) (string, error) {
		for percent := 0; percent < 100; percent += 10 {
			report(percent)
			if err := job.Sleep(time.Second); err != nil {
				return "", err
			}
		}
		return "all", nil
	})
	if err != nil {
		panic(err)
	}
	f.OnProgress(func(percent int) {
		if fmt.Println(percent, "%"); percent == 20 {
			f.Cancel()
		}
	})
	f.OnState(func(s background.State) {
		if s.Done() {
			_, err := f.Result()
			fmt.Println(s, "at", world.Now(), errors.Is(err, background.ErrCancelled))
			l.Stop(0)
		}
	})
	_ = world.Run("loop", func() { l.Run() })
	// Output:
	// 0 %
	// 10 %
	// 20 %
	// cancelled at 2s true
}

func ExampleExecutor_Shutdown() {
	world := clock.NewVirtual(clock.VirtualOptions{})
	defer world.Close()
	l := loop.New(world, loop.Options{})
	e, _ := background.New(world, background.Options{Name: "uploads", Loop: l})
	e.OnState(func(s background.ExecutorState) { fmt.Println(s, "at", world.Now()) })
	_ = world.Run("loop", func() {
		_, _ = background.Call(e, func(job *background.Job) (int, error) {
			job.Rejoin(func() { clock.Sleep(world, time.Minute) }) // does not look whether it should end
			return 0, context.Cause(job.Context())
		})
		l.StopAfter(time.Second, 0)
		l.Run()
		fmt.Println(e.Shutdown(world.Now() + time.Second))
		fmt.Println(e.Shutdown(clock.Forever))
	})
	// Output:
	// stopping at 1s
	// shut down uploads: 1 job still running: uploads router: the condition did not come true by 2s
	// stopped at 1m0s
	// <nil>
}
