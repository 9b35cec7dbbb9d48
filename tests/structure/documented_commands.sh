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
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The sections of all documents, as FILE#ANCHOR, with GitHub's anchors.
find . -name '*.md' -not -path './build/*' -not -path './.git/*' -exec awk '
    FNR == 1 { on = 0; file = FILENAME; sub(/^[.][/]/, "", file) }
    /^```/ { on = !on }
    !on && sub(/^#+ /, "") { sub(/\].*/, ""); print file "#" $0 }' {} + |
    LC_ALL=C awk '{
        at = index($0, "#"); name = tolower(substr($0, at + 1))
        gsub(/[^a-z0-9 _-]/, "", name); gsub(/ /, "-", name)
        print substr($0, 1, at) name }' >"$scratch/sections"

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
        ./step_* | ./reports)
            grep -q "^ *tutorial_program(${word#./} " examples/22_tutorial/CMakeLists.txt ||
                miss "$document" "no program $word"
            ;;
        ./*) [ -x "$word" ] || miss "$document" "no script $word" ;;
        cmake | ctest | curl | git | asyncjobs | sqlite3 | psql | createdb | podman | ninja | sudo | apt-get | cd | g++ | clang++) ;;
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
    # FILE#ANCHOR, without "folder/..".
    folder=$(dirname "$document")
    grep -oE '\]\([^)#: ]*#[^)]+\)' "$document" | sed "s,^](,, ; s/)\$//; s,^#,${document##*/}#,; s,^,$folder/," |
        sed -e :a -e 's,[^/.][^/]*/\.\./,,; ta' -e 's,^\./,,' | grep -E '^[^#]*\.md#' |
        grep -vxFf "$scratch/sections" >"$scratch/missing" || true
    while IFS= read -r section; do miss "$document" "no section $section"; done <"$scratch/missing"
done
exit $failed
