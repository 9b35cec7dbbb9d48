# Sourced: starts the report server, $program, on a store in memory, with one worker and
# $server_options. Sets $base, $token and $scratch. Processes whose ids are put into $started end with
# the script.
scratch=$(mktemp -d)
started=${started-}
cleanup() {
    for id in $started; do
        kill "$id" 2>/dev/null || true
        wait "$id" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap cleanup EXIT

# wait_for PROCESS FILE PATTERN: until a line of the file matches; shows it all if the process ends
# before.
wait_for() {
    until grep -qs "$3" "$2"; do
        kill -0 "$1" 2>/dev/null || { cat "$2"; exit 1; }
        sleep 0.1
    done
}

token=test-token
echo "$(printf %s "$token" | sha256sum | cut -d" " -f1) tester" >"$scratch/tokens"
"$program" --listen 127.0.0.1:0 --store memory: --workers 1 --files "$scratch/files" \
    --tokens "$scratch/tokens" ${server_options-} >"$scratch/server" 2>&1 &
started="$started $!"
wait_for $! "$scratch/server" '^listening on '
base=$(sed -n 's/^listening on //p' "$scratch/server")
