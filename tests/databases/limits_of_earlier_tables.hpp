#pragma once

#include "store_calls.hpp"

#include <asyncjobs/limits.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>

namespace soci_test {

inline asyncjobs::Limit limit_of_earlier_tables() {
    return {.name = "one", .queue = "default", .concurrency = 1};
}
inline asyncjobs::Limit round_robin_of_earlier_tables() {
    return {.name = "turns",
            .type = "other",
            .scope = asyncjobs::LimitScope::owner,
            .rate = 5,
            .period = std::chrono::minutes{1},
            .burst = 2,
            .round_robin = true};
}

inline constexpr std::int64_t fence_of_earlier_tables = 7;

/// Into tables of the version before the columns of limits were renamed: two limits, job 1, which
/// holds the only slot of the first, and job 2, which waits for it and was reported.
inline void add_limits_of_earlier_tables(const std::function<void(const std::string&)>& run) {
    const std::string running(new_job(1).id.text()), waiting(new_job(2).id.text());
    const std::string fence = std::to_string(fence_of_earlier_tables);
    const std::string never = "253402300799999999", lease_end = "4000000000000000";
    const std::string insert =
        "INSERT INTO jobs (id, type, queue, owner, max_attempts, timeout, retention, created_at,"
        " updated_at, input, status, run_at, not_before, fence, attempt, lease_expires_at)"
        " VALUES ('";
    const std::string same = "', 'test', 'default', '', 5, 0, 0, 1, 1, 'null', ";
    run(insert + running + same + "'processing', 1, NULL, " + fence + ", 1, " + lease_end + ")");
    run(insert + waiting + same + "'pending', " + never + ", 1000, 0, 0, NULL)");
    run("INSERT INTO job_limits VALUES ('one', 'default', '', 'limit', 1, 0, 1000000, 1, 0, 1)");
    run("INSERT INTO job_limits VALUES ('turns', '', 'other', 'owner', 0, 5, 60000000, 2, 1, 1)");
    run("INSERT INTO job_lines VALUES ('one', 0, " + never + ", 1)");
    run("INSERT INTO job_places VALUES ('one', '" + running + "', " + fence + ", NULL)");
    run("INSERT INTO job_waiting VALUES ('" + waiting + "', 'one', 'default', 1000, 1, 1, 'one=')");
}

inline void check_limits_of_earlier_tables(asyncjobs::JobStore& store) {
    const std::vector<asyncjobs::Limit> limits = {limit_of_earlier_tables(),
                                                  round_robin_of_earlier_tables()};
    CHECK((store.limits() == limits));
    const std::vector<std::string> queues = {"default"};
    const asyncjobs::ClaimRequest request{
        .worker = "later", .queues = queues, .limit = 5, .lease_for = std::chrono::minutes{1}};
    const auto during = store.exchange({}, request);
    CHECK(during.claimed.empty());
    CHECK(during.throttled.empty());
    const asyncjobs::Settlement settlements[] = {asyncjobs::Settlement::completed(
        {new_job(1).id, fence_of_earlier_tables}, asyncjobs::JsonText::parse("1"))};
    const auto after = store.exchange(settlements, request);
    REQUIRE(after.claimed.size() == 1);
    CHECK(after.claimed[0].lease.id == new_job(2).id);
}

} // namespace soci_test
