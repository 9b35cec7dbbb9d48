#!/usr/bin/env bash
# A standby of the private PostgreSQL server that postgres.sh has started in DIR, its data in
# DIR/standby, its port on loopback only: the primary's later commits wait for it.
# Usage: postgres_standby.sh start|promote|stop|kill|url DIR
#   start            prints the URL of its database `asyncjobs`
#   promote          makes it a primary
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"
read_arguments "$@"

find_postgresql
primary=$dir/postgres
home=$dir/standby
user=$(choose_user postgres)
pid_file=$home/data/postmaster.pid

url() { echo "postgresql://asyncjobs@127.0.0.1:$(cat "$home/port")/asyncjobs"; }

# sql PORT STATEMENT
sql() { "$bin/psql" -X -q -At -h 127.0.0.1 -p "$1" -U asyncjobs -d asyncjobs -c "$2"; }

is_waited_for() {
    [ "$(sql "$(cat "$primary/port")" "SELECT sync_state FROM pg_stat_replication")" = sync ]
}

start() {
    rm -rf "$home"
    make_home
    as_user "$bin/pg_basebackup" -h 127.0.0.1 -p "$(cat "$primary/port")" -U asyncjobs \
        -D "$home/data" -R -c fast >"$home/init.log" 2>&1 ||
        { cat "$home/init.log" >&2; die 'pg_basebackup failed'; }
    pick_port
    as_user "$bin/postgres" -D "$home/data" -p "$(cat "$home/port")" >>"$home/log" 2>&1 </dev/null &
    sql "$(cat "$primary/port")" "ALTER SYSTEM SET synchronous_standby_names = '*'"
    sql "$(cat "$primary/port")" 'SELECT pg_reload_conf()' >/dev/null
    wait_until 'the primary to wait for it' is_waited_for
    url
}

is_primary() { [ "$(sql "$(cat "$home/port")" 'SELECT pg_is_in_recovery()')" = f ]; }

stop() { end "$pid_file" postgres INT; }
crash() { end "$pid_file" postgres KILL; }

case $action in
promote)
    as_user "$bin/pg_ctl" -D "$home/data" promote >/dev/null
    wait_until 'it to be a primary' is_primary
    ;;
*) dispatch ;;
esac
