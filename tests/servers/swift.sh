#!/usr/bin/env bash
# A private OpenStack Swift with its S3 API, for tests: all of it on loopback, its files in DIR/swift.
# It checks signatures of version 4. Usage: swift.sh start|stop|restart|kill|url DIR
#   start, restart   print its endpoint; the bucket is `asyncjobs`, the key `test:tester`, its
#                    secret `testing`
#   kill             ends its processes at once, as a crash would
set -euo pipefail
# shellcheck source=tests/servers/common.sh
. "$(dirname "$0")/common.sh"
read_arguments "$@"

command -v swift-proxy-server >/dev/null && command -v swift-object-server >/dev/null &&
    command -v swift-container-server >/dev/null && command -v swift-account-server >/dev/null ||
    die 'there is no Swift; install the packages swift-proxy, swift-account, swift-container, swift-object'
home=$dir/swift
user=$(choose_user swift)
storage=(account container object)

url() { echo "http://127.0.0.1:$(cat "$home/port")"; }

answers() { curl --silent --fail --max-time 5 "$(url)/healthcheck"; }

make_bucket() {
    curl --silent --fail --max-time 5 --aws-sigv4 aws:amz:us-east-1:s3 --user test:tester:testing \
        --request PUT "$(url)/asyncjobs" || [ $? -eq 22 ]
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
    pick_port
    server_conf proxy "$(cat "$home/port")"
    cat >>"$home/data/proxy.conf" <<-'SETTINGS'
	[pipeline:main]
	pipeline = catch_errors healthcheck s3api tempauth slo proxy-server
	[app:proxy-server]
	use = egg:swift#proxy
	account_autocreate = true
	[filter:catch_errors]
	use = egg:swift#catch_errors
	[filter:healthcheck]
	use = egg:swift#healthcheck
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
    for name in "${storage[@]}" proxy; do
        is_running "$home/$name.pid" "$(comm "$name")" && continue
        # shellcheck disable=SC2016
        as_user sh -c 'echo $$ >"$1" && exec "$2" "$3"' sh "$home/$name.pid" "swift-$name-server" \
            "$home/data/$name.conf" >>"$home/log" 2>&1 </dev/null &
    done
    wait_until 'Swift to answer' answers
    wait_until 'the bucket' make_bucket
    url
}

# As much of the name as the kernel keeps.
comm() { echo "swift-$1-server" | cut -c 1-15; }

end_all() {
    for name in proxy "${storage[@]}"; do end "$home/$name.pid" "$(comm "$name")" "$1"; done
}

stop() { end_all TERM; }
crash() { end_all KILL; }

dispatch
