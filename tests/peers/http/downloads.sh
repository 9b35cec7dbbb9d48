#!/bin/sh
# Names and parts of files that are downloaded, as content-disposition and range-parser read them.
# Usage: downloads.sh FOLDER SERVED_JOBS
set -eu
folder=$1 program=$2
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/../../npm/install.sh" "$folder" content-disposition@1.0.0 range-parser@1.2.1
cp "$here"/*.mjs "$folder"
cd "$folder"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
node downloads.mjs "$program" "$scratch"
