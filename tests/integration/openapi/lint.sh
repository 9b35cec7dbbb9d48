#!/bin/sh
# The report server's description passes Redocly's recommended rules, and Spectral's with those of
# OWASP. Usage: lint.sh FOLDER PROGRAM
set -eu
folder=$1 program=$2
here=$(cd "$(dirname "$0")" && pwd)

"$here/../../npm/install.sh" "$folder" @redocly/cli@2.77.0 @stoplight/spectral-cli@6.16.3 \
    @stoplight/spectral-owasp-ruleset@2.0.1
. "$here/served.sh"
curl --silent --fail --output "$folder/openapi.json" "$base/openapi.json"
cp "$here/redocly.yaml" "$here/spectral.yaml" "$folder"

cd "$folder"
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
node_modules/.bin/redocly lint --max-problems 1000 --format stylish openapi.json >redocly.log 2>&1 ||
    { cat redocly.log; exit 1; }
if grep -E '^ +[0-9]+:[0-9]+ +(error|warning)' redocly.log; then exit 1; fi
node_modules/.bin/spectral lint --ruleset spectral.yaml --fail-severity hint --display-only-failures \
    openapi.json
