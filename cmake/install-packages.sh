#!/usr/bin/env bash
# Installs the missing packages of the named sections of packages.txt. Does not use the network if
# none is missing. Without apt-get it installs nothing: it lists missing packages, and fails if there are any.
# Usage: install-packages.sh SECTION...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

for section in "$@"; do
    grep -qxF "[$section]" "$here/packages.txt" ||
        { echo "packages.txt has no section [$section]" >&2; exit 2; }
done
dependencies=()
probes=()
while IFS='#' read -r dependency probe; do
    dependencies+=("${dependency% }")
    probes+=("${probe# }")
done < <(awk -v sections=" $* " '
    /^\[/ { on = index(sections, " " substr($0, 2, length($0) - 2) " "); next }
    on && NF && !/^#/ && !seen[$0]++' "$here/packages.txt")
all_installed="Packages: all ${#dependencies[@]} are installed."

# is_found PROBE: whether the command or <header> exists.
is_found() {
    local prefix folders=()
    case $1 in
    '') ;;
    '<'*)
        for prefix in ${CMAKE_PREFIX_PATH:+"$CMAKE_PREFIX_PATH"} /usr/local /opt/homebrew /opt/local; do
            folders+=(-I "$prefix/include")
        done
        printf '#if !__has_include(%s)\n#error\n#endif\n' "$1" |
            "${CXX:-c++}" -E -x c++ "${folders[@]}" - >/dev/null 2>&1
        ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
    esac
}

if ! command -v apt-get >/dev/null; then
    missing=no
    for i in "${!dependencies[@]}"; do
        is_found "${probes[$i]}" && continue
        [ "$missing" = yes ] || echo 'These are missing, by the names of their Debian packages:' >&2
        missing=yes
        echo "  ${dependencies[$i]}: no ${probes[$i]}" >&2
    done
    [ "$missing" = no ] || exit 1
    echo "$all_installed"
    exit 0
fi

simulate() { apt-get -s -q --no-install-recommends satisfy "${dependencies[@]}" 2>&1; }

if plan=$(simulate) && ! grep -q '^Inst ' <<<"$plan"; then
    echo "$all_installed"
    exit 0
fi

by_hand="apt-get satisfy --no-install-recommends$(printf " '%s'" "${dependencies[@]}")"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo 'Packages are missing, and there is neither root nor sudo to install them. As root, run' >&2
        echo "  apt-get update && $by_hand" >&2
        exit 1
    }
    as_root=(sudo)
fi
apt=(${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive
    apt-get -q -y -o DPkg::Lock::Timeout=120 --no-install-recommends)

"${apt[@]}" update >/dev/null
if ! plan=$(simulate); then
    printf '%s\n' "$plan" >&2
    echo 'apt cannot install what asyncjobs needs: see above.' >&2
    exit 1
fi

# Debian's Boost 1.81 conflicts with its 1.74. Only the user may decide to remove installed packages.
removed=$(awk '/^Remv / { print "  " $2 }' <<<"$plan")
if [ -n "$removed" ] && [ "${CI:-}" != true ]; then
    {
        echo 'Installing what is missing would remove these packages, which conflict with it:'
        echo "$removed"
        echo 'If you can do without those, run this and try again:'
        echo "  ${as_root[*]+${as_root[*]} }$by_hand"
    } >&2
    exit 1
fi
echo "Packages: installing$(awk '/^Inst / { printf " %s", $2 }' <<<"$plan")"
"${apt[@]}" satisfy "${dependencies[@]}" >/dev/null
