#!/bin/sh
# Compares Cron with croner, a cron library for JavaScript, over random expressions, zones and times.
# Usage: croner.sh FOLDER PROGRAM [CASES [SEED]]
set -eu
version=11.0.1
folder=$1 program=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)

for command in node npm; do
    command -v $command >/dev/null || { echo "skipped: there is no $command"; exit 77; }
done
mkdir -p "$folder"
cp "$here/croner.mjs" "$folder"
cd "$folder"
installed=$(sed -n 's/^ *"version": *"\(.*\)".*/\1/p' node_modules/croner/package.json 2>/dev/null || true)
if [ "$installed" != $version ]; then
    echo '{"private": true}' >package.json
    npm install --no-audit --no-fund --save-exact croner@$version >npm.log 2>&1 ||
        { echo "skipped: croner $version can't be installed:"; tail -n 5 npm.log; exit 77; }
fi
node croner.mjs "$program" "$@"
