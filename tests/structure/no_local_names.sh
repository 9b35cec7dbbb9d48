#!/bin/sh
# Nothing in the repository names a path of one machine or the host of a package registry.
# Usage: no_local_names.sh ROOT
set -eu
cd "$1"
git rev-parse --is-inside-work-tree >/dev/null 2>&1 || { echo 'skipped: no git repository'; exit 77; }
path='(^|[^A-Za-z0-9_.}/])/(home|work|tmp|root|Users|mnt)/[A-Za-z0-9_.]'
registry='(registry|npm|pypi|files)[.](npmjs|yarnpkg|org|pythonhosted)[.]?|crates[.]io|rubygems[.]org'
registry="$registry|proxy[.]golang[.]org|(deb|security)[.]debian[.]org|archive[.]ubuntu[.]com"
registry="$registry|repo[0-9]*[.]maven|center[.]conan[.]io|(hub|registry)[.]docker"
if git grep -nIE "$path|$registry"; then
    exit 1
fi
