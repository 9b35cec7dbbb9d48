#!/bin/sh
# No table of texts is a hash table: clients choose many of the texts, and with a hash without a secret a
# lookup may have to compare all colliding ones. Usage: no_unseeded_hash.sh ROOT
set -eu
cd "$1"
# Statements of SQL are the library's own.
if grep -rnE '(unordered_[a-z]+|std::hash|hash)<(std::)?(string|u8string)' include adapters src \
    --include='*.hpp' --include='*.ipp' --include='*.cpp' |
    grep -vE '^(include/asyncjobs/job_id\.hpp|adapters/soci/src/db/session\.hpp):'; then
    exit 1
fi
