#!/usr/bin/env bash
# Installs the browser that `make test-browser` looks at reports with, where it is
# missing: Debian's chromium-headless-shell.
set -euo pipefail

command -v "${HUBTAPE_BROWSER:-chromium-headless-shell}" >/dev/null && exit 0
if ! command -v apt-get >/dev/null; then
	echo "there is no chromium-headless-shell: install it, or let HUBTAPE_BROWSER name another Chromium" >&2
	exit 0 # the tests say that they skip, or fail when a browser was named
fi
sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium-headless-shell >/dev/null
