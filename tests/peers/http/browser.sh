#!/bin/sh
# Scripts of other origins that use the API from a browser. Usage: browser.sh FOLDER SERVED_JOBS
set -eu
folder=$1 program=$2
here=$(cd "$(dirname "$0")" && pwd)
browser=$(command -v chromium-headless-shell || command -v chromium) ||
    { echo "skipped: there is no Chromium"; exit 77; }
sh "$here/../../npm/install.sh" "$folder" puppeteer-core@24.43.1
cp "$here"/*.mjs "$folder"
cd "$folder"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
node browser.mjs "$program" "$browser" "$scratch"
