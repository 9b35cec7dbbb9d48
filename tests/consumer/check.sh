#!/bin/sh
# Builds a host against asyncjobs, and runs it. Usage: check.sh MODE BUILD CXX
#   package               the whole package, installed from BUILD in BUILD/consumer/prefix
#   tutorial              the service of docs/tutorial.md, on the installed package
#   package_core          its core alone, compiled and header-only
#   separate_compilation  its core without a library, in one translation unit of the host
#   plugin                a header-only plugin with hidden symbols, loaded by hosts of each mode
#   components            the errors of find_package for a missing component or package
#   pkg_config            the whole package without CMake
#   shared                shared libraries, built from the sources: SONAME, exported symbols, a host
#   subdirectory          the sources as a subdirectory: the core alone
#   fetch_content         the sources from a Git repository: the core alone
#   language              the first error for a host in C++17, or in two modes at once
#   mistakes              a common mistake gives a single error, which names the remedy
#   mixed_modes           units of two modes in one program do not link
# Hosts of the core alone find no SOCI, SQLite, Beast, OpenSSL or date library, neither packages nor headers.
set -eu
mode=$1 build=$2 cxx=$3
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
prefix=$build/consumer/prefix
scratch=$build/consumer/$mode
mkdir -p "$scratch/out"

fail() {
    echo "$*"
    exit 1
}

# configure SOURCE BUILD OPTION...
configure() {
    from=$1 to=$2
    shift 2
    cmake -S "$from" -B "$to" -G Ninja -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_CXX_FLAGS=-O0 \
        -DCMAKE_PROJECT_TOP_LEVEL_INCLUDES="$root/cmake/QuickBuild.cmake" \
        -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF "$@"
}

# host OPTION...: configures and builds project/.
host() {
    configure "$here/project" "$scratch/out" -DCONSUMER_MODE="$mode" \
        -DCMAKE_PREFIX_PATH="$prefix" "$@" && cmake --build "$scratch/out"
}

# The same for a host of the core alone: the adapters' dependencies are hidden.
core_host() {
    missing=$scratch/missing
    mkdir -p "$missing"
    for header in $(cd /usr/include && find soci boost/beast boost/beast.hpp openssl sqlite3.h date \
        -name '*.h*' 2>/dev/null); do
        mkdir -p "$missing/$(dirname "$header")"
        [ -e "$missing/$header" ] || echo "#error the core needs no $header" >"$missing/$header"
    done
    host -DCMAKE_CXX_FLAGS="-O0 -I$missing" -DCMAKE_DISABLE_FIND_PACKAGE_SOCI=ON \
        -DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON -DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON \
        -DCMAKE_DISABLE_FIND_PACKAGE_date=ON "$@"
}

# run PROGRAM ARGUMENT...
run() {
    echo "running $*"
    program=$1
    shift
    (cd "$scratch/out" && ./"$program" "$@")
}

# fails_with TEXT COMMAND...: the command must fail with that text.
fails_with() {
    text=$1
    shift
    if "$@" >"$scratch/output" 2>&1; then
        fail "this command did not fail: $*"
    fi
    tr -s ' \n' ' ' <"$scratch/output" | grep -qF "$text" || {
        cat "$scratch/output"
        fail "its output lacks: $text"
    }
}

# first_error OPTION...: compiles a host of the core, and prints only the first error.
first_error() {
    if "$cxx" -fsyntax-only -Wfatal-errors -I"$root/include" "$@" "$here/project/core.cpp" >"$scratch/errors" 2>&1; then
        return 0
    fi
    grep -m1 'error:' "$scratch/errors" | sed 's/error: "/error: #error "/'
    return 1
}

all_components='soci;http;beast;auth;schedules;webhooks;operations;files;testing'

case $mode in
package)
    host "-DCONSUMER_COMPONENTS=$all_components"
    run adapters
    if [ -x "$prefix/bin/asyncjobs" ]; then
        "$prefix/bin/asyncjobs" --store memory: status | grep -qx ok || fail 'the installed command line fails'
    fi
    [ -s "$prefix/share/doc/asyncjobs/LICENSE" ] || fail 'the licence is not installed'
    ;;
tutorial)
    configure "$root/examples/22_tutorial/step_8" "$scratch/out" -DCMAKE_PREFIX_PATH="$prefix"
    cmake --build "$scratch/out"
    fails_with 'reports: ' env REPORTS_STORE=nowhere "$scratch/out/reports"
    ;;
package_core)
    core_host
    run core
    run core_header_only
    ;;
separate_compilation)
    core_host
    run core
    ;;
plugin)
    core_host
    run host_compiled ./plugin.so
    run host_header_only ./plugin.so
    ;;
components)
    fails_with 'asyncjobs has no component nonsense here; its components are: ' \
        host -DCONSUMER_COMPONENTS=nonsense
    fails_with 'libsoci-dev' host -DCONSUMER_COMPONENTS=soci -DSOCI_INCLUDE_DIR= -DSOCI_CORE_LIBRARY=
    ;;
pkg_config)
    command -v pkg-config >/dev/null || exit 77
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name asyncjobs.pc)")
    export PKG_CONFIG_PATH
    modules=$(echo "asyncjobs;$all_components" | sed 's/;/ asyncjobs-/g')
    # Splits flags into words.
    # shellcheck disable=SC2046,SC2086
    "$cxx" -std=c++20 -O0 "$here/project/adapters.cpp" -o "$scratch/out/adapters" \
        $(pkg-config --cflags --libs $modules)
    run adapters
    # shellcheck disable=SC2046
    "$cxx" -std=c++20 -O0 "$here/project/plugin.cpp" -shared -fPIC -o "$scratch/out/plugin.so" \
        $(pkg-config --cflags --libs asyncjobs-header-only)
    ;;
shared)
    prefix=$scratch/prefix
    rm -rf "$prefix"
    configure "$root" "$scratch/libraries" -DBUILD_SHARED_LIBS=ON -DASYNCJOBS_EXAMPLES=OFF \
        -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=10
    cmake --build "$scratch/libraries"
    cmake --install "$scratch/libraries" --prefix "$prefix" >/dev/null
    host "-DCONSUMER_COMPONENTS=$all_components"
    run adapters
    for library in "$prefix"/lib*/libasyncjobs*.so "$prefix"/lib/*/libasyncjobs*.so; do
        [ -e "$library" ] || continue
        name=$(basename "$library")
        objdump -p "$library" | grep -q "SONAME *$name.0.1$" || fail "$name has another SONAME"
        # Ignores the symbols of Boost's templates.
        nm -DC --defined-only "$library" | cut -c20- >"$scratch/exported"
        if grep -E '^((vtable|typeinfo|typeinfo name) for )?asyncjobs::[a-z0-9_]*::(soci_adapter|http::openapi|[a-z]+::(Session|Router|Hub|WebhookClient|FileDescriptor))::' \
            "$scratch/exported"; then
            fail "$name exports private symbols"
        fi
    done
    ;;
subdirectory)
    core_host -DCONSUMER_SOURCES="$root" -DCMAKE_UNITY_BUILD=ON
    run core
    ;;
fetch_content)
    # A repository of the current sources, committed or not.
    git -C "$root" rev-parse --git-dir >/dev/null 2>&1 || exit 77
    rm -rf "$scratch/repository"
    mkdir "$scratch/repository"
    (cd "$root" && git ls-files --cached --others --exclude-standard -- CMakeLists.txt LICENSE \
        README.md cmake include src adapters | tar -c -T - | tar -x -C "$scratch/repository")
    cd "$scratch/repository"
    git init -q -b main
    git add .
    git -c user.name=test -c user.email=test@localhost commit -q -m 'the sources'
    core_host -DCONSUMER_REPOSITORY="file://$scratch/repository" -DCMAKE_UNITY_BUILD=ON
    run core
    ;;
language)
    fails_with 'error: #error "asyncjobs needs C++20' first_error -std=c++17
    fails_with 'error: #error "define ASYNCJOBS_HEADER_ONLY or ASYNCJOBS_SEPARATE_COMPILATION, not both"' \
        first_error -std=c++20 -DASYNCJOBS_HEADER_ONLY -DASYNCJOBS_SEPARATE_COMPILATION
    ;;
mistakes)
    # Each "// remedy:" stands for one error that contains the text. The order is the compiler's.
    set -- -I"$root/include"
    for adapter in http schedules soci; do
        set -- "$@" -I"$root/adapters/$adapter/include"
    done
    for source in "$here"/mistakes/*.cpp; do
        sed -n 's,^// remedy: ,,p' "$source" >"$scratch/remedies"
        if "$cxx" -std=c++20 -fsyntax-only "$@" "$source" >"$scratch/output" 2>&1; then
            fail "$source: no error"
        fi
        grep 'error:' "$scratch/output" >"$scratch/errors"
        if [ "$(wc -l <"$scratch/errors")" -ne "$(wc -l <"$scratch/remedies")" ]; then
            cat "$scratch/errors"
            fail "$source: not one error per mistake"
        fi
        sort -u "$scratch/remedies" | while read -r remedy; do
            wanted=$(grep -cF "$remedy" "$scratch/remedies")
            [ "$(grep -cF "$remedy" "$scratch/errors")" -ge "$wanted" ] ||
                fail "$source: fewer errors than $wanted with this remedy: $remedy"
        done
    done
    ;;
mixed_modes)
    cd "$scratch/out"
    unit() {
        "$cxx" -std=c++20 -O0 -I"$root/include" -c "$here/project/mixed.cpp" "$@"
    }
    unit -DASYNCJOBS_HEADER_ONLY -DMAIN -o main.o
    unit -DASYNCJOBS_HEADER_ONLY -o header_only.o
    unit -o compiled.o
    "$cxx" main.o header_only.o -o program
    run program
    fails_with 'asyncjobs::v0_1_header_only::Error const&' "$cxx" main.o compiled.o -o program
    ;;
*) fail "unknown mode $mode" ;;
esac
