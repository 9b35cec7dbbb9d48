#!/bin/sh
# Runs NAME.mjs, with npm packages, on a program and a folder for its files, which is removed.
# Usage: run.sh NAME FOLDER PROGRAM [PACKAGE@VERSION...]
set -eu
name=$1 folder=$2 program=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/../../npm/install.sh" "$folder" "$@"
cp "$here"/*.mjs "$folder"
cd "$folder"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
node "$name.mjs" "$program" "$scratch"
