#!/bin/sh
# Tests declare what they need of the machine by tests/needs.hpp, and a test file declares it for all
# of its test cases or for none, so that its entry in ctest is skipped as a whole. Usage: needs.sh ROOT
set -eu
cd "$1"
failed=0
if grep -rnE 'getenv\("ASYNCJOBS_TEST_|doctest::skip' tests --include='*.[ch]pp'; then
    echo 'declare this in tests/needs.hpp'
    failed=1
fi
for file in $(grep -rl 'needs_' tests --include='*_test.cpp'); do
    awk '
        /TEST_CASE/ { open = 1; needs = 0 }
        open && /\* needs_|^ *needs_/ { needs = 1 }
        open && /\) \{/ { ++count[needs]; open = 0 }
        END { exit count[0] > 0 }' "$file" || { echo "$file: a test case without its need"; failed=1; }
done
exit $failed
