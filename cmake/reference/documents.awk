# Prepares a Markdown document for Doxygen; every line keeps its number. -v root=DIRECTORY of the
# repository. Pages and headings get labels, links to them become references, and a link to another
# file of the repository, which the reference does not contain, becomes its text.

# label_of(PATH, TITLE): the label of a page or, with a title, of a heading as its GitHub anchor.
function label_of(path, title) {
    gsub(/[^A-Za-z0-9]/, "_", path)
    title = tolower(title)
    gsub(/[^a-z0-9 _-]/, "", title)
    gsub(/ /, "-", title)
    return title != "" ? path "_" title : path == "README_md" ? "index" : path
}

# resolved(PATH): the path from the root of a path from this document.
function resolved(path) {
    path = folder path
    while (sub(/[^\/.]+\/\.\.\//, "", path)) {}
    return path
}

# A reference, or the text alone.
function link(text, target, path, heading) {
    if (target ~ /^[a-z]+:/) return "[" text "](" target ")"
    path = heading = target
    sub(/#.*/, "", path)
    if (!sub(/^[^#]*#/, "", heading)) heading = ""
    path = path == "" ? name : resolved(path)
    return path ~ /\.md$/ ? "[" text "](@ref " label_of(path, heading) ")" : text
}

FNR == 1 {
    name = substr(FILENAME, length(root) + 2)
    folder = name
    sub(/[^\/]*$/, "", folder)
}
/^```/ { in_code = !in_code }
in_code { print; next }
/^#+ / {
    title = $0
    sub(/^#+ /, "", title)
    label = label_of(name, /^# / ? "" : title)
    if (label != "index") $0 = $0 " {#" label (seen[label]++ ? "-" seen[label] - 1 : "") "}"
}
{
    rest = $0
    line = ""
    while (match(rest, /(\[[^][]*|^[^][]*)\]\([^() ]+\)/)) {
        start = RSTART
        found = substr(rest, RSTART, RLENGTH)
        line = line substr(rest, 1, RSTART - 1)
        rest = substr(rest, RSTART + RLENGTH)
        text = target = found
        sub(/\]\([^()]*\)$/, "", text)
        sub(/.*\]\(/, "", target)
        sub(/\)$/, "", target)
        new = link(substr(text, found ~ /^\[/ ? 2 : 1), target)
        if (found !~ /^\[/) sub(/^\[/, "", new)
        line = line new
    }
    print line rest
}
