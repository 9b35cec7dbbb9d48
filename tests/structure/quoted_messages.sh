#!/bin/sh
# Every message that docs/troubleshooting.md quotes occurs in the sources: each code span of a heading, and
# each other one of at least three words. "…" and numbers match any text.
# Usage: quoted_messages.sh ROOT
set -eu
cd "$1"
LC_ALL=C
export LC_ALL
rule=tests/structure/quoted_messages.awk

# The rule itself.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/source.cpp" <<'CODE'
// a message in a comment
log(fmt::format("the store {} fails: it refuses "
                "what \"{}\" wrote", name, value));
throw Error(problem("too_many", fmt::format("{} is {}, but must be from {} to {}", name, 3, 1, 2)));
CODE
expect() {
    printf '%s\n' "$2" >"$scratch/document.md"
    missed=$(awk -v least=1 -f $rule "$scratch/document.md" "$scratch/source.cpp" | wc -l)
    [ "$missed" -eq "$1" ] || { echo "the rule misses $missed messages, not $1, in: $2"; exit 1; }
}
expect 0 '### `the store … fails: it refuses what "…" wrote`, `too_many`'
expect 0 'A rule, for example `limit is 20, but must be from 1 to 10`'
expect 1 '### `the store … fails: it refuses what "…" sent`'
expect 1 '### `it refuses what "…" wrote, the store … fails`'
expect 1 '### `too_few`'
expect 1 '### `a message in a comment`'
expect 1 'A line: `a message in a comment`'
expect 1 'A line: `no such`, `no such message`'

find include src adapters cmake -type f \( -name '*.[chi]pp' -o -name '*.cmake' -o -name '*.cmake.in' \) \
    -exec awk -v least=40 -f $rule docs/troubleshooting.md {} +
