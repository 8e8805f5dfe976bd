#!/usr/bin/env bash
# Makes the tapes of the library again: records the house program through a real
# mosquitto, one house after the other.
#
#   scenarios/library/record-tapes.sh              all of them, about seven minutes
#   scenarios/library/record-tapes.sh leakalarm    only this one
#
# Needs mosquitto, and a machine that is not busy: the houses run up to a
# thousand times as fast as real time, and one gives up when the machine stood
# still for too long. The tests of the library must pass with the new tapes.
set -euo pipefail
cd "$(dirname "$0")/../.."

# The speeds: a millisecond of delay on this machine is as many milliseconds in
# the house.
declare -A speed=([motionlight]=120 [thermostat]=1000 [leakalarm]=20 [loadshedding]=40)
houses=("$@")
[ ${#houses[@]} -gt 0 ] || houses=(motionlight thermostat leakalarm loadshedding)

work=$(mktemp -d)
pids=()
clean() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait
	rm -rf "$work"
}
trap clean EXIT

go build -o "$work/record" ./cmd/record
go build -o "$work/house" ./scenarios/library/house

# broker starts a mosquitto on a free port: it puts its pid and address into
# broker_pid and url.
broker() {
	local port
	for port in $(seq $((20000 + RANDOM % 20000)) 65000); do
		printf 'listener %d 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n' "$port" >"$work/mosquitto.conf"
		: >"$work/mosquitto.log"
		mosquitto -c "$work/mosquitto.conf" 2>"$work/mosquitto.log" &
		broker_pid=$!
		for _ in $(seq 100); do
			if grep -q ' running' "$work/mosquitto.log"; then
				pids+=("$broker_pid")
				url="mqtt://127.0.0.1:$port"
				return
			fi
			kill -0 "$broker_pid" 2>/dev/null || break # the port is taken
			sleep 0.05
		done
		kill "$broker_pid" 2>/dev/null || true
	done
	echo "mosquitto does not start: is it installed?" >&2
	exit 3
}

# tape records one house. The house places its retained messages and waits for a
# line; it gets it when the recorder has subscribed.
tape() {
	local house=$1 out=scenarios/library/$1/$1.hubtape house_pid record_pid line
	[ -n "${speed[$house]:-}" ] || { echo "there is no house $house" >&2; exit 2; }
	broker
	rm -f "$work/begin" "$work/log" "$work/$house.hubtape"
	mkfifo "$work/begin" "$work/log"
	: >"$work/house.log"
	"$work/house" --broker "$url" --house "$house" --speed "${speed[$house]}" --wait <"$work/begin" 2> >(tee "$work/house.log" >&2) &
	house_pid=$!
	pids+=("$house_pid")
	exec 3>"$work/begin"
	for _ in $(seq 200); do
		grep -q furnished "$work/house.log" && break
		sleep 0.05
	done
	"$work/record" run --broker "$url" -o "$work/$house.hubtape" --time-scale "${speed[$house]}" \
		--start "$("$work/house" --house "$house" --when)" --label house="$house" --label simulated=yes 2>"$work/log" &
	record_pid=$!
	pids+=("$record_pid")
	exec 4<"$work/log"
	while read -r -u 4 line; do
		case $line in
		*msg=connected*) break ;;
		*) echo "$line" >&2 ;;
		esac
	done
	echo >&3
	exec 3>&-
	cat <&4 >&2 &
	exec 4<&-
	wait "$house_pid" || { echo "there is no new tape of $house" >&2; exit 1; }
	kill -INT "$record_pid"
	wait "$record_pid"
	kill "$broker_pid"
	wait "$broker_pid" || true
	"$work/record" verify "$work/$house.hubtape"
	mv "$work/$house.hubtape" "$out"
	"$work/record" info "$out"
}

for house in "${houses[@]}"; do tape "$house"; done
go test -count=1 ./scenarios/library/...
