# Functions of the servers' scripts. To be sourced.

die() { echo "$(basename "$0"): $*" >&2; exit 1; }

# If a program is missing, tests that need its server are skipped.
skip() { echo "$(basename "$0"): skipped, $*" >&2; exit 77; }
missing() { skip "install the package $*"; }

read_arguments() {
    [ $# -eq 2 ] || die 'usage: start|stop|restart|kill|url DIR'
    action=$1
    mkdir -p "$2"
    dir=$(cd "$2" && pwd)
}

dispatch() {
    case $action in
    start) start ;;
    stop) stop ;;
    restart) stop && start ;;
    kill) crash ;;
    url) url ;;
    *) die "unknown action $action" ;;
    esac
}

# Servers refuse to run as root.
choose_user() {
    if [ "$(id -u)" -eq 0 ]; then echo "$1"; else id -un; fi
}

as_user() {
    if [ "$(id -u)" -eq 0 ]; then
        # Leaves no extra process, which would stay stopped with a stopped server.
        exec_as=(setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups)
    else
        exec_as=()
    fi
    (cd / && exec "${exec_as[@]}" "$@")
}

make_home() {
    mkdir -p "$home"
    [ "$(id -u)" -ne 0 ] || chown "$user" "$home"
    # The server's user must be able to enter the folder.
    local path=$home
    while [ "$path" != / ]; do
        path=$(dirname "$path")
        as_user test -x "$path" || die "the user $user can't enter $path; choose another folder"
    done
}

# Each server has its own, in $home/tmp: a MariaDB server that starts, even only to make its tables,
# removes other servers' temporary tables from a shared folder, and their statements fail.
make_temporary_folder() { as_user mkdir -p "$home/tmp"; }

# pick_port [NAME]: writes a free port to $home/NAME, or $home/port: the previous one, if it is still
# free.
pick_port() {
    local port file=$home/${1:-port}
    port=$(cat "$file" 2>/dev/null || echo $((20000 + RANDOM % 12000)))
    for _ in $(seq 200); do
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port" >"$file"
            return
        fi
        port=$((20000 + RANDOM % 12000))
    done
    die 'found no free port'
}

is_gone() { ! kill -0 "$1" 2>/dev/null || [ "$(ps -o stat= -p "$1" | cut -c 1)" = Z ]; }

# A stale file may name another program's process.
is_running() {
    local pid
    pid=$(head -n 1 "$1" 2>/dev/null) && [ -n "$pid" ] && ! is_gone "$pid" &&
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] &&
        tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qF -- "$home/data"
}

# wait_until WHAT COMMAND...
wait_until() {
    local what=$1
    shift
    for _ in $(seq 600); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    tail -n 20 "$home/log" >&2 || true
    die "waited in vain for $what"
}

# end PID_FILE COMMAND SIGNAL
end() {
    local pid
    is_running "$1" "$2" || return 0
    pid=$(head -n 1 "$1")
    kill "-$3" "$pid"
    wait_until 'the server to end' is_gone "$pid"
}

# Sets $bin to the folder of PostgreSQL's programs.
find_postgresql() {
    bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
    [ -x "${bin:-}/postgres" ] || missing postgresql
}

# For MariaDB and MySQL, with the script's own sql().
make_mysql_database() {
    sql "CREATE DATABASE IF NOT EXISTS asyncjobs;
         CREATE USER IF NOT EXISTS asyncjobs@'127.0.0.1' IDENTIFIED BY '';
         GRANT ALL ON *.* TO asyncjobs@'127.0.0.1' WITH GRANT OPTION"
}
