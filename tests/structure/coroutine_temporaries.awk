# GCC 12 destroys some temporaries twice when a coroutine is suspended within their full expression
# (CONTRIBUTING, "Coroutines"). Finds statements with co_await that hold such a temporary: a lambda
# with captures, an aggregate, a choice by ?:, a switch or a while on co_await itself.
# Usage: awk -f coroutine_temporaries.awk FILE...

function check(text, line) {
    if (text !~ /co_await/)
        return
    why = ""
    if (text ~ /(^|[^A-Za-z0-9_\])])\[[^\]]+\][ ]*(\(|\{|mutable|->)/)
        why = "a lambda with captures"
    else if (text ~ /[(,][ ]*\{[^}]/ || text ~ /[A-Za-z0-9_>]\{[^}]/)
        why = "an aggregate"
    else if (text ~ /[^?]\?[^?].*:/)
        why = "a choice by ?:"
    else if (text ~ /(switch|while)[ ]*\(.*co_await/)
        why = "co_await as a condition"
    if (why != "") {
        printf "%s:%d: %s in a full expression with co_await\n", file, line, why
        bad = 1
    }
}

FNR == 1 { check(statement, start); statement = ""; file = FILENAME }
{
    gsub(/"([^"\\]|\\.)*"/, "\"\"")
    gsub(/'([^'\\]|\\.)'/, "0")
    sub(/\/\/.*/, "")
    sub(/^[ \t]+/, "")
    if (statement == "")
        start = FNR
    statement = statement " " $0
    # A full expression ends at a semicolon, or where a block begins or ends.
    if ($0 ~ /[;{}][ \t]*$/) {
        check(statement, start)
        statement = ""
    }
}
END { check(statement, start); exit bad }
