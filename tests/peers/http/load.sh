#!/bin/sh
# Many requests at once, by wrk and h2load. Usage: load.sh FOLDER SERVED_JOBS
set -eu
program=$2
here=$(cd "$(dirname "$0")" && pwd)
for command in node wrk h2load; do
    command -v $command >/dev/null || { echo "skipped: there is no $command"; exit 77; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp "$here/mixed.lua" "$scratch"
node "$here/load.mjs" "$program" "$scratch"
