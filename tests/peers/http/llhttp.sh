#!/bin/sh
# Compares request framing with Node's parser, llhttp. Usage: llhttp.sh FOLDER SERVED_JOBS
set -eu
program=$2
here=$(cd "$(dirname "$0")" && pwd)
command -v node >/dev/null || { echo "skipped: there is no node"; exit 77; }
exec node "$here/llhttp.mjs" "$program"
