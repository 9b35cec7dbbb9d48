#!/bin/sh
# A block of a document whose first line names a file ("```cpp examples/01_minimal/main.cpp") is lines of that
# file. The README's program is the whole file, and has the 25 lines that it promises.
# Usage: quoted_code.sh ROOT
set -eu
cd "$1"
rule=tests/structure/quoted_code.awk

# The rule itself.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf 'int main() {\n    work();\n    rest();\n}\n' >"$scratch/main.cpp"
expect() {
    printf '```cpp %s\n%b\n```\n' "$2" "$3" >"$scratch/document.md"
    found=$(awk -f $rule "$scratch/document.md" | wc -l)
    [ "$found" -eq "$1" ] || { echo "the rule finds $found faults, not $1, in: $3"; exit 1; }
}
expect 0 "$scratch/main.cpp" '    work();\n    rest();'
expect 0 '' 'work();'
expect 1 "$scratch/main.cpp" '    work();\n}'
expect 1 "$scratch/main.cpp" 'work();'
expect 1 "$scratch/main.cpp" '    wor'
expect 1 "$scratch/none.cpp" 'int main() {'

for document in *.md docs/*.md docs/*/*.md; do
    [ ! -f "$document" ] || awk -f $rule "$document"
done >"$scratch/found"
if [ -s "$scratch/found" ]; then
    cat "$scratch/found"
    exit 1
fi

program=examples/01_minimal/main.cpp
awk '/^```cpp/ { on = 1; next } /^```/ { exit } on' README.md | diff -u "$program" - ||
    { echo "README.md and $program differ"; exit 1; }
lines=$(wc -l <"$program")
[ "$lines" -le 25 ] || { echo "$program has $lines lines"; exit 1; }
