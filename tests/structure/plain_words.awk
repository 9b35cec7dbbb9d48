# Finds the phrases of a list in files. Usage: awk -f plain_words.awk LIST FILE...
# Prints FILE:LINE: PHRASE: what to write instead; a phrase in a file's own name is on line 0.
# See plain_words.sh for what a line of the list means.

# Lower-case words from a name or a text: AnswerMemory and answer_memory become "answer memory".
function plain(text) {
    gsub(/[A-Z][a-z]/, " &", text)
    gsub(/_/, " ", text)
    gsub(/[ \t]+/, " ", text)
    return tolower(text)
}

# The text of a line without what a wrapped comment, string or list begins and ends it with.
function inner(text) {
    sub(/^[ \t]*(\/\/+|#+|[*>-]|R?")?[ \t]*/, "", text)
    sub(/[ \t]*("[,;)]*|\\)?[ \t]*$/, "", text)
    return text
}

function report(place, text,    i) {
    for (i = 1; i <= count; ++i)
        if (match(text, bounded[i])) print place ": \"" found(text) "\": write " instead[i]
}
function found(text) {
    text = substr(text, RSTART, RLENGTH)
    gsub(/^[^a-z]|[^a-z]$/, "", text)
    return text
}

BEGIN { any = ""; any_wide = ""; any_name = "" }

# The list.
FNR == NR {
    if ($0 ~ /^(#|$)/) next
    tab = index($0, "\t")
    phrase = substr($0, 1, tab - 1)
    if (tab == 0) { print FILENAME ":" FNR ": no tab"; next }
    if (phrase ~ /[A-Z_]/) {
        names[++name_count] = "(^|[^A-Za-z0-9_])(" phrase ")([^A-Za-z0-9_]|$)"
        name_instead[name_count] = substr($0, tab + 1)
        any_name = any_name (any_name == "" ? "" : "|") phrase
        next
    }
    bounded[++count] = "(^|[^a-z])(" phrase ")([^a-z]|$)"
    instead[count] = substr($0, tab + 1)
    any = any (any == "" ? "" : "|") phrase
    if (phrase ~ / /) any_wide = any_wide (any_wide == "" ? "" : "|") phrase
    next
}

FNR == 1 {
    if (!ready) {
        any = "(^|[^a-z])(" any ")([^a-z]|$)"
        any_wide = "(^|[^a-z])(" any_wide ")([^a-z]|$)"
        any_name = "(^|[^A-Za-z0-9_])(" any_name ")([^A-Za-z0-9_]|$)"
        ready = 1
    }
    before = ""
    before_hit = 0
    releases = 0
    changelog = FILENAME ~ /(^|\/)CHANGELOG[.]md$/
    if (plain(FILENAME) ~ any) report(FILENAME ":0", plain(FILENAME))
}

changelog && /^## \[/ { ++releases }
changelog && releases > 1 { next } # entries of earlier releases stay
changelog { gsub(/`[^`]*`/, "") }   # names and messages that were replaced

# Migrations are final, and keep the names of columns that later ones have replaced.
FILENAME ~ /^adapters\/soci\/src\/.*schema[.]cpp$/ && !/^[ \t]*\/\// { gsub(/in_turn|offered_until|told/, "") }

{
    text = plain($0)
    hit = text ~ any
    if (hit) report(FILENAME ":" FNR, text)
    if ($0 ~ any_name)
        for (i = 1; i <= name_count; ++i)
            if (match($0, names[i])) {
                name = substr($0, RSTART, RLENGTH)
                gsub(/^[^A-Za-z0-9_]|[^A-Za-z0-9_]$/, "", name)
                print FILENAME ":" FNR ": \"" name "\": write " name_instead[i]
            }
    # A phrase that the end of the line before begins.
    now = inner(text)
    head = substr(now, 1, 40)
    if (before != "" && head != "" && before " " head ~ any_wide && before !~ any_wide && head !~ any_wide)
        report(FILENAME ":" FNR, substr(before, length(before) - 20) " " substr(head, 1, 20))
    before = substr(now, length(now) - 39)
}
