#!/bin/sh
# Follows a job with eventsource while the process that serves it ends.
# Usage: draining.sh FOLDER REPORT_SERVER
set -eu
folder=$1 program=$2
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/../../npm/install.sh" "$folder" eventsource@4.1.1
cp "$here"/*.mjs "$folder"
cd "$folder"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
node draining.mjs "$program" "$scratch"
