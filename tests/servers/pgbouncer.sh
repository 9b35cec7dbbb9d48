#!/usr/bin/env bash
# A private pgbouncer for tests, in front of the PostgreSQL of postgres.sh in the same DIR: it pools
# transactions, over fewer connections than it has clients. Usage: pgbouncer.sh start|stop|restart|kill|url DIR
#   start, restart   print the store URL of its database `asyncjobs`
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"
read_arguments "$@"

pooler=$(command -v pgbouncer || ls /usr/sbin/pgbouncer 2>/dev/null || true)
[ -n "$pooler" ] || missing pgbouncer
home=$dir/pgbouncer
user=$(choose_user postgres)
pid_file=$home/pid

url() { echo "postgresql://asyncjobs@127.0.0.1:$(cat "$home/port")/asyncjobs"; }

sql() { psql -X -q -At "$(url)" -c 'SELECT 1'; }

start() {
    make_home
    if ! is_running "$pid_file" pgbouncer; then
        rm -f "$pid_file"
        pick_port
        cat >"$home/data.ini" <<-SETTINGS
		[databases]
		* = host=127.0.0.1 port=$(cat "$dir/postgres/port") user=asyncjobs
		[pgbouncer]
		listen_addr = 127.0.0.1
		listen_port = $(cat "$home/port")
		unix_socket_dir =
		auth_type = any
		pool_mode = transaction
		default_pool_size = 3
		max_client_conn = 200
		pidfile = $pid_file
		SETTINGS
        as_user "$pooler" -q "$home/data.ini" >>"$home/log" 2>&1 </dev/null &
    fi
    wait_until 'pgbouncer to respond' sql
    url
}

stop() { end "$pid_file" pgbouncer INT; }
crash() { end "$pid_file" pgbouncer KILL; }

dispatch
