#!/bin/sh
# No test sleeps: tests simulate time, or wait for an event. Usage: no_sleep.sh ROOT
set -eu
cd "$1"
if grep -rnE '(sleep_for|sleep_until|usleep|nanosleep|[^a-z_]sleep) *\(' tests \
    --include='*.cpp' --include='*.hpp' --exclude-dir=bench; then
    exit 1
fi
