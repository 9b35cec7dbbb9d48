#!/bin/sh
# Has two libraries for receivers verify what asyncjobs signs.
# Usage: webhooks.sh FOLDER PROGRAM [CASES]
set -eu
folder=$1 program=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/../npm/install.sh" "$folder" standardwebhooks@1.0.0 svix@1.45.1
cp "$here/webhooks.mjs" "$folder"
cd "$folder"
node webhooks.mjs "$program" "$@"
