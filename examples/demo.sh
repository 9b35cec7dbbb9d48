#!/usr/bin/env bash
# Sales reports in the background, as an HTTP client sees them. Installs missing packages, builds the
# report server, submits a PDF, an Excel and a CSV report to it, and stops it again.
# Usage: examples/demo.sh [--serve]
#   --serve   keeps the server up afterwards, until Ctrl-C
set -euo pipefail
cd "$(dirname "$0")/.."

serve=no
case "${1:-}" in
'') ;;
--serve) serve=yes ;;
*) sed -n '2,5s/^# //p' "$0" >&2; exit 2 ;;
esac

cmake/install-packages.sh build core soci http auth schedules webhooks files examples demo
export CCACHE_SLOPPINESS=pch_defines,time_macros
mkdir -p build/logs
echo 'Building the report server. The first time this takes a few minutes.'
log=build/logs/demo-build.log
if ! { cmake --preset release && cmake --build --preset release --target example_03_report_server; } \
    >"$log" 2>&1; then
    tail -n 40 "$log"
    echo "The build failed; the full log is $log" >&2
    exit 1
fi

scratch=$(mktemp -d)
server=
cleanup() {
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

token=demo-$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
echo "$(printf %s "$token" | sha256sum | cut -d' ' -f1) demo" >"$scratch/tokens"
build/release/examples/03_report_server/report_server --listen 127.0.0.1:0 \
    --store "sqlite:$scratch/jobs.db" --files "$scratch/files" --tokens "$scratch/tokens" \
    >"$scratch/out" 2>"$scratch/log" &
server=$!

echo 'Starting it on an empty SQLite store. It invents a year of orders: 2011.'
until base=$(sed -n 's/^listening on //p' "$scratch/out") && [ -n "$base" ]; do
    if ! kill -0 "$server" 2>/dev/null; then
        cat "$scratch/log" >&2
        exit 1
    fi
    sleep 0.1
done

# request METHOD URL [CURL OPTION...]: prints the body; status line and headers go to $scratch/head.
request() {
    curl --silent --show-error --max-time 60 --dump-header "$scratch/head" --request "$1" \
        --header "Authorization: Bearer $token" "${@:3}" "$(absolute "$2")"
}

# URLs are relative unless the server has the option --public-url.
absolute() {
    case $1 in
    /*) echo "$base$1" ;;
    *) echo "$1" ;;
    esac
}

fail() {
    echo "$1" >&2
    cat "$scratch/log" >&2
    exit 1
}

formats=(pdf excel csv)
extensions=(pdf xlsx csv)
status_urls=()
for format in "${formats[@]}"; do
    order="{\"from\": \"2011-01-01\", \"to\": \"2011-12-31\", \"format\": \"$format\"}"
    response=$(request POST /v1/reports/sales --header 'Content-Type: application/json' --data "$order")
    printf '\nPOST /v1/reports/sales  %s\n' "$order"
    tr -d '\r' <"$scratch/head" | sed '/^$/d; s/^/  /'
    jq . <<<"$response" | sed 's/^/  /'
    grep -q '^HTTP/1.1 202' "$scratch/head" || fail 'The report was not accepted.'
    status_urls+=("$(jq -r .status_url <<<"$response")")
done

# A program would wait for the seconds of the header `Retry-After`. Here a person watches, so the
# script polls many times a second, and gets a 304 without a body if nothing has changed.
printf '\nGET the status URLs until the reports are completed\n'
jobs=('{"status": "pending"}' '{"status": "pending"}' '{"status": "pending"}')
etags=('' '' '')
draw() {
    local bar percent status message index
    for index in "${!formats[@]}"; do
        IFS=$'\t' read -r status percent message < <(
            jq -r '[.status, .progress // 0, .message // ""] | @tsv' <<<"${jobs[index]}")
        printf -v bar '%*s' $((percent * 30 / 100)) ''
        printf '  %-6s [%-30s] %3d %% %-10s %s' "${formats[index]}" "${bar// /#}" "$percent" \
            "$status" "$message"
        [ -t 1 ] && printf '\e[K'
        printf '\n'
    done
}

[ -t 1 ] && draw
deadline=$((SECONDS + 300))
until [ "$(jq -rs 'all(.status == "completed")' <<<"${jobs[*]}")" = true ]; do
    [ "$SECONDS" -lt "$deadline" ] || fail 'The reports are not finished after 5 minutes.'
    sleep 0.05
    for index in "${!formats[@]}"; do
        response=$(request GET "${status_urls[index]}" --header "If-None-Match: ${etags[index]}")
        if [ -n "$response" ]; then
            jobs[index]=$response
            etags[index]=$(tr -d '\r' <"$scratch/head" | sed -n 's/^etag: *//Ip')
        fi
        case $(jq -r .status <<<"${jobs[index]}") in
        pending | processing | completed) ;;
        *) fail "$(jq . <<<"${jobs[index]}")" ;;
        esac
    done
    if [ -t 1 ]; then
        printf '\e[%dA' "${#formats[@]}"
        draw
    fi
done
[ -t 1 ] || draw
printf '\nThe finished job\n'
jq . <<<"${jobs[0]}" | sed 's/^/  /'

mkdir -p build/demo
printf '\nDownloading from the signed URLs, which need no token\n'
for index in "${!formats[@]}"; do
    file=build/demo/sales-2011.${extensions[index]}
    url=$(jq -r .result.file_url <<<"${jobs[index]}")
    curl --silent --show-error --fail --max-time 60 --output "$file" "$(absolute "$url")"
    printf '  %s  %s bytes\n' "$file" "$(wc -c <"$file")"
done
printf '\nThe first lines of the CSV file\n'
head -n 6 build/demo/sales-2011.csv | sed 's/^/  /'

if [ "$serve" = yes ]; then
    cat <<EOT

The server stays up at $base until Ctrl-C. Try:

  curl -i -H 'Authorization: Bearer $token' -H 'Content-Type: application/json' \\
    -d '{"from": "2011-03-01", "to": "2011-03-31", "format": "pdf"}' $base/v1/reports/sales
  curl -i -H 'Authorization: Bearer $token' $(absolute "${status_urls[0]}")
  curl -s -H 'Authorization: Bearer $token' '$base/v1/jobs?status=completed' | jq .
  curl -i -H 'Authorization: Bearer $token' -H 'Content-Type: application/json' \\
    -d '{"from": "2011-03-31", "to": "2011-03-01", "format": "doc"}' $base/v1/reports/sales
  sqlite3 '$scratch/jobs.db' 'SELECT id, type, status, progress FROM jobs'
EOT
    wait "$server"
fi
