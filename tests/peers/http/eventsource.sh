#!/bin/sh
# Follows jobs with eventsource, a client of Server-Sent Events for Node, over connections that break.
# Usage: eventsource.sh FOLDER SERVED_JOBS
set -eu
folder=$1 program=$2
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/../../npm/install.sh" "$folder" eventsource@4.1.1
cp "$here"/*.mjs "$folder"
cd "$folder"
exec node eventsource.mjs "$program"
