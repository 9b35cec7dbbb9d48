#!/bin/sh
# A client generated from the description compiles in strict mode, calls every operation of the report
# server, and gets no response that differs from the description. A client of an API with one of everything
# compiles, too. Usage: client.sh FOLDER REPORT_SERVER PRINT_DESCRIPTION
set -eu
folder=$1 program=$2 print=$3
here=$(cd "$(dirname "$0")" && pwd)

"$here/../../npm/install.sh" "$folder" openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3 \
    @types/node@22.19.1 ajv@8.20.0 ajv-formats@3.0.1
receiver=$(mktemp)
node -e 'const server = require("http").createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(204).end());
}).listen(0, "127.0.0.1", () => console.log("receiving at " + server.address().port));' >"$receiver" &
started=$!
trap 'kill $started' EXIT # until the server has one
until grep -qs '^receiving at ' "$receiver"; do kill -0 "$started"; sleep 0.1; done
receiver_port=$(sed 's/^receiving at //' "$receiver")
rm "$receiver"
server_options="--private-webhooks --webhook-port $receiver_port"
. "$here/served.sh"

source=$folder/source
mkdir -p "$source"
curl --silent --fail --output "$source/served.json" "$base/openapi.json"
"$print" >"$source/full.json"
cp "$here"/client/*.ts "$source"
cd "$folder"
for description in served full; do
    node_modules/.bin/openapi-typescript "$source/$description.json" --output "$source/$description.ts" \
        >openapi-typescript.log 2>&1 || { cat openapi-typescript.log; exit 1; }
done
echo '{"private": true, "type": "module"}' >"$source/package.json"
node_modules/.bin/tsc --strict --exactOptionalPropertyTypes --skipLibCheck --target es2022 --lib es2022,dom,dom.iterable \
    --module nodenext --outDir "$folder/built" "$source"/*.ts
echo '{"private": true, "type": "module"}' >built/package.json
node built/walk.js "$source/served.json" "$base" "$token" "http://127.0.0.1:$receiver_port/"
