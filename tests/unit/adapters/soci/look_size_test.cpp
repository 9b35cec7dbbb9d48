#include "watermarks/look_size.hpp"

#include "databases/sqlite_file.hpp"
#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using namespace soci_test;
using namespace std::chrono_literals;

TEST_CASE("claims under limits look at fewer jobs after one that took too long") {
    LookSize size;
    for (int i = 0; i < 3; ++i) {
        const auto before = size.first();
        size.got(before, 1, 11ms, 10ms);
        CHECK(size.first() == std::max(LookSize::least, before * 3 / 4));
    }
    for (int i = 0; i < 20; ++i) size.got(size.first(), 1, 1h, 10ms);
    CHECK(size.first() == LookSize::least);
}

TEST_CASE("claims under limits look at more jobs while there is time, but not if few are due") {
    LookSize size;
    const auto first = size.first();
    size.got(first - 1, 1, 1ms, 10ms);
    CHECK(size.first() == first);
    size.got(first, 1, 1ms, 10ms);
    CHECK(size.first() > first);
    CHECK(size.first() < 2 * first);
    for (int i = 0; i < 20; ++i) size.got(size.first(), 1, 1ms, 10ms);
    CHECK(size.first() == LookSize::most);
}

TEST_CASE(
    "claims that throttle no job soon look at as many jobs as allowed, however long it takes") {
    LookSize size;
    for (int i = 0; i < 4; ++i) size.got(size.first(), 0, 1h, 10ms);
    CHECK(size.first() == LookSize::most);
}

TEST_CASE("a claim that got a job throttles few others, and one that got none many") {
    const SqliteFile file;
    const auto store = open_store(file.url());
    store->set_limit({.name = "slow", .type = "slow", .rate = 1, .period = 24h});
    std::vector<NewJob> jobs;
    for (std::uint64_t i = 0; i < 2000; ++i) jobs.emplace_back(new_job(i)).type = "slow";
    store->submit(jobs);
    const std::vector<std::string> queues = {"default"};
    const auto claim_all = [&] {
        return store->claim({.worker = "w", .queues = queues, .limit = 1000});
    };
    const auto first = claim_all();
    CHECK(first.claimed.size() == 1);
    CHECK(first.throttled.size() < 100);
    CHECK(first.next_due_in == Duration::zero());
    const auto second = claim_all();
    CHECK(second.claimed.empty());
    CHECK(second.throttled.size() >= LimitEngine::enough_in_vain);
    CHECK(second.next_due_in == Duration::zero());
}

} // namespace
