#!/usr/bin/env bash
# A private OpenStack Swift with its S3 API, for tests: all of it on loopback, its files in DIR/swift.
# It checks signatures of version 4. Usage: swift.sh start|stop|restart|kill|url DIR
#   start, restart   print its endpoint; the bucket is `asyncjobs`, the key `test:tester`, its
#                    secret `testing`
#   kill             ends its processes at once, like a crash
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"
read_arguments "$@"

storage=(account container object)
programs=(memcached swift-{account,container,object,proxy}-server)
for program in "${programs[@]}"; do
    command -v "$program" >/dev/null || missing "memcached and swift-{account,container,object,proxy} for $program"
done
home=$dir/swift
user=$(choose_user swift)

url() { echo "http://127.0.0.1:$(cat "$home/port")"; }

responds() { curl --silent --fail --max-time 5 "$(url)/healthcheck"; }

# By Swift's own API: curl can't sign for a key with a colon.
make_bucket() {
    local token
    token=$(curl --silent --fail --max-time 20 --dump-header - --header 'X-Auth-User: test:tester' \
        --header 'X-Auth-Key: testing' "$(url)/auth/v1.0" | tr -d '\r' |
        sed -n 's/^X-Auth-Token: //Ip')
    curl --silent --fail --max-time 20 --header "X-Auth-Token: $token" --request PUT \
        "$(url)/v1/AUTH_test/asyncjobs"
}

server_conf() {
    local name=$1 port=$2
    cat >"$home/data/$name.conf" <<-SETTINGS
	[DEFAULT]
	bind_ip = 127.0.0.1
	bind_port = $port
	workers = 0
	user = $user
	swift_dir = $home/data
	devices = $home/data/devices
	mount_check = false
	log_address = $home/data/no-syslog
	SETTINGS
}

make_storage() {
    local name=$1
    pick_port
    server_conf "$name" "$(cat "$home/port")"
    cat >>"$home/data/$name.conf" <<-SETTINGS
	[pipeline:main]
	pipeline = $name-server
	[app:$name-server]
	use = egg:swift#$name
	SETTINGS
    swift-ring-builder "$home/data/$name.builder" create 4 1 0
    swift-ring-builder "$home/data/$name.builder" add "r1z1-127.0.0.1:$(cat "$home/port")/disk" 1
    swift-ring-builder "$home/data/$name.builder" rebalance
    rm "$home/port"
}

make_proxy() {
    local memcached_port
    pick_port
    memcached_port=$(cat "$home/port")
    mv "$home/port" "$home/memcached.port"
    pick_port
    server_conf proxy "$(cat "$home/port")"
    cat >>"$home/data/proxy.conf" <<-SETTINGS
	[pipeline:main]
	pipeline = catch_errors healthcheck cache s3api tempauth slo proxy-server
	[app:proxy-server]
	use = egg:swift#proxy
	account_autocreate = true
	[filter:catch_errors]
	use = egg:swift#catch_errors
	[filter:healthcheck]
	use = egg:swift#healthcheck
	[filter:cache]
	use = egg:swift#memcache
	memcache_servers = 127.0.0.1:$memcached_port
	[filter:s3api]
	use = egg:swift#s3api
	location = us-east-1
	[filter:tempauth]
	use = egg:swift#tempauth
	user_test_tester = testing .admin
	[filter:slo]
	use = egg:swift#slo
	SETTINGS
}

make_data() {
    rm -rf "$home"
    mkdir -p "$home/data/devices/disk"
    printf '[swift-hash]\nswift_hash_path_suffix = tests\n' >"$home/data/swift.conf"
    for name in "${storage[@]}"; do make_storage "$name" >>"$home/log" 2>&1; done
    make_proxy
    [ "$(id -u)" -ne 0 ] || chown -R "$user" "$home"
    make_home
}

start() {
    [ -f "$home/data/proxy.conf" ] || make_data
    launch memcached -l 127.0.0.1 -p "$(cat "$home/memcached.port")" -P "$home/data/memcached.pid"
    for name in "${storage[@]}" proxy; do launch "swift-$name-server" "$home/data/$name.conf"; done
    wait_until 'Swift to respond' responds
    wait_until 'the bucket' make_bucket
    url
}

# launch PROGRAM ARGUMENTS: leaves its process id in $home/PROGRAM.pid.
launch() {
    is_running "$home/$1.pid" "$(comm "$1")" && return
    # shellcheck disable=SC2016
    as_user sh -c 'echo $$ >"$1" && shift && exec "$@"' sh "$home/$1.pid" "$@" \
        >>"$home/log" 2>&1 </dev/null &
}

# The part of the name that the kernel keeps.
comm() { echo "$1" | cut -c 1-15; }

end_all() {
    for program in "${programs[@]}"; do
        end "$home/$program.pid" "$(comm "$program")" "$1"
    done
}

stop() { end_all TERM; }
crash() { end_all KILL; }

dispatch
