#!/bin/sh
# SQL is data: no macro holds a part of a statement, and headers define no macro but guards and
# configuration switches; every statement is a member of a group in *statements.hpp, which a test
# prepares on its database. Usage: sql_is_data.sh ROOT
set -eu
cd "$1"
found=0
fail() {
    echo "$1"
    found=1
}

# Macros, whose lines are joined first.
macros=$(find include src adapters -name '*.hpp' -o -name '*.ipp' -o -name '*.cpp' | sort | while read -r file; do
    awk -v file="$file" '
        /^[ \t]*#[ \t]*define/ { macro = ""; line = FNR }
        line { macro = macro $0; if ($0 !~ /\\$/) { print file ":" line ": " macro; line = 0 } }' "$file"
done)
words='SELECT|INSERT|UPDATE|DELETE|REPLACE|WHERE|FROM|JOIN|VALUES|RETURNING|CASE WHEN|IS (NOT )?NULL|ORDER BY|COLUMNS'
if echo "$macros" | grep -E "\"[^\"]*($words)|\"[a-z_, ]+\" *\\\\?$"; then
    fail 'a macro holds SQL: make it a Fragment'
fi
if echo "$macros" | grep -E '^adapters/.*\.hpp:' | grep -vE '#define ASYNCJOBS_[A-Z0-9_]*_HPP$'; then
    fail 'a header of an adapter defines a macro'
fi

# Statements out of their groups.
if grep -rnE 'constexpr (auto|Sql) [a-z_]+ *(=|\{) *(Sql)?\{?"' adapters/soci/src --include='*.cpp' ||
    grep -rnE 'constexpr Sql ' adapters/soci/src; then
    fail 'a statement is in no group: make it a member of one in *statements.hpp'
fi
exit $found
