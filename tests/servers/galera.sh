#!/usr/bin/env bash
# A private Galera cluster for tests: three nodes of MariaDB with their data in DIR/galera, their
# ports on loopback only, a user without a password, with full durability.
# Usage: galera.sh start|stop|restart|kill|pause|resume|isolate|rejoin|url DIR [NODE]
#   start, restart   print the store URLs of the nodes' database `asyncjobs`, in one line; start is
#                    fast the second time
#   kill             ends them at once, like a crash
#   pause, resume    stop and continue their processes
#   isolate, rejoin  cut them off from the other nodes, and not from their clients
#   NODE             1, 2 or 3: that node alone
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"
nodes=(${3:-1 2 3})
read_arguments "${1:-}" "${2:-}"

server=$(command -v mariadbd || ls /usr/sbin/mariadbd 2>/dev/null || true)
[ -n "$server" ] || missing mariadb-server
provider=$(ls /usr/lib/galera/libgalera_smm.so /usr/lib/*/galera-4/libgalera_smm.so 2>/dev/null | head -n 1 || true)
[ -n "$provider" ] || missing galera-4
command -v rsync >/dev/null || missing rsync
command -v lsof >/dev/null || missing lsof
user=$(choose_user mysql)
base=$dir/galera

# For how many seconds nodes wait for a silent one before they continue without it. A loaded
# machine may keep one from running for longer than the usual 5 s. With faults, until all are started
# again: a returning node waits as long before it joins the others.
patience=30
patience_with_faults=5

# at NODE: selects the node for the following calls.
at() {
    home=$base/$1
    pid_file=$home/pid
    # The path of a socket must be short.
    socket=${TMPDIR:-/tmp}/asyncjobs-galera-$(echo "$home" | cksum | cut -d ' ' -f 1).sock
}

sql() { mariadb --no-defaults --skip-ssl -u root -S "$socket" -Bse "$1"; }

is_up() { is_running "$pid_file" mariadbd; }

has_joined() { sql "SHOW STATUS LIKE 'wsrep_ready'" | grep -q ON; }

make_data() {
    make_home
    make_temporary_folder
    TMPDIR=$home/tmp as_user mariadb-install-db --no-defaults --datadir="$home/data.new" \
        --skip-test-db --auth-root-authentication-method=normal >"$home/init.log" 2>&1 ||
        { cat "$home/init.log" >&2; die 'mariadb-install-db failed'; }
    mv "$home/data.new" "$home/data"
}

# The nodes' addresses for their own traffic.
members() {
    for node in 1 2 3; do echo "127.0.0.1:$(cat "$base/$node/group")"; done | paste -s -d ,
}

# run OPTION...
run() {
    make_temporary_folder
    as_user "$server" --no-defaults --datadir="$home/data" --tmpdir="$home/tmp" \
        --socket="$socket" --pid-file="$pid_file" --port="$(cat "$home/port")" \
        --bind-address=127.0.0.1 \
        --max-connections=200 --innodb-buffer-pool-size=128M --innodb-log-file-size=128M \
        --innodb-flush-log-at-trx-commit=1 --max-allowed-packet=64M --skip-name-resolve \
        --character-set-server=utf8mb4 --binlog-format=ROW --innodb-autoinc-lock-mode=2 \
        --wsrep-on=ON --wsrep-provider="$provider" --wsrep-cluster-name=asyncjobs \
        --wsrep-node-address=127.0.0.1 --wsrep-sst-method=rsync \
        --wsrep-sst-receive-address="127.0.0.1:$(cat "$home/transfer")" \
        --wsrep-provider-options="gmcast.listen_addr=tcp://127.0.0.1:$(cat "$home/group");ist.recv_addr=127.0.0.1:$(cat "$home/changes");evs.inactive_timeout=PT60S;evs.suspect_timeout=PT${patience}S" \
        "$@" >>"$home/log" 2>&1 </dev/null &
}

# be_patient SECONDS: makes all nodes wait so long.
be_patient() {
    for node in 1 2 3; do
        at "$node"
        ! is_up || sql "SET GLOBAL wsrep_provider_options = 'evs.suspect_timeout=PT$1S'"
    done
}

# The first node to start forms the cluster that the others join.
start() {
    for node in 1 2 3; do
        at "$node"
        [ -d "$home/data" ] || make_data
        is_up || for port in port group transfer changes; do pick_port "$port"; done
    done
    local running=
    for node in 1 2 3; do
        at "$node"
        ! is_up || running=$node
    done
    for node in "${nodes[@]}"; do
        at "$node"
        if ! is_up; then
            rm -f "$pid_file"
            if [ -z "$running" ]; then
                sed -i 's/^safe_to_bootstrap: 0/safe_to_bootstrap: 1/' "$home/data/grastate.dat" 2>/dev/null || true
                run --wsrep-new-cluster --wsrep-cluster-address="gcomm://$(members)"
            else
                run --wsrep-cluster-address="gcomm://$(members)"
            fi
        fi
        wait_until "node $node to join" has_joined
        if [ -z "$running" ]; then
            make_mysql_database
            running=$node
        fi
    done
    [ "${#nodes[@]}" -lt 3 ] || be_patient "$patience"
    url
}

url() {
    for node in "${nodes[@]}"; do
        echo "mysql://asyncjobs@127.0.0.1:$(cat "$base/$node/port")/asyncjobs"
    done | paste -s -d ' '
}

# The last node to stop has all commits, and is the first to start.
stop() { for node in $(printf '%s\n' "${nodes[@]}" | tac); do at "$node" && end "$pid_file" mariadbd TERM; done; }
crash() {
    be_patient "$patience_with_faults"
    for node in "${nodes[@]}"; do at "$node" && end "$pid_file" mariadbd KILL; done
}

# send SIGNAL
send() { for node in "${nodes[@]}"; do at "$node" && kill "-$1" "$(cat "$pid_file")"; done; }

# isolation 0|1
isolation() {
    for node in "${nodes[@]}"; do
        at "$node"
        sql "SET GLOBAL wsrep_provider_options = 'gmcast.isolate=$1'"
    done
}

case $action in
isolate)
    be_patient "$patience_with_faults"
    isolation 1
    ;;
rejoin) isolation 0 ;;
pause)
    be_patient "$patience_with_faults"
    send STOP
    ;;
resume) send CONT ;;
*) dispatch ;;
esac
