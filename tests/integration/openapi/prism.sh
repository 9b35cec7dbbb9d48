#!/bin/sh
# The report server's responses match its description: Prism, as a proxy between a client and the server,
# turns responses that differ into errors. Usage: prism.sh FOLDER REPORT_SERVER
set -eu
folder=$1 program=$2
here=$(cd "$(dirname "$0")" && pwd)

"$here/../../npm/install.sh" "$folder" @stoplight/prism-cli@5.16.0
. "$here/served.sh"
curl --silent --fail --output "$scratch/openapi.json" "$base/openapi.json"

# start_prism NAME [OPTION...]: sets $prism to its URL.
start_prism() {
    log=$scratch/$1
    shift
    "$folder/node_modules/.bin/prism" proxy "$scratch/openapi.json" "$base" --port 0 --errors "$@" \
        >"$log" 2>&1 &
    started="$started $!"
    wait_for $! "$log" 'Prism is listening on'
    prism=$(sed -n 's/.*Prism is listening on //p' "$log")
}
start_prism strict
strict=$prism
start_prism tolerant --validate-request=false # lets a client's mistakes through
tolerant=$prism

# ask PROXY STATUS METHOD TARGET [CURL OPTION...]: the response is in $scratch/body and $scratch/head.
ask() {
    proxy=$1 expected=$2 method=$3 target=$4
    shift 4
    status=$(curl --silent --show-error --max-time 60 --request "$method" \
        --header "Authorization: Bearer $token" --output "$scratch/body" --dump-header "$scratch/head" \
        --write-out '%{http_code}' "$@" "$proxy$target")
    if [ "$status" != "$expected" ] || grep -qi '^sl-violations' "$scratch/head" ||
        grep -q 'stoplight\.io/prism' "$scratch/body"; then
        echo "$method $target: expected $expected, but got $status"
        cat "$scratch/head" "$scratch/body"
        exit 1
    fi
}
header() { tr -d '\r' <"$scratch/head" | sed -n "s/^$1: *//Ip"; }
member() { jq -r ".$1" "$scratch/body"; }

# submit FROM TO: sets $job to its URL's path.
submit() {
    ask "$strict" 202 POST /v1/reports/sales --header 'Content-Type: application/json' \
        --data "{\"from\": \"$1\", \"to\": \"$2\", \"format\": \"csv\"}"
    job=$(member status_url)
    [ "$(header Location)" = "$job" ]
}
# wait_until STATUS: of $job.
wait_until() {
    until ask "$strict" 200 GET "$job" && [ "$(member status)" = "$1" ]; do
        case $(member status) in
        pending | processing) ;;
        *) echo "$job is not $1:" && cat "$scratch/body" && exit 1 ;;
        esac
    done
}

for target in /healthz /readyz /metrics /openapi.json; do ask "$strict" 200 GET $target; done
ask "$strict" 304 GET /openapi.json --header "If-None-Match: $(header ETag)"

submit 2011-01-01 2011-01-31
wait_until completed
file=$(member result.file_url)
ask "$strict" 304 GET "$job" --header "If-None-Match: $(header ETag)"
ask "$base" 303 GET "$job/result" # Prism would follow it
[ "$(header Location)" = "$file" ]
ask "$strict" 200 GET "$file"
ask "$strict" 409 POST "$job/cancel"
ask "$strict" 409 POST "$job/retry"
completed=$job

submit 1990-01-01 1990-01-31
wait_until failed
ask "$strict" 409 GET "$job/result"
ask "$strict" 202 POST "$job/retry"
wait_until failed

submit 2011-01-01 2011-12-31
first=$job
submit 2011-01-01 2011-12-31
ask "$strict" 202 GET "$job/result"
ask "$strict" 409 DELETE "$job"
ask "$strict" 200 POST "$job/cancel"
wait_until cancelled
ask "$strict" 200 GET "/v1/jobs?limit=2"
ask "$strict" 200 GET "/v1/jobs?limit=2&cursor=$(member next_cursor)"
for status in pending processing completed failed cancelled; do
    ask "$strict" 200 GET "/v1/jobs?status=$status&type=sales_report"
done
job=$first
wait_until completed

ask "$strict" 204 DELETE "$completed"
ask "$strict" 404 GET "$completed"
ask "$strict" 422 POST /v1/reports/sales --header 'Content-Type: application/json' \
    --data '{"from": "2011-02-01", "to": "2011-01-01", "format": "csv"}'
[ "$(member 'errors[0].pointer')" = /from ]

ask "$tolerant" 422 POST /v1/reports/sales --header 'Content-Type: application/json' --data '{"more": 1}'
ask "$tolerant" 415 POST /v1/reports/sales --header 'Content-Type: text/plain' --data x
ask "$tolerant" 406 GET /v1/jobs --header 'Accept: text/html'
ask "$tolerant" 400 GET '/v1/jobs?limit=0'
ask "$tolerant" 404 GET /v1/jobs/unknown
ask "$tolerant" 403 GET '/v1/files/x?expires=1&signature=x'
token=wrong
ask "$tolerant" 401 GET /v1/jobs
