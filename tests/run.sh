#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. Usage: tests/run.sh [--quick]
#   --quick   without the sanitizer builds
# Logs are in build/logs. ASYNCJOBS_TEST_ORDERS=FILE.csv.gz adds the checks on real orders.
set -uo pipefail
cd "$(dirname "$0")/.."

quick=no
case "${1:-}" in
'') ;;
--quick) quick=yes ;;
*) sed -n '2,4s/^# //p' "$0" >&2; exit 2 ;;
esac

export CCACHE_SLOPPINESS=pch_defines,time_macros CTEST_PARALLEL_LEVEL
CTEST_PARALLEL_LEVEL=$(nproc)
logs=build/logs
mkdir -p "$logs"
passed=0
failed=0
summary=()

say() { printf '%s\n' "$*"; }

finish() {
    say ''
    say 'Summary'
    printf '  %s\n' "${summary[@]}"
    say "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

# run LOG COMMAND...: runs it with its output in the log, and shows the log's end if it fails.
run() {
    local log=$logs/$1.log
    shift
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 60 "$log"
        say "This failed: $*  (all of it is in $log)"
        return 1
    fi
}

build() {
    local preset=$1 started=$SECONDS
    say "Building $preset: $2"
    if ! run "$preset-configure" cmake --preset "$preset" ||
        ! run "$preset-build" cmake --build --preset "$preset"; then
        failed=$((failed + 1))
        summary+=("$preset: does not build")
        finish
    fi
    say "  built in $((SECONDS - started)) s"
}

# check PRESET: runs the preset's tests, and counts them by ctest's own closing line.
check() {
    local preset=$1 started=$SECONDS log=$logs/$1-test.log line bad all skipped
    say "Testing $preset"
    ctest --preset "$preset" >"$log" 2>&1 </dev/null
    line=$(grep -E '[0-9]+ tests? failed out of [0-9]+' "$log")
    if [[ ! $line =~ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+) ]]; then
        tail -n 60 "$log"
        failed=$((failed + 1))
        summary+=("$preset: ctest did not finish")
        return
    fi
    bad=${BASH_REMATCH[1]}
    all=${BASH_REMATCH[2]}
    if [ "$bad" -gt 0 ]; then
        cat "$log"
    fi
    skipped=$(grep -c '\*\*\*Skipped' "$log")
    passed=$((passed + all - bad - skipped))
    failed=$((failed + bad))
    line="$((all - bad - skipped)) passed, $bad failed, $skipped skipped, $((SECONDS - started)) s"
    summary+=("$preset: $line")
    say "  $line"
}

# The databases that the tests use: private ones, on loopback. See tests/servers.
start_servers() {
    trap stop_servers EXIT
    ASYNCJOBS_TEST_POSTGRESQL=$(tests/servers/postgres.sh start build/servers) || exit 1
    ASYNCJOBS_TEST_MYSQL=$(tests/servers/mariadb.sh start build/servers) || exit 1
    ASYNCJOBS_TEST_PGBOUNCER=$(tests/servers/pgbouncer.sh start build/servers) || exit 1
    ASYNCJOBS_TEST_S3=$(tests/servers/swift.sh start build/servers) || exit 1
    export ASYNCJOBS_TEST_POSTGRESQL ASYNCJOBS_TEST_MYSQL ASYNCJOBS_TEST_PGBOUNCER ASYNCJOBS_TEST_S3
}

stop_servers() {
    tests/servers/pgbouncer.sh stop build/servers
    tests/servers/postgres.sh stop build/servers
    tests/servers/mariadb.sh stop build/servers
    tests/servers/swift.sh stop build/servers
}

cmake/install-packages.sh build core soci http auth schedules webhooks files examples tests || exit 1
start_servers

build dev 'everything with GCC, the core compiled and header-only, each public header alone'
check dev
build clang 'the core with Clang 14'
check clang
if [ "$quick" = no ]; then
    build asan 'with the address and undefined behaviour sanitizers'
    check asan
    build tsan 'with the thread sanitizer'
    check tsan
fi
finish
