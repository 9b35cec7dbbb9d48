#!/bin/sh
# Has two libraries for receivers verify what asyncjobs signs.
# Usage: webhooks.sh FOLDER PROGRAM [CASES]
set -eu
packages='standardwebhooks@1.0.0 svix@1.45.1'
folder=$1 program=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)

for command in node npm; do
    command -v $command >/dev/null || { echo "skipped: there is no $command"; exit 77; }
done
mkdir -p "$folder"
cp "$here/webhooks.mjs" "$folder"
cd "$folder"
if [ "$(cat installed 2>/dev/null)" != "$packages" ]; then
    echo '{"private": true}' >package.json
    npm install --no-audit --no-fund --save-exact $packages >npm.log 2>&1 ||
        { echo "skipped: $packages can't be installed:"; tail -n 5 npm.log; exit 77; }
    echo "$packages" >installed
fi
node webhooks.mjs "$program" "$@"
