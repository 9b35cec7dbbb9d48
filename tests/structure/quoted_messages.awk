# Usage: awk -v least=COUNT -f quoted_messages.awk DOCUMENT SOURCE...
# Prints each message that the document quotes and no source has. See quoted_messages.sh.

# The constant parts of a message: what is between placeholders and numbers.
function cut(message, parts,    n, i, count, pieces) {
    if (message !~ / /) message = "\"" message "\"" # a code
    gsub(/…|[0-9]+/, "\001", message)
    n = split(message, pieces, "\001")
    count = 0
    for (i = 1; i <= n; ++i)
        if (pieces[i] ~ /[a-zA-Z]/) parts[++count] = pieces[i]
    sub(/^[: ]+/, "", parts[1])
    return count
}

# Whether the text has the parts in their order, each at most 200 bytes behind the one before.
function has(text, parts, count,    start, at, i, place, rest) {
    start = 1
    while (at = index(substr(text, start), parts[1])) {
        place = start + at - 1 + length(parts[1])
        for (i = 2; i <= count; ++i) {
            rest = substr(text, place, 200 + length(parts[i]))
            at = index(rest, parts[i])
            if (!at) break
            place += at - 1 + length(parts[i])
        }
        if (i > count) return 1
        start = place
    }
    return 0
}

function check(text,    m, parts, count) {
    # Adjacent literals are one.
    gsub(/"[ \t]*"/, "", text)
    gsub(/\\"/, "\"", text)
    for (m = 1; m <= messages; ++m) {
        if (seen[m]) continue
        count = cut(message[m], parts)
        if (has(text, parts, count)) { seen[m] = 1; continue }
        # An example names a value where the source has a placeholder: "concurrency is 20000, but …".
        sub(/^[^ ]* /, " ", parts[1])
        if (example[m] && has(text, parts, count)) seen[m] = 1
    }
}

# Quotes of the document: in headings all, elsewhere those of at least three words that are no command.
FNR == NR {
    document = FILENAME
    sub(/^[ \t]+/, "")
    if (/^#|^$|^- |^\|/) { open = ""; heading = /^### / }
    rest = open == "" ? $0 : open " " $0
    open = ""
    while (i = index(rest, "`")) {
        begin = rest
        rest = substr(rest, i + 1)
        i = index(rest, "`")
        if (!i) { open = begin; break }
        quote = substr(rest, 1, i - 1)
        ahead = substr(begin, 1, length(begin) - length(rest) - 1)
        rest = substr(rest, i + 1)
        if (!(heading || quote ~ / .* /)) continue
        if (quote ~ /^[^ ]*::[^ ]*$/ || quote !~ /[a-z]/) continue
        message[++messages] = quote
        line[messages] = FNR
        example[messages] = ahead ~ /(for example|of the form)[ ]*$/
    }
    next
}

FNR == 1 { if (whole != "") check(whole); whole = "" }
{ sub(/^[ \t]+/, "") }
/^\/\// { next }
{ whole = whole " " $0 }
END {
    if (whole != "") check(whole)
    for (m = 1; m <= messages; ++m)
        if (!seen[m]) {
            print document ":" line[m] ": no source has the message: " message[m]
            failed = 1
        }
    if (messages < least) { print "only " messages + 0 " messages in " document; failed = 1 }
    exit failed
}
