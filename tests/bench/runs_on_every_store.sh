#!/usr/bin/env bash
# The benchmark measures the library and the bare database on each available store. The bare program
# runs the store's statements, so its parameters must follow each change.
# Usage: runs_on_every_store.sh BENCH
set -euo pipefail
bench=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for store in "sqlite:$folder" "${ASYNCJOBS_TEST_POSTGRESQL:-}" "${ASYNCJOBS_TEST_MARIADB:-}" "${ASYNCJOBS_TEST_MYSQL:-}"; do
    [ -n "$store" ] || continue
    for what in drain latency; do
        url=$store
        [ "$store" != "sqlite:$folder" ] || url+=/$what.db
        "$bench" --store "$url" --measure $what --jobs 100 --rounds 1 --seconds 1 |
            grep "^RESULT measure=$what .*ratio=[0-9]" || { echo "no result: $what on $url"; exit 1; }
    done
    url=$store
    [ "$store" != "sqlite:$folder" ] || url+=/operations.db
    "$bench" --store "$url" --measure operations --jobs 2000 --rounds 1 |
        grep "^RESULT measure=operations_.* growth=[0-9]" || { echo "no result: operations on $url"; exit 1; }
done
