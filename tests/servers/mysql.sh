#!/usr/bin/env bash
# A private MySQL server for tests: Debian unstable's, unpacked below build/mysql-server with the
# its libraries, as no Debian release has one. Its data is in DIR/mysql, its port on
# loopback only, a user without a password, with full durability. Skipped if apt has no reachable
# Debian mirror. Usage: mysql.sh start|stop|restart|kill|url DIR
#   start, restart   print the store URL of its database `asyncjobs`; start is fast the second time
#   kill             ends it at once, like a crash
# SERVER_OPTIONS may hold more options of the server.
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=tests/servers/debian_packages.sh
. "$(dirname "$0")/debian_packages.sh"
read_arguments "$@"

software=$(cd "$(dirname "$0")/../.." && pwd)/build/mysql-server
home=$dir/mysql
user=$(choose_user mysql)
pid_file=$home/pid
# The path of a socket must be short.
socket=${TMPDIR:-/tmp}/asyncjobs-mysql-$(echo "$home" | cksum | cut -d ' ' -f 1).sock

# Run by its own loader, as its libraries are newer than this machine's.
loader() { ls "$software"/usr/lib/*/ld-linux*.so.* 2>/dev/null || true; }
comm() { basename "$(loader)" | cut -c 1-15; }

# server FOLDER OPTION...
server() {
    make_temporary_folder
    as_user "$(loader)" --library-path "$(dirname "$(loader)")" "$software/usr/sbin/mysqld" \
        --no-defaults --basedir="$software/usr" --datadir="$home/$1" \
        --tmpdir="$home/tmp" "${@:2}"
}

make_data() {
    rm -rf "$home"
    make_home
    server data.new --initialize-insecure >"$home/init.log" 2>&1 ||
        { cat "$home/init.log" >&2; die 'mysqld --initialize-insecure failed'; }
    mv "$home/data.new" "$home/data"
}

url() { echo "mysql://asyncjobs@127.0.0.1:$(cat "$home/port")/asyncjobs"; }

sql() { mariadb --no-defaults --skip-ssl -u root -S "$socket" -Bse "$1"; }

start() {
    command -v mariadb >/dev/null || missing mariadb-client
    unpack_debian_packages sid "$software" mysql-server-core
    [ -d "$home/data" ] || make_data
    if ! is_running "$pid_file" "$(comm)"; then
        rm -f "$pid_file"
        pick_port
        # shellcheck disable=SC2086
        server data --socket="$socket" --pid-file="$pid_file" --port="$(cat "$home/port")" \
            --bind-address=127.0.0.1 --mysqlx=OFF --max-connections=200 \
            --innodb-buffer-pool-size=256M --innodb-redo-log-capacity=256M \
            --innodb-flush-log-at-trx-commit=1 --skip-log-bin --secure-file-priv=NULL \
            --max-allowed-packet=64M --skip-name-resolve \
            ${SERVER_OPTIONS:-} >>"$home/log" 2>&1 </dev/null &
    fi
    wait_until 'MySQL to respond' sql 'SELECT 1'
    make_mysql_database
    url
}

stop() { end "$pid_file" "$(comm)" TERM; }
crash() { end "$pid_file" "$(comm)" KILL; }

dispatch
