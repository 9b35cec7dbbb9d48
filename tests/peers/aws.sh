#!/bin/sh
# Compares presigned URLs with those of AWS's own SDK for JavaScript, byte by byte.
# Usage: aws.sh FOLDER PROGRAM
set -eu
version=3.864.0
folder=$1 program=$2
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/../npm/install.sh" "$folder" \
    @aws-sdk/client-s3@$version @aws-sdk/s3-request-presigner@$version
cp "$here/aws.mjs" "$folder"
cd "$folder"
node aws.mjs "$program"
