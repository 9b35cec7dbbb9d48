#!/usr/bin/env bash
# A private PostgreSQL server for tests: its data in DIR/postgres, its port on loopback only, no
# password, with full durability. Usage: postgres.sh start|stop|restart|kill|url DIR
#   start, restart   print the store URL of its database `asyncjobs`; start is fast the second time
#   kill             ends all its processes at once, like a crash
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"
read_arguments "$@"

find_postgresql
home=$dir/postgres
user=$(choose_user postgres)
pid_file=$home/data/postmaster.pid

make_data() {
    rm -rf "$home"
    make_home
    as_user "$bin/initdb" -D "$home/data.new" -U asyncjobs -A trust -E UTF8 --locale=C.UTF-8 \
        >"$home/init.log" 2>&1 || { cat "$home/init.log" >&2; die 'initdb failed'; }
    cat >>"$home/data.new/postgresql.conf" <<-SETTINGS
	listen_addresses = '127.0.0.1'
	unix_socket_directories = ''
	max_connections = 200
	fsync = on
	synchronous_commit = on
	full_page_writes = on
	shared_buffers = 128MB
	max_wal_size = 2GB
	logging_collector = off
	SETTINGS
    mv "$home/data.new" "$home/data"
}

url() { echo "postgresql://asyncjobs@127.0.0.1:$(cat "$home/port")/asyncjobs"; }

sql() {
    "$bin/psql" -X -q -At -h 127.0.0.1 -p "$(cat "$home/port")" -U asyncjobs -d "$1" -c "$2"
}

start() {
    [ -d "$home/data" ] || make_data
    if ! is_running "$pid_file" postgres; then
        # If a standby was made, commits would wait for it for ever.
        rm -f "$pid_file" "$home/data/postgresql.auto.conf"
        pick_port
        as_user "$bin/postgres" -D "$home/data" -p "$(cat "$home/port")" >>"$home/log" 2>&1 </dev/null &
    fi
    wait_until 'PostgreSQL to respond' sql postgres 'SELECT 1'
    [ -n "$(sql postgres "SELECT 1 FROM pg_database WHERE datname = 'asyncjobs'")" ] ||
        sql postgres 'CREATE DATABASE asyncjobs'
    url
}

stop() { end "$pid_file" postgres INT; }

# The children of a killed postmaster end by themselves; a new one refuses to start before that.
crash() {
    local pid children
    pid=$(head -n 1 "$pid_file" 2>/dev/null || true)
    children=$(pgrep -P "${pid:-0}" || true)
    end "$pid_file" postgres KILL
    for child in $children; do kill -KILL "$child" 2>/dev/null || true; done
    for child in $children; do wait_until 'its processes to end' is_gone "$child"; done
}

dispatch
