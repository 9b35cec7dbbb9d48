#!/bin/sh
# Descriptions pass Redocly's recommended rules, and Spectral's with those of OWASP: the report
# server's, and of an API that has one of everything, with credentials and without.
# Usage: lint.sh FOLDER REPORT_SERVER PRINT_DESCRIPTION
set -eu
folder=$1 program=$2 print=$3
here=$(cd "$(dirname "$0")" && pwd)

"$here/../../npm/install.sh" "$folder" @redocly/cli@2.77.0 @stoplight/spectral-cli@6.16.3 \
    @stoplight/spectral-owasp-ruleset@2.0.1
. "$here/served.sh"
curl --silent --fail --output "$folder/served.json" "$base/openapi.json"
"$print" >"$folder/full.json"
"$print" anonymous >"$folder/anonymous.json"
cp "$here/redocly.yaml" "$here/spectral.yaml" "$folder"

cd "$folder"
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
failed=0
for description in served full anonymous; do
    node_modules/.bin/redocly lint --max-problems 1000 --format stylish $description.json \
        >redocly.log 2>&1 || { cat redocly.log; failed=1; }
    ! grep -E '^ +[0-9]+:[0-9]+ +warning' redocly.log || failed=1
    [ $description != anonymous ] || continue # which breaks the rules of OWASP by its nature
    node_modules/.bin/spectral lint --ruleset spectral.yaml --fail-severity hint \
        --display-only-failures $description.json || failed=1
done
exit $failed
