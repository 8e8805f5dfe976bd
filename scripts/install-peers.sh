#!/usr/bin/env bash
# Installs what `make test-peers` tests against, where it is missing: Debian's
# mosquitto, mosquitto-clients and python3-paho-mqtt.
set -euo pipefail

missing=()
command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || missing+=(mosquitto)
command -v mosquitto_sub >/dev/null || missing+=(mosquitto-clients)
[ -e /usr/lib/python3/dist-packages/paho ] || missing+=(python3-paho-mqtt)
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
	echo "make test-peers needs ${missing[*]}: install them with your system's package manager" >&2
	exit 1
fi
sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# No service is to start: tests run servers of their own.
$sudo env RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
