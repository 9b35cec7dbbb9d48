#!/usr/bin/env bash
# Installs what is missing of the named sections of packages.txt. Asks nothing of the network when
# nothing is. Usage: install-packages.sh SECTION...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

wanted=()
for section in "$@"; do
    mapfile -t found < <(awk -v section="[$section]" \
        '/^\[/ { on = $0 == section; next } on && NF && !/^#/' "$here/packages.txt")
    [ "${#found[@]}" -gt 0 ] || { echo "packages.txt has no section [$section]" >&2; exit 2; }
    wanted+=("${found[@]}")
done

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${wanted[@]}"; do
    is_installed "$package" || missing+=("$package")
done
if [ "${#missing[@]}" -eq 0 ]; then
    echo "Packages: all ${#wanted[@]} are installed."
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "These packages are missing, and there is neither root nor sudo to install them:" >&2
        printf '  %s\n' "${missing[@]}" >&2
        exit 1
    }
    as_root=(sudo)
fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get -q -y -o DPkg::Lock::Timeout=120 --no-install-recommends)

echo "Packages: installing ${missing[*]}"
"${apt[@]}" update >/dev/null

# Debian's Boost 1.81 can't stand beside its 1.74. Removing somebody's packages is theirs to decide.
removed=$(apt-get -s --no-install-recommends install "${missing[@]}" | awk '/^Remv/ { print "  " $2 }')
if [ -n "$removed" ] && [ "${CI:-}" != true ]; then
    {
        echo "Installing them would remove these packages, which they conflict with:"
        echo "$removed"
        echo "If you can do without those, run this and try again:"
        echo "  ${as_root[*]} apt-get install --no-install-recommends ${missing[*]}"
    } >&2
    exit 1
fi
"${apt[@]}" install "${missing[@]}" >/dev/null
