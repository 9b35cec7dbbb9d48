#!/usr/bin/env bash
# Installs missing packages, builds, and runs the tests. Usage: tests/run.sh [--all | --on debian-13]
#   (no option)  every test once, with GCC, on the libraries as they ship
#   --all        also with Clang and under the sanitizers, as CI does
#   --on NAME    the tests of the core, the stores and the HTTP API on another Debian, below build/on
# Logs are in build/logs. ASYNCJOBS_TEST_ORDERS=FILE.csv.gz adds the checks on real orders.
set -uo pipefail
cd "$(dirname "$0")/.."

presets=(check)
# Only --all runs third-party clients, the package's consumers, which build hosts, and the reference.
filter=(--label-exclude '^(peer|consumer|reference)$')
case "${1:-}" in
'') ;;
--all)
    presets+=(clang tsan)
    filter=()
    ;;
--on) exec tests/on.sh "${2:-}" ;;
*) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;;
esac
declare -A contents=(
    [check]='everything with GCC: libraries, examples, tests, benchmarks'
    [clang]='everything with Clang, its sanitizers of addresses and undefined behaviour, headers, documents'
    [tsan]='the tests that use threads, with the thread sanitizer')

export CCACHE_SLOPPINESS=pch_defines,time_macros CTEST_PARALLEL_LEVEL
# Most tests wait for sockets, leases and servers, not for a processor.
CTEST_PARALLEL_LEVEL=$((2 * $(nproc)))
logs=build/logs
rm -rf "$logs"
mkdir -p "$logs"
passed=0
failed=0
skipped=0
summary=()
failures=()

show() { printf '%s\n' "$*"; }

# stage NAME SECONDS TEXT
stage() {
    show "  $3, $2 s"
    summary+=("$(printf '%-14s %5d s  %s' "$1" "$2" "$3")")
}

# run LOG COMMAND...: runs it with its output in the log, and shows the log's end if it fails.
run() {
    local log=$logs/$1.log
    shift
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 60 "$log"
        show "Failed: $*  (full log: $log)"
        return 1
    fi
}

build() {
    local preset=$1 started=$SECONDS log=build/$1/.ninja_log before=$logs/$1-before
    show "Building $preset: ${contents[$preset]}"
    cat "$log" >"$before" 2>/dev/null
    # Tests of the previous preset may be running, and have time limits.
    if run "$preset-configure" cmake --preset "$preset" &&
        run "$preset-build" nice -n 10 cmake --build --preset "$preset" -- -k 0; then
        stage "$preset build" $((SECONDS - started)) built
    else
        failed=$((failed + 1))
        stage "$preset build" $((SECONDS - started)) 'does not build'
        started=
    fi
    grep -vxFf "$before" "$log" 2>/dev/null |
        awk -F '\t' -v preset="$preset" 'NF == 5 { printf "%.1f\t%s\t%s\n", ($2 - $1) / 1000, preset, $4 }' \
            >>"$logs/steps"
    [ -n "$started" ]
}

# Tests run while the next preset is built: start_tests PRESET, then finish_tests.
testing=
start_tests() {
    testing=$1
    tests_started=$SECONDS
    (
        # The differential tests try all their sequences on the libraries as they ship.
        [ "$1" != check ] || [ "${#presets[@]}" -eq 1 ] || export ASYNCJOBS_SEQUENCES=${ASYNCJOBS_SEQUENCES:-all}
        ctest --preset "$1" "${filter[@]}" >"$logs/$1-test.log" 2>&1 </dev/null
        echo $SECONDS >"$logs/$1-ended"
    ) &
    tests_process=$!
}

# first_fault NAME LOG: prints the lines of a test's output with its first fault.
first_fault() {
    awk -v name="$1" '/^ *[0-9]+\/[0-9]+ Test +#/ { is_it = index($0, ": " name " "); left = 0; next }
        /% tests passed, / { exit }
        is_it && / ERROR: |Sanitizer|runtime error/ { left = 6 }
        /^ +Start +[0-9]+: |^=+$|^\[doctest\]|^ *$/ { next }
        left > 0 { print "    " substr($0, 1, 300); if (--left == 0) exit }' "$2"
}

# report_failures PRESET LOG: prints the output of each failed test, and stores their names, with the
# first fault of each, for the summary.
report_failures() {
    awk '/^ *[0-9]+\/[0-9]+ Test +#/ { is_bad = !/ Passed |\*\*\*Skipped/ } !/^ +Start +[0-9]+: / && is_bad' "$2"
    while read -r name; do
        failures+=("  $1: $name")
        mapfile -t -O "${#failures[@]}" failures < <(first_fault "${name% (*}" "$2")
    done < <(sed -n '/^The following tests FAILED:/,/^$/s/^[\t ]*[0-9][0-9]* - //p' "$2")
}

# Counts the tests by ctest's own closing line.
finish_tests() {
    local preset=$testing log=$logs/$testing-test.log took line bad all missed
    [ -n "$preset" ] || return
    testing=
    show "Testing $preset"
    wait "$tests_process"
    took=$(($(cat "$logs/$preset-ended") - tests_started))
    line=$(grep -E '[0-9]+ tests? failed out of [0-9]+' "$log")
    if [[ ! $line =~ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+) ]]; then
        tail -n 60 "$log"
        failed=$((failed + 1))
        stage "$preset tests" "$took" 'ctest did not finish'
        return
    fi
    bad=${BASH_REMATCH[1]}
    all=${BASH_REMATCH[2]}
    [ "$bad" -eq 0 ] || report_failures "$preset" "$log"
    missed=$(grep -c '\*\*\*Skipped' "$log")
    passed=$((passed + all - bad - missed))
    failed=$((failed + bad))
    skipped=$((skipped + missed))
    sed -nE "s|^ *[0-9]+/[0-9]+ Test +#[0-9]+: (.*[^ .]) \.+.* ([0-9.]+) sec.*|\2\t$preset\t\1|p" "$log" >>"$logs/tests"
    stage "$preset tests" "$took" "$((all - bad - missed)) passed, $bad failed, $missed skipped"
}

# Starts the tests' databases: private ones, on loopback. See tests/servers.
start_servers() {
    local started=$SECONDS
    trap stop_servers EXIT
    start_server ASYNCJOBS_TEST_POSTGRESQL postgres
    start_server ASYNCJOBS_TEST_MARIADB mariadb
    start_server ASYNCJOBS_TEST_MYSQL mysql
    [ -z "${ASYNCJOBS_TEST_POSTGRESQL:-}" ] || start_server ASYNCJOBS_TEST_PGBOUNCER pgbouncer
    [ "${#presets[@]}" -eq 1 ] || start_server ASYNCJOBS_TEST_GALERA galera
    start_server ASYNCJOBS_TEST_S3 swift
    find_library ASYNCJOBS_TEST_FAKETIME faketime/libfaketime.so.1
    stage servers $((SECONDS - started)) started
}

# start_server VARIABLE SCRIPT: if its program is missing, the tests that need it are skipped.
start_server() {
    local url code
    url=$("tests/servers/$2.sh" start build/servers)
    code=$?
    if [ "$code" -eq 0 ]; then
        export "$1=$url"
    elif [ "$code" -ne 77 ]; then
        failed=$((failed + 1))
    fi
}

# find_library VARIABLE NAME: looks in Debian's folders; if it is missing, the tests that need it are
# skipped.
find_library() {
    local library
    for library in /usr/lib/*/"$2"; do
        [ ! -e "$library" ] || export "$1=$library"
    done
}

stop_servers() {
    for server in pgbouncer postgres mariadb mysql galera swift; do
        tests/servers/$server.sh stop build/servers
    done
}

# slowest TITLE: prints the ten slowest lines `SECONDS<tab>PRESET<tab>NAME` of the standard input.
slowest() {
    show ''
    show "The slowest $1"
    sort -rn | head -n 10 | awk -F '\t' '{ printf "  %6.1f s  %-6s %s\n", $1, $2, $3 }'
}

show 'Installing packages'
if ! cmake/install-packages.sh build core soci http auth schedules webhooks files cli examples tests; then
    exit 1
fi
stage packages $SECONDS installed
start_servers
for preset in "${presets[@]}"; do
    if build "$preset"; then
        finish_tests
        start_tests "$preset"
    fi
done
finish_tests

touch "$logs/steps" "$logs/tests"
awk -F '\t' '$3 ~ /\.o$/' "$logs/steps" | slowest 'translation units'
awk -F '\t' '$3 !~ /\.o$/' "$logs/steps" | slowest links
slowest tests <"$logs/tests"
if [ "${#failures[@]}" -gt 0 ]; then
    show ''
    show 'Failures'
    printf '%s\n' "${failures[@]}"
fi
show ''
show 'Stages'
printf '  %s\n' "${summary[@]}"
show "  $(printf '%-14s %5d s' total $SECONDS)"
show "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
