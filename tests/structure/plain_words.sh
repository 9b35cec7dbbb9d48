#!/bin/sh
# Comments, messages, documents and names use the field's words: none of the phrases of plain_words.txt
# occurs in a tracked text file, or in its name.
# Usage: plain_words.sh [--count] ROOT [FILE|FOLDER...]
#
# A line of the list is an extended regular expression, a tab, and what to write instead. It matches whole
# words: a phrase matches in any case, in parts of names (answers_again, AnswerMemory) and across the end of
# a line; an expression with a capital letter or an underscore matches a whole name exactly. The list and
# this test are not searched, nor, in CHANGELOG.md, the entries of earlier releases and code spans, which
# name what was replaced. With --count: prints only the number of phrases of each folder, and succeeds.
set -eu
count=
[ "$1" != --count ] || { count=1; shift; }
cd "$1"
shift
git rev-parse --is-inside-work-tree >/dev/null 2>&1 || { echo 'skipped: no git repository'; exit 77; }
rule=tests/structure/plain_words.awk list=tests/structure/plain_words.txt
LC_ALL=C
export LC_ALL

# The rule itself: each line of the first file is bad, none of the second is.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/list" <<'LIST'
answer(s|ed)?	response
goes on	continues
HeldBack	Throttled
LIST
cat >"$scratch/good" <<'TEXT'
// The store returns the job. It goes
// off on its own. An unanswerable question, onanswer, foregoes one.
int held_back = HeldBackwards(held); struct Heldback;
TEXT
expect() {
    printf '%b\n' "$2" >"$scratch/bad"
    found=$(awk -f $rule "$scratch/list" "$scratch/bad" | wc -l)
    [ "$found" -eq "$1" ] || { echo "the rule finds $found phrases, not $1, in: $2"; exit 1; }
}
expect 1 '// Answers: none.'
expect 1 'answers_again();'
expect 1 'struct AnswerMemory;'
expect 1 '    // The handler goes\n    // on afterwards.'
expect 1 '    log("the handler goes "\n        "on");'
expect 1 'HeldBack(1)'
expect 2 'read_answer(); // it goes on'
! awk -f $rule "$scratch/list" "$scratch/good" | grep . || exit 1

git grep -lIz '' -- "$@" ':!LICENSE' ':!tests/structure/plain_words.*' |
    xargs -0 awk -f $rule $list >"$scratch/found"
if [ "$count" ]; then
    sed 's/:[0-9]*: .*//; s,/[^/]*$,,' "$scratch/found" | sort | uniq -c | sort -nr
    echo "$(wc -l <"$scratch/found") phrases"
elif [ -s "$scratch/found" ]; then
    cat "$scratch/found"
    exit 1
fi
