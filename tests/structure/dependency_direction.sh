#!/bin/sh
# No file includes against the direction: core <- testing; core <- soci; core <- schedules;
# core <- files; core <- http <- beast, auth, webhooks, operations; core <- support <- files, webhooks, auth;
# cli, a program, is above all of them.
# Usage: dependency_direction.sh ROOT
set -eu
cd "$1"
found=0

# forbid RULE REGEX FOLDER...: no file below the folders includes a header that matches.
forbid() {
    what=$1 regex=$2
    shift 2
    for folder in "$@"; do
        [ -d "$folder" ] || { echo "no folder $folder"; found=1; }
    done
    if grep -rnE ${except:+--exclude="$except"} \
        "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($regex)" "$@"; then
        echo "^ $what"
        found=1
    fi
}

databases='soci/|soci\.h|sqlite3|libpq|postgresql/|mysql|mariadb'
servers='boost/beast|openssl/'
frameworks='doctest/|gtest/|gmock/|catch2/|boost/test/'

forbid 'asyncjobs does not include a database' "$databases" include src
forbid 'the core does not include a server or OpenSSL' "$servers" include src
forbid 'the core does not include an adapter' '(\.\./)*(adapters/|asyncjobs/(soci|http|beast|auth|schedules|files|webhooks|operations)/)' \
    include src
forbid 'no part of the library includes a test framework' "$frameworks" include src adapters
forbid 'no part of the library includes examples or tests' '(\.\./)*(examples|tests)/' \
    include src adapters
except=serve.hpp # for hosts that have Beast
forbid 'the public headers do not include Beast, SOCI, OpenSSL or the date library' \
    "$databases|$servers|date/" adapters/*/include
except=
forbid 'the core does not include the date library' 'date/' include src
network="boost/asio([.]hpp|/([^i]|i[^p]|ip/[^an]))" # addresses and networks are mere values
forbid 'the http adapter knows no server and no database' \
    "$databases|$servers|$network|asyncjobs/(asio|soci/|beast/|auth/|schedules/|files/|webhooks/|operations/)|.*adapters/" adapters/http
forbid 'the soci adapter knows no other adapter and no server' \
    "$servers|asyncjobs/(http|beast|auth|schedules|files|webhooks|operations)/|.*adapters/" adapters/soci
forbid 'the beast adapter knows http and no other adapter' \
    "$databases|asyncjobs/(soci|auth|schedules|files|webhooks|operations)/|.*adapters/" adapters/beast
forbid 'the auth adapter knows http and no other adapter, no server and no database' \
    "$databases|boost/(beast|asio)|asyncjobs/(asio|soci/|beast/|schedules/|files/|webhooks/|operations/)|.*adapters/" adapters/auth
forbid 'the schedules adapter knows no other adapter, no server and no database' \
    "$databases|$servers|asyncjobs/(soci|http|beast|auth|files|webhooks|operations)/|.*adapters/" adapters/schedules
forbid 'the webhooks adapter knows http and no other adapter, and no database' \
    "$databases|asyncjobs/(soci|beast|auth|schedules|files|operations)/|.*adapters/" adapters/webhooks
forbid 'the operations adapter knows http and no other adapter, no server and no database' \
    "$databases|$servers|$network|asyncjobs/(asio|soci/|beast/|auth/|schedules/|files/|webhooks/)|.*adapters/" adapters/operations
forbid 'the files adapter knows no other adapter and no database' \
    "$databases|asyncjobs/(soci|http|beast|auth|schedules|webhooks|operations)/|.*adapters/" adapters/files
forbid 'the cli adapter leaves databases, servers, TLS and dates to other adapters' \
    "$databases|$servers|date/" adapters/cli
forbid 'only the cli adapter includes CLI11' 'CLI/' include src adapters/soci adapters/http adapters/beast \
    adapters/auth adapters/schedules adapters/files adapters/webhooks adapters/operations adapters/support
forbid 'the support library knows no adapter and no database' \
    "$databases|asyncjobs/(soci|http|beast|auth|schedules|files|webhooks|operations)/|.*adapters/" adapters/support
forbid 'only files, webhooks, auth and cli include the support library, and no public header does' \
    '(\.\./)*(adapters/)?support/' include src adapters/soci adapters/http adapters/beast \
    adapters/schedules adapters/operations adapters/auth/include adapters/files/include adapters/webhooks/include
forbid 'files and webhooks leave HTTP and TLS to the support library' \
    'boost/beast|boost/asio/ssl' adapters/files adapters/webhooks
forbid 'adapters leave digests, random bytes and encodings to the support library' \
    'openssl/(hmac|rand|sha)' adapters/auth adapters/beast adapters/files adapters/webhooks

# rooms FOLDER ROOM...: the folders in it, from the ground up; a file includes no folder above its own.
# Databases, side by side, are one ROOM, joined by commas.
rooms() {
    house=$1
    shift
    while [ $# -gt 0 ]; do
        for room in $(echo "$1" | tr , ' '); do
            beside=$(echo "$1" | tr , '\n' | grep -vx "$room" || true)
            above=$(shift; echo "$@" "$beside" | tr ', \n' '|||' | sed 's/||*/|/g; s/^|//; s/|$//')
            [ -z "$above" ] || forbid "$house/$room includes no folder above it" "($above)/" "$house/$room"
        done
        shift
    done
}
rooms adapters/http/src message openapi observe guard routes api
rooms adapters/soci/src statements db watermarks store sqlite,postgresql,mysql

if grep -rnlE '#[[:space:]]*include[[:space:]]*<asyncjobs/testing/' include src adapters |
    grep -vE '^(include/asyncjobs|src)/testing/'; then
    echo '^ only testing includes testing'
    found=1
fi
exit $found
