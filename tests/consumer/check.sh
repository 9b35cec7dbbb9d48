#!/bin/sh
# Builds the host in project/ against asyncjobs and runs what it built. Usage: check.sh MODE BUILD CXX
#   package       against the whole package, as `cmake --install` of BUILD leaves it
#   package_core  against its core alone
#   subdirectory  with the sources as a subdirectory: the core alone
# The two for the core find no SOCI, SQLite, Beast, OpenSSL or date library, neither packages nor headers.
set -eu
mode=$1 build=$2 cxx=$3
here=$(cd "$(dirname "$0")" && pwd)
scratch=$build/consumer/$mode
mkdir -p "$scratch/out"

set -- -G Ninja -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_PROJECT_TOP_LEVEL_INCLUDES="$here/../../cmake/QuickBuild.cmake" \
    -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF
case $mode in
package*)
    rm -rf "$scratch/prefix"
    cmake --install "$build" --prefix "$scratch/prefix" >/dev/null
    set -- "$@" -DCMAKE_PREFIX_PATH="$scratch/prefix"
    programs='core core_header_only'
    ;;
subdirectory)
    set -- "$@" -DCONSUMER_SOURCES="$here/../.."
    programs=core
    ;;
esac
case $mode in
package)
    set -- "$@" '-DCONSUMER_COMPONENTS=soci;http;beast;auth;schedules;webhooks;files;testing'
    programs=adapters
    ;;
*)
    missing=$scratch/missing
    mkdir -p "$missing"
    for header in $(cd /usr/include && find soci boost/beast boost/beast.hpp openssl sqlite3.h date \
        -name '*.h*' 2>/dev/null); do
        mkdir -p "$missing/$(dirname "$header")"
        [ -e "$missing/$header" ] || echo "#error the core needs no $header" >"$missing/$header"
    done
    set -- "$@" -DCMAKE_CXX_FLAGS="-I$missing" -DCMAKE_DISABLE_FIND_PACKAGE_SOCI=ON \
        -DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON -DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON \
        -DCMAKE_DISABLE_FIND_PACKAGE_date=ON
    ;;
esac

cmake -S "$here/project" -B "$scratch/out" "$@"
cmake --build "$scratch/out"
cd "$scratch/out"
for program in $programs; do
    echo "running $program"
    ./"$program"
done
