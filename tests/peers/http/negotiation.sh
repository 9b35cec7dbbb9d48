#!/bin/sh
# What clients accept and what they know, as negotiator and fresh read it.
# Usage: negotiation.sh FOLDER SERVED_JOBS
set -eu
folder=$1 program=$2
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/../../npm/install.sh" "$folder" negotiator@1.0.0 fresh@2.0.0
cp "$here"/*.mjs "$folder"
cd "$folder"
exec node negotiation.mjs "$program"
