#!/bin/sh
# systemd accepts the tutorial's unit without a warning, and its stop leaves the service the time that its
# own graces add up to. Usage: unit_file.sh STEP_8_FOLDER PROGRAM
set -eu
unit=$1/reports.service program=$2
graces=$(sed -n 's/.*\.stop(\([0-9]*\)s);.*/\1/p' "$1/main.cpp" | awk '{ sum += $1 } END { print sum }')
limit=$(sed -n 's/^TimeoutStopSec=//p' "$unit")
[ "$limit" -gt "$graces" ] || { echo "TimeoutStopSec is $limit, and the graces are $graces s"; exit 1; }
command -v systemd-analyze >/dev/null || { echo 'skipped: systemd-analyze is not installed'; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
sed "s,^ExecStart=.*,ExecStart=$program," "$unit" >"$scratch/reports.service"
systemd-analyze verify "$scratch/reports.service" >"$scratch/out" 2>&1 || { cat "$scratch/out"; exit 1; }
if grep -F reports.service "$scratch/out"; then exit 1; fi
