#!/bin/sh
# Compares presigned URLs with those of AWS's own SDK for JavaScript, byte by byte.
# Usage: aws.sh FOLDER PROGRAM
set -eu
version=3.864.0
folder=$1 program=$2
here=$(cd "$(dirname "$0")" && pwd)

for command in node npm; do
    command -v $command >/dev/null || { echo "skipped: there is no $command"; exit 77; }
done
mkdir -p "$folder"
cp "$here/aws.mjs" "$folder"
cd "$folder"
installed=$(sed -n 's/^ *"version": *"\(.*\)".*/\1/p' node_modules/@aws-sdk/client-s3/package.json 2>/dev/null || true)
if [ "$installed" != $version ]; then
    echo '{"private": true}' >package.json
    npm install --no-audit --no-fund --save-exact @aws-sdk/client-s3@$version \
        @aws-sdk/s3-request-presigner@$version >npm.log 2>&1 ||
        { echo "skipped: the SDK $version can't be installed:"; tail -n 5 npm.log; exit 77; }
fi
node aws.mjs "$program"
