#!/bin/sh
# Compares Cron with croner, a cron library for JavaScript, over random expressions, zones and times.
# Usage: croner.sh FOLDER PROGRAM [CASES [SEED]]
set -eu
folder=$1 program=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/../npm/install.sh" "$folder" croner@11.0.1
cp "$here/croner.mjs" "$folder"
cd "$folder"
node croner.mjs "$program" "$@"
