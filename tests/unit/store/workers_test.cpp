#include <asyncjobs/store/workers.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

WorkerRecord reported_at(Timestamp time, WorkerState state = WorkerState::running) {
    return {.report = {.worker = "a", .state = state, .next_within = 5s}, .last_heartbeat = time};
}

constexpr Timestamp last_seen{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8} + 12h};

} // namespace

TEST_CASE("a worker that misses more than three heartbeats is dead") {
    CHECK_FALSE(is_dead(reported_at(last_seen), last_seen + 15s));
    CHECK(is_dead(reported_at(last_seen), last_seen + 15s + 1us));
}

TEST_CASE("a worker that has stopped is not dead") {
    CHECK_FALSE(is_dead(reported_at(last_seen, WorkerState::stopped), last_seen + 24h));
}

TEST_CASE("a worker that reported after the time is not dead") {
    CHECK_FALSE(is_dead(reported_at(last_seen), last_seen - 1h));
}

TEST_CASE("states have their enumerators' names") {
    using enum WorkerState;
    CHECK(to_string(running) == "running");
    CHECK(to_string(quiet) == "quiet");
    CHECK(to_string(stopping) == "stopping");
    CHECK(to_string(stopped) == "stopped");
}
