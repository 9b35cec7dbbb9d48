#include <asyncjobs/store/operator_helpers.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp full_hour{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8} + 12h};

Tally tally_at(Timestamp start, const std::string& type = "report", std::uint64_t count = 1) {
    Tally tally{.key = {.start = start, .queue = "default", .type = type}, .count = count};
    tally.ran.add(1s);
    return tally;
}

} // namespace

TEST_CASE("merged orders have the later value of each member") {
    const WorkerOrder quiet{.quiet = true};
    CHECK(merged(quiet, {.concurrency = 3}) == WorkerOrder{.quiet = true, .concurrency = 3});
    CHECK(merged(quiet, {.quiet = false}) == WorkerOrder{.quiet = false});
    CHECK(merged({}, quiet) == quiet);
    CHECK(merged(quiet, {}) == quiet);
}

TEST_CASE("a worker takes orders until it stops or dies") {
    WorkerRecord worker{.report = {.worker = "a", .next_within = 5s}, .last_heartbeat = full_hour};
    CHECK(takes_orders(worker, full_hour + 15s));
    CHECK_FALSE(takes_orders(worker, full_hour + 16s));
    worker.report.state = WorkerState::stopped;
    CHECK_FALSE(takes_orders(worker, full_hour));
}

TEST_CASE("a worker is kept for a day after its last heartbeat") {
    CHECK_FALSE(is_worker_expired(full_hour, full_hour + 24h));
    CHECK(is_worker_expired(full_hour, full_hour + 24h + 1us));
}

TEST_CASE("tallies of minutes are added up for a longer period") {
    const std::vector<Tally> minutes = {tally_at(full_hour + 1min, "report", 2),
                                        tally_at(full_hour, "mail"),
                                        tally_at(full_hour, "report", 3), tally_at(full_hour + 1h)};
    const auto hours = tallies_of(TallyPeriod::hour, minutes);
    REQUIRE(hours.size() == 3);
    CHECK(hours[0].key.type == "mail");
    CHECK(hours[1].count == 5);
    CHECK(hours[1].key.start == full_hour);
    CHECK(hours[1].ran.sum == 2s);
    CHECK(hours[2].key.start == full_hour + 1h);
    CHECK(tallies_of(TallyPeriod::day, minutes).size() == 2);
    CHECK(tallies_of(TallyPeriod::minute, minutes).size() == minutes.size());
}

TEST_CASE("tallies of one minute with the same key become one") {
    const std::vector<Tally> twice(2, tally_at(full_hour));
    const auto tallies = tallies_of(TallyPeriod::minute, twice);
    REQUIRE(tallies.size() == 1);
    CHECK(tallies[0].count == 2);
}
