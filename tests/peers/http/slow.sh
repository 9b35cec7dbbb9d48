#!/bin/sh
# Clients that are as slow as possible, by slowhttptest. Usage: slow.sh FOLDER SERVED_JOBS
set -eu
program=$2
here=$(cd "$(dirname "$0")" && pwd)
for command in node slowhttptest; do
    command -v $command >/dev/null || { echo "skipped: there is no $command"; exit 77; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
node "$here/slow.mjs" "$program" "$scratch"
