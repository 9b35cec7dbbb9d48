#!/bin/sh
# The names for the linker. All names are in the inline namespace of their version and mode; a
# file that opens it includes another before, and so config.hpp, which defines it. Public
# classes are marked for shared libraries. src.hpp includes every body. Usage: abi.sh ROOT
set -eu
cd "$1"
failed=0
sources=$(find include src adapters/*/include adapters/*/src -name '*.hpp' -o -name '*.ipp' -o -name '*.cpp')
if grep -q '^namespace asyncjobs::inline ASYNCJOBS_ABI' include/asyncjobs/error.hpp; then
    # shellcheck disable=SC2086
    if grep -nE '^namespace asyncjobs( |::)' $sources | grep -v ':namespace asyncjobs::inline ASYNCJOBS_ABI'; then
        failed=1
    fi
fi
# shellcheck disable=SC2086
awk '
    FNR == 1 { included = 0 }
    /^#include (<asyncjobs\/|")/ { included = 1 }
    /^namespace asyncjobs/ && !included { print FILENAME ": opens the namespace before it includes config.hpp"; bad = 1 }
    END { exit bad }
' $sources || failed=1
# Templates and forward declarations are not marked.
awk '
    /^ *class [A-Za-z]/ && !/;$/ && !/ ASYNCJOBS_[A-Z_]*(DECL|VISIBLE) / && previous !~ /^ *(template|requires)/ {
        print FILENAME ": not marked for a shared library: " $0
        bad = 1
    }
    { previous = $0 }
    END { exit bad }
' include/asyncjobs/*.hpp include/asyncjobs/store/*.hpp include/asyncjobs/testing/*.hpp adapters/*/include/asyncjobs/*/*.hpp || failed=1
for body in include/asyncjobs/impl/*.ipp; do
    grep -q "^#include <asyncjobs/impl/${body##*/}>$" include/asyncjobs/src.hpp ||
        { echo "src.hpp does not include ${body##*/}"; failed=1; }
done
exit $failed
