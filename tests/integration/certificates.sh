#!/bin/sh
# Makes certificates in FOLDER: an authority, those that it has signed (localhost, another host, and an
# expired one of localhost), and a self-signed one; and a key with a password. Usage: certificates.sh FOLDER
set -eu
mkdir -p "$1"
cd "$1"
key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc'

openssl req -x509 $key -keyout ca.key -out ca.pem -days 3650 -subj '/CN=authority' 2>/dev/null
# server NAME SUBJECT_ALTERNATIVE_NAMES OPTION...
server() {
    name=$1 names=$2
    shift 2
    openssl req $key -keyout "$name.key" -out "$name.csr" -subj "/CN=$name" 2>/dev/null
    printf 'subjectAltName=%s\n' "$names" >"$name.ext"
    openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial \
        -extfile "$name.ext" -out "$name.pem" "$@" 2>/dev/null
}
server localhost 'DNS:localhost,IP:127.0.0.1' -days 3650
server elsewhere 'DNS:elsewhere.example' -days 3650
server past 'DNS:localhost,IP:127.0.0.1' -days -1
openssl req -x509 $key -keyout stranger.key -out stranger.pem -days 3650 -subj '/CN=localhost' \
    -addext 'subjectAltName=DNS:localhost' 2>/dev/null
openssl pkey -in localhost.key -aes256 -passout pass:secret -out locked.key
