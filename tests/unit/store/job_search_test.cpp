#include <asyncjobs/store/job_search.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;

TEST_CASE("pending jobs alone are in the order of claims") {
    const std::vector<JobStatus> pending = {JobStatus::pending};
    CHECK(order_of({.statuses = pending}) == SearchOrder::claims);
    CHECK(order_of({.statuses = pending,
                    .queue = "mail",
                    .type = "send",
                    .worker = "w",
                    .error_code = "E",
                    .created_since = Timestamp()}) == SearchOrder::claims);
    for (const auto status :
         {JobStatus::processing, JobStatus::completed, JobStatus::failed, JobStatus::cancelled}) {
        CHECK(order_of({.statuses = {status}}) == SearchOrder::newest);
        CHECK(order_of({.statuses = {JobStatus::pending, status}}) == SearchOrder::newest);
    }
    CHECK(order_of({}) == SearchOrder::newest);
}

TEST_CASE("pending jobs of an owner, a key or a dependency are in the order of their ids") {
    const std::vector<JobStatus> pending = {JobStatus::pending};
    CHECK(order_of({.statuses = pending, .owner = ""}) == SearchOrder::newest);
    CHECK(order_of({.statuses = pending, .key = "k"}) == SearchOrder::newest);
    CHECK(order_of({.statuses = pending, .parents_of = JobId()}) == SearchOrder::newest);
    CHECK(order_of({.statuses = pending, .children_of = JobId()}) == SearchOrder::newest);
}
