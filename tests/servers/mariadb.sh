#!/usr/bin/env bash
# A private MariaDB server for tests: its data in DIR/mariadb, its port on loopback only, a user
# without a password, with full durability. Usage: mariadb.sh start|stop|restart|kill|url DIR
#   start, restart   print the store URL of its database `asyncjobs`; start is fast the second time
#   kill             ends it at once, like a crash
# SERVER_OPTIONS may hold more options of the server.
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"
read_arguments "$@"

server=$(command -v mariadbd || command -v mysqld || ls /usr/sbin/mariadbd 2>/dev/null || true)
[ -n "$server" ] || missing mariadb-server
home=$dir/mariadb
user=$(choose_user mysql)
pid_file=$home/pid
# The path of a socket must be short.
socket=${TMPDIR:-/tmp}/asyncjobs-mariadb-$(echo "$home" | cksum | cut -d ' ' -f 1).sock

make_data() {
    rm -rf "$home"
    make_home
    make_temporary_folder
    TMPDIR=$home/tmp as_user mariadb-install-db --no-defaults --datadir="$home/data.new" \
        --skip-test-db --auth-root-authentication-method=normal >"$home/init.log" 2>&1 ||
        { cat "$home/init.log" >&2; die 'mariadb-install-db failed'; }
    mv "$home/data.new" "$home/data"
}

url() { echo "mysql://asyncjobs@127.0.0.1:$(cat "$home/port")/asyncjobs"; }

sql() { mariadb --no-defaults --skip-ssl -u root -S "$socket" -Bse "$1"; }

start() {
    [ -d "$home/data" ] || make_data
    if ! is_running "$pid_file" mariadbd; then
        rm -f "$pid_file"
        pick_port
        make_temporary_folder
        # shellcheck disable=SC2086
        as_user "$server" --no-defaults --datadir="$home/data" --tmpdir="$home/tmp" \
            --socket="$socket" --pid-file="$pid_file" --port="$(cat "$home/port")" \
            --bind-address=127.0.0.1 \
            --max-connections=200 --innodb-buffer-pool-size=256M --innodb-log-file-size=256M \
            --innodb-flush-log-at-trx-commit=1 --sync-binlog=1 --skip-log-bin \
            --max-allowed-packet=64M --character-set-server=utf8mb4 --skip-name-resolve \
            ${SERVER_OPTIONS:-} >>"$home/log" 2>&1 </dev/null &
    fi
    wait_until 'MariaDB to respond' sql 'SELECT 1'
    make_mysql_database
    url
}

stop() { end "$pid_file" mariadbd TERM; }
crash() { end "$pid_file" mariadbd KILL; }

dispatch
