#!/bin/sh
# The commands and links in the documents are valid: scripts, presets, targets' folders, links.
# Usage: documented_commands.sh ROOT
set -eu
cd "$1"
failed=0
miss() {
    echo "$1: $2"
    failed=1
}
# anchors DOCUMENT: the anchors of its headings, as GitHub makes them.
anchors() {
    awk '/^```/ { on = !on } !on && /^#+ /' "$1" | sed 's/^#* //; s/\](.*)//' |
        LC_ALL=C tr 'A-Z' 'a-z' | LC_ALL=C sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

for document in *.md docs/*.md docs/*/*.md; do
    [ -f "$document" ] || continue
    commands=$(awk '/^```(sh|bash|shell|console)[ \t]*$/ { on = 1; next } /^```/ { on = 0 } on' "$document" |
        sed 's/^\$ //; s/^[ \t]*//')
    while IFS= read -r line; do
        case $line in
        '' | '#'* | *' \' | '-'*) continue ;;
        esac
        word=${line%% *}
        case $word in
        ./*) [ -x "$word" ] || miss "$document" "no script $word" ;;
        cmake | ctest | curl | git | sqlite3 | ninja | sudo | apt-get | cd | g++ | clang++) ;;
        *=*) ;;
        *) command -v "$word" >/dev/null || miss "$document" "no command $word" ;;
        esac
        preset=$(printf '%s\n' "$line" | sed -n 's/.*--preset[ =]\([a-z_-]*\).*/\1/p')
        if [ -n "$preset" ] && ! grep -q "\"name\": \"$preset\"" CMakePresets.json; then
            miss "$document" "no preset $preset"
        fi
    done <<EOT
$commands
EOT
    # Links within the repository.
    links=$(grep -oE '\]\([^)#: ]+(#[^)]*)?\)' "$document" | sed 's/^](//; s/[#)].*//') || true
    for link in $links; do
        [ -e "$(dirname "$document")/$link" ] || miss "$document" "a link to $link, which is not there"
    done
    sections=$(grep -oE '\]\([^)#: ]*#[^)]+\)' "$document" | sed 's/^](//; s/)$//') || true
    for section in $sections; do
        target=${section%%#*}
        target=${target:+$(dirname "$document")/$target}
        case ${target:-$document} in
        *.md) anchors "${target:-$document}" | grep -qxF "${section#*#}" ||
            miss "$document" "no section $section" ;;
        esac
    done
done
exit $failed
