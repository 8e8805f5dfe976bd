// The house program plays the devices of a simulated house, with the
// conventions of their hubs, on a real broker, and runs the house's automation
// there as in production. The tapes of the library are recordings of it, made
// by record-tapes.sh.
//
//	mosquitto -p 1883 &
//	go run ./scenarios/library/house --broker mqtt://127.0.0.1:1883 --house motionlight --speed 120
//
// What is said, and when, follows from --seed: every device has instants of its
// own on a clock that starts at a fixed date and runs --speed times as fast as
// the real one. The broker and the machine add their delays, as they do in a
// real house.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// houses are what --house names.
var houses = map[string]func() house{
	"motionlight":  hallway,
	"thermostat":   heating,
	"leakalarm":    water,
	"loadshedding": energy,
}

type flags struct {
	broker, house string
	speed         int
	seed          uint64
	wait, when    bool
}

func main() {
	if err := run(os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var f flags
	names := slices.Sorted(maps.Keys(houses))
	set := flag.NewFlagSet("house", flag.ContinueOnError)
	set.StringVar(&f.broker, "broker", "mqtt://127.0.0.1:1883", "`URL` of the broker")
	set.StringVar(&f.house, "house", "", "which `house`: "+strings.Join(names, ", "))
	set.IntVar(&f.speed, "speed", 60, "how many times as fast as real time")
	set.Uint64Var(&f.seed, "seed", 1, "of all that is drawn")
	set.BoolVar(&f.wait, "wait", false, "place the retained messages, then begin at the first line on standard input")
	set.BoolVar(&f.when, "when", false, "print the date at which the house begins, and leave")
	if err := set.Parse(args); err != nil {
		return err
	}
	build, ok := houses[f.house]
	if !ok {
		return fmt.Errorf("there is no house %q; --house takes one of %s", f.house, strings.Join(names, ", "))
	}
	if f.speed < 1 {
		return fmt.Errorf("--speed %d: it is 1 or more", f.speed)
	}
	h := build()
	if f.when {
		_, err := fmt.Println(h.start.Format("2006-01-02T15:04:05Z07:00"))
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := h.furnish(f.broker); err != nil {
		return err
	}
	if f.wait {
		fmt.Fprintln(os.Stderr, "house: furnished, waiting for a line to begin")
		if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
			return fmt.Errorf("wait for a line to begin: %w", err)
		}
	}
	return h.live(ctx, f, slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}
