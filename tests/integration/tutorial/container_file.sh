#!/bin/sh
# The tutorial's Containerfile installs asyncjobs with the README's commands, names folders and programs that
# exist, and its image has the packages of the libraries that the service is linked to.
# Usage: container_file.sh ROOT PROGRAM
set -eu
cd "$1"
program=$2 step=examples/22_tutorial/step_8
file=$step/Containerfile
fail() {
    echo "$file: $*"
    exit 1
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

grep -E '^cmake .*build/install' README.md >"$scratch/installation"
[ -s "$scratch/installation" ] || fail 'the README does not install into build/install'
while IFS= read -r line; do
    grep -qxF "RUN $line" "$file" || fail "lacks the README's $line"
done <"$scratch/installation"
name=$(sed -n 's/^add_executable(\([a-z]*\) .*/\1/p' $step/CMakeLists.txt)
grep -qF "/build/reports/$name /usr/local/bin/$name" "$file" || fail "does not copy $name"
grep -qxF "ENTRYPOINT [\"/usr/local/bin/$name\"]" "$file" || fail "does not run $name"
for variable in $(sed -n 's/^ENV //p' "$file" | tr ' ' '\n' | sed 's/=.*//'); do
    grep -qF "\"$variable\"" $step/main.cpp || fail "sets $variable, which the service does not read"
done

grep -qs '^VERSION_ID="12"$' /etc/os-release || { echo 'skipped: the packages are those of Debian 12'; exit 77; }
# The libraries that the program itself needs; apt installs those of the libraries.
sed -n '/^FROM .*-slim$/,$p' "$file" >"$scratch/image"
for library in $(objdump -p "$program" | sed -n 's/^ *NEEDED *//p'); do
    path=$(ldd "$program" | sed -n "s,^[[:space:]]*$library => \([^ ]*\) .*,\1,p")
    [ "$path" ] || continue
    package=$(dpkg -S "*-linux-gnu/$(basename "$(realpath "$path")")" | sed 's/:.*//; q')
    case $package in
    '') fail "no package has $path" ;;
    libc6 | libgcc-s1 | libstdc++6) ;; # of the base image
    *) grep -qw -- "$package" "$scratch/image" || fail "its image lacks $package, with $library" ;;
    esac
done
