#!/bin/sh
# Installs npm packages at pinned versions into a folder, unless they are installed already. If that is
# impossible, prints the reason and exits with 77. Usage: install.sh FOLDER PACKAGE@VERSION...
set -eu
folder=$1
shift
for command in node npm; do
    command -v $command >/dev/null || { echo "skipped: no command $command"; exit 77; }
done
mkdir -p "$folder"
cd "$folder"
[ "$(cat installed 2>/dev/null)" != "$*" ] || exit 0
rm -f installed
[ -f package.json ] || echo '{"private": true}' >package.json
npm install --no-audit --no-fund --save-exact "$@" >npm.log 2>&1 ||
    { echo "skipped: $* can't be installed:"; tail -n 5 npm.log; exit 77; }
echo "$*" >installed
