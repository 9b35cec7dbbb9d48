#!/bin/sh
# Compares JwtAuthenticator with jose, a JWT library for JavaScript, over tokens that jose signs and
# over what can be made of them. Usage: jose.sh FOLDER PROGRAM
set -eu
folder=$1 program=$2
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/../npm/install.sh" "$folder" jose@6.2.3
cp "$here/jose.mjs" "$folder"
cd "$folder"
node jose.mjs "$program"
