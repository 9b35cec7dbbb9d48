#!/bin/sh
# The program in the README is examples/01_minimal, and has the 25 lines that it promises.
# Usage: readme_program.sh ROOT
set -eu
cd "$1"
program=examples/01_minimal/main.cpp
awk '/^```cpp/ { on = 1; next } /^```/ { exit } on' README.md | diff -u "$program" - ||
    { echo "README.md and $program differ"; exit 1; }
lines=$(wc -l <"$program")
[ "$lines" -le 25 ] || { echo "$program has $lines lines"; exit 1; }
