#!/bin/sh
# Usage: coroutine_temporaries.sh ROOT; see coroutine_temporaries.awk.
set -eu
cd "$1"
rule=tests/structure/coroutine_temporaries.awk

# The rule itself: each statement of the first file is bad, none of the second is.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/good.cpp" <<'CODE'
auto value = co_await read(socket, buffer);
auto task = [socket] { return 1; };
co_await run(executor, std::move(task), use_awaitable);
while (true) {
    table[index](co_await next());
    co_await async_initiate(token, [](auto handler) { handler(); });
    Options options{.limit = 3};
    co_await serve(std::move(options), Address{});
}
CODE
number=0
while IFS= read -r statement; do
    number=$((number + 1))
    printf '%s\n' "$statement" >"$scratch/bad.cpp"
    if awk -f $rule "$scratch/bad.cpp" >/dev/null; then
        echo "the rule overlooks: $statement"
        exit 1
    fi
done <<'CODE'
co_await co_spawn(executor, [socket] { work(socket); }, use_awaitable);
co_await serve({.limit = 3});
co_await serve(Options{.limit = 3});
auto name = co_await known() ? first : std::string();
switch (co_await next()) {
while (co_await more(Position(3))) {
CODE
[ "$number" = 6 ]
awk -f $rule "$scratch/good.cpp"

# The repository's files.
files=$(find include src adapters examples tests -name '*.[chi]pp' -exec grep -l co_await {} +) || true
[ -n "$files" ] || exit 0
awk -f $rule $files
