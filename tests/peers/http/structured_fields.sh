#!/bin/sh
# Header fields, ours and those of clients, as structured-headers reads and writes them.
# Usage: structured_fields.sh FOLDER SERVED_JOBS
set -eu
folder=$1 program=$2
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/../../npm/install.sh" "$folder" structured-headers@2.1.0
cp "$here"/*.mjs "$folder"
cd "$folder"
exec node structured_fields.mjs "$program"
