# Prepares a public header for Doxygen; every line keeps its number.
# - Names are in `asyncjobs`, without the inline namespace.
# - A comment of the namespace is the header's.
# - A headed block of a comment, "Ownership      Borrows the store", becomes a paragraph with a title.
# - What needs no comment (CONTRIBUTING.md, "Comments of the public API") gets an empty one, so that
#   Doxygen lists it and does not warn.
# - A class without a comment gets a member, because Doxygen ignores such a class unless a member has
#   a comment.

# without(TEXT, REGEX): the text without all matches, also those that a removal makes.
function without(text, regex) {
    while (gsub(regex, "", text)) {}
    return text
}

# needs_no_comment(DECLARATION, KIND, NAME): in the struct or class NAME.
function needs_no_comment(declaration, kind, name, declarator) {
    if (declaration ~ /^(using|friend|typedef|static_assert|struct|class|enum|public:|private:)/)
        return declaration ~ /^friend .*operator.* = default;/
    declarator = without(declaration, "<[^<>]*>")
    sub(/^template *(requires\([^{}]*\) *)?/, "", declarator)
    if (declarator ~ "(^| )" name "\\(" || declarator ~ /operator=\(/) return 1
    if (declarator ~ /(^|[ *&])((begin|end|empty|size|has_value|value_or|what)\(|operator[^(]+\()/) return 1
    sub(/ = .*/, "", declarator)
    return kind == "struct" && declarator !~ /\(/
}

# Comments wait for the line after them.
function flush(i) {
    for (i = 1; i <= waiting; ++i) print comment[i]
    waiting = 0
}
END { flush() }

{ sub(/::inline ASYNCJOBS_ABI/, "") }
!/^ *\/\/\// {
    if (/^namespace asyncjobs/) sub(/\/\/\//, "/// @header", comment[1])
    flush()
}

match($0, /^ *\/\/\/ (Thread-safety|Blocking|Ownership|Errors|Atomicity|Conformance|Clock|Durability|Arguments|Returns)  +/) {
    text = substr($0, RLENGTH + 1)
    title = substr($0, 1, RLENGTH)
    gsub(/^ *\/\/\/ | +$/, "", title)
    $0 = "/// @head{" title "} " text
    in_block = commented = 1
    comment[++waiting] = $0
    next
}
/^ *\/\/\// {
    if (in_block) sub(/\/\/\/  +/, "/// ")
    commented = 1
    comment[++waiting] = $0
    next
}

{
    in_block = 0
    code = $0
    sub(/ *\/\/.*/, "", code)
    sub(/^ +/, "", code)
    if (code == "") {
        if ($0 == "") commented = 0
        print
        next
    }
    if ($0 ~ /\/\/\/</) commented = 1
    if (code !~ /^#/) {
        statement = statement (statement == "" ? "" : " ") code
        braces = without(code, "'[{}]'|\"[^\"]*\"")
        opened = gsub(/{/, "", braces)
        closed = gsub(/}/, "", braces)
        if (!commented && code ~ /{/ && statement ~ /^(template.*[> )])?(struct|class) [^;(]*{/)
            sub(/{/, "{ /** \\&zwnj; */ using class_without_comment = void;")
        if (!commented && opened > closed && statement == code && kinds[depth] != "" &&
            needs_no_comment(statement, kinds[depth], names[depth]))
            $0 = "/** &zwnj; */ " $0
        if (opened > closed) {
            kind = name = ""
            if (match(statement, /(^|[ >])(struct|class) [^:;({=]*/)) {
                name = substr(statement, RSTART, RLENGTH)
                kind = name ~ /struct / ? "struct" : "class"
                sub(/^.*(struct|class) /, "", name)
                gsub(/ASYNCJOBS_[A-Z_]+ | final|<.*| +$/, "", name)
            }
            ++depth
            kinds[depth] = kind
            names[depth] = name
        }
        if (closed > opened) --depth
        if (code ~ /[;{}:]$/ && code !~ /::$/) {
            if (!commented && code ~ /[;}]$/ && opened == closed && kinds[depth] != "" &&
                needs_no_comment(statement, kinds[depth], names[depth]))
                $0 = $0 " ///< &zwnj;"
            statement = ""
            commented = 0
        }
    }
    print
}
