#!/usr/bin/env bash
# Builds asyncjobs and runs the tests of the core, the stores and the HTTP API on another system: in
# a private installation below build/on, with its GCC and its Clang. Needs root, and the Debian mirror
# of this machine's apt. Usage: tests/on.sh debian-13
# Logs are in build/logs/on-NAME-*.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/servers/debian_packages.sh
. tests/servers/debian_packages.sh

# The core, the stores and the HTTP API, built for tests, not for a debugger.
flags=(-G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG='-O0 -g0' -DASYNCJOBS_WERROR=ON
    -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=10 -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
    -DCMAKE_PROJECT_TOP_LEVEL_INCLUDES=/src/cmake/QuickBuild.cmake -DASYNCJOBS_BEAST=OFF -DASYNCJOBS_AUTH=OFF
    -DASYNCJOBS_SCHEDULES=OFF -DASYNCJOBS_WEBHOOKS=OFF -DASYNCJOBS_FILES=OFF -DASYNCJOBS_CLI=OFF
    -DASYNCJOBS_EXAMPLES=OFF -DASYNCJOBS_BENCH=OFF -DASYNCJOBS_INSTALL=OFF)
packages=(build core soci http on-guest)
# GCC runs the tests with database servers, Clang only those of the memory store and SQLite.
gcc_targets=(core_tests conformance_tests soci_tests integration_soci_tests http_tests)
gcc_entries='^(core|conformance|soci|integration_soci|http): '
clang_targets=(core_tests conformance_tests http_tests)
clang_entries='^(core|http): |^conformance: (memory|sqlite|suite_finds_defects)$'

die() { echo "tests/on.sh: $*" >&2; exit 1; }

case "${1:-} ${2:-}" in
'debian-13 ' | 'debian-13 --inside') suite=trixie ;;
*) sed -n '2,5s/^# //p' "$0" >&2; exit 2 ;;
esac
name=$1
root=$PWD/build/on/$name/root
logs=$PWD/build/logs
mkdir -p "$logs" "${root%/root}"

# In separate namespaces, so that no mount and no process outlives the script, however it ends.
if [ "${2:-}" != --inside ]; then
    [ "$(id -u)" -eq 0 ] || die "needs root, to install $name below build/on and to run programs there"
    command -v apt-get >/dev/null || die "needs apt-get, whose Debian mirror $name is installed from"
    unshare --mount --propagation private --pid --fork --kill-child true ||
        die 'needs separate mount and process namespaces, which this machine refuses'
    cmake/install-packages.sh on || exit 1
    unshare --mount --propagation private --pid --fork --kill-child "$0" "$name" --inside &
    inside=$!
    trap 'kill -KILL "$inside" 2>/dev/null; exit 130' INT TERM HUP
    wait "$inside"
    exit
fi

# stage NAME LOG COMMAND...: runs it with its output in the log and prints its duration. If it fails,
# the script ends.
stage() {
    local what=$1 log=$logs/on-$name-$2.log started=$SECONDS
    shift 2
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 60 "$log"
        die "$what failed; the full log is $log"
    fi
    echo "$what: $((SECONDS - started)) s"
}

install_system() {
    local from
    from=$(debian_mirror)
    [ -n "$from" ] || { apt-get -q update && from=$(debian_mirror); }
    [ -n "$from" ] || { echo "this machine's apt uses no Debian mirror"; return 1; }
    rm -rf "$root.new"
    debootstrap --variant=minbase "$suite" "$root.new" "$from" && mv "$root.new" "$root"
}

# Mounts the sources read-only in the system, which writes to its /build.
enter() {
    mkdir -p "$root/src" "$root/build" "$root/dev/shm"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    mount -t proc proc "$root/proc" && mount -t tmpfs tmpfs "$root/dev/shm" &&
        mount --bind "$PWD" "$root/src" && mount -o remount,bind,ro "$root/src"
}

within() {
    chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/root LANG=C.UTF-8 ${http_proxy:+"http_proxy=$http_proxy"} "${environment[@]}" "$@"
}

make_tests() {
    local compiler=$1 folder=$2
    shift 2
    within cmake -S /src -B "$folder" "${flags[@]}" -DCMAKE_CXX_COMPILER="$compiler" &&
        within cmake --build "$folder" --target "$@"
}

# check COMPILER ENTRIES: runs the entries of ctest, and counts them from ctest's last line.
check() {
    local log=$logs/on-$name-$1-test.log started=$SECONDS all bad
    within ctest --test-dir "/build/$1" -R "$2" -j "$(nproc)" --output-on-failure --no-tests=error \
        >"$log" 2>&1 </dev/null
    [[ $(tail -n 200 "$log") =~ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+) ]] ||
        { tail -n 60 "$log"; die "ctest did not finish; the full log is $log"; }
    bad=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
    [ "$bad" -eq 0 ] || cat "$log"
    local left_out
    left_out=$(grep -c '\*\*\*Skipped' "$log")
    passed=$((passed + all - bad - left_out)) failed=$((failed + bad)) skipped=$((skipped + left_out))
    echo "$1's tests: $((all - bad - left_out)) passed, $bad failed, $left_out skipped," \
        "$((SECONDS - started)) s"
}

# start SERVER: starts a database in the system and prints its store URL.
start() { within "/src/tests/servers/$1.sh" start /build/servers; }

stop_servers() {
    for server in pgbouncer postgres mariadb; do
        within "/src/tests/servers/$server.sh" stop /build/servers
    done
}

eval "$(apt-config shell http_proxy Acquire::http::Proxy)" # for the mirror, if set
export http_proxy="${http_proxy:-}"
environment=()
passed=0 failed=0 skipped=0
[ -d "$root" ] || stage "installing $name" system install_system
enter || die "cannot mount the system's file systems"
stage 'installing its packages' packages within /src/cmake/install-packages.sh "${packages[@]}"

stage 'building with GCC' gcc-build make_tests g++ /build/gcc "${gcc_targets[@]}"
trap stop_servers EXIT
started=$SECONDS
postgresql=$(start postgres) && mariadb=$(start mariadb) && pgbouncer=$(start pgbouncer) ||
    die 'the databases did not start'
echo "starting its databases: $((SECONDS - started)) s"
environment=("ASYNCJOBS_TEST_POSTGRESQL=$postgresql" "ASYNCJOBS_TEST_MARIADB=$mariadb"
    "ASYNCJOBS_TEST_PGBOUNCER=$pgbouncer")
check gcc "$gcc_entries"
trap - EXIT
stop_servers
environment=()

stage 'building with Clang' clang-build make_tests clang++ /build/clang "${clang_targets[@]}"
check clang "$clang_entries"

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
