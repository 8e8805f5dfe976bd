#!/usr/bin/env bash
# Runs every virtual test of clock and core $1 times, and prints one digest a
# package over all of them. A run that takes another course than the first fails.
set -euo pipefail

out=$(mktemp)
trap 'rm -f "$out"' EXIT
if ! HUBTAPE_DIGEST=1 "${GO:-go}" test -v -timeout 120m -count="$1" ./clock ./core/loop ./core/router ./core/background ./core/event ./core/service >"$out"; then
	grep -E -B4 '^ *--- FAIL' "$out" | head -40
	grep -A20 '^panic' "$out" | head -40
	tail -n 20 "$out"
	exit 1
fi
grep '^digest' "$out"
