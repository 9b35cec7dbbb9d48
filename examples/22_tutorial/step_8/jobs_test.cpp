#include "jobs.hpp"

#include <asyncjobs/testing/harness.hpp>

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <map>

using namespace std::chrono_literals;
using asyncjobs::JobStatus;

namespace {

struct JobsTest {
    std::map<std::string, std::vector<std::int64_t>> orders = {};
    asyncjobs::testing::Harness jobs{[this](asyncjobs::Executor& executor) {
        register_jobs(executor, [this](const std::string& month) { return orders[month]; });
    }};

    Report report(const asyncjobs::Job& job) {
        return asyncjobs::json::parse<Report>(jobs.find(job.id).result.value());
    }
};

} // namespace

TEST_CASE_FIXTURE(JobsTest, "a report adds up the orders of its month") {
    orders = {{"2011-01", {100, 250}}, {"2011-02", {7}}};
    const auto january = report(jobs.run(SalesReport{.month = "2011-01"}));
    CHECK(january.orders == 2);
    CHECK(january.total == 350);
}

TEST_CASE_FIXTURE(JobsTest, "a report of a month without orders is retried until it has some") {
    const auto job = jobs.run(SalesReport{.month = "2011-01"});
    CHECK(job.status == JobStatus::pending);
    CHECK(job.error.value().code == "no_orders");
    jobs.advance(1s);
    orders["2011-01"] = {100};
    CHECK(jobs.drain() == 0); // the next attempt is due in a minute
    CHECK(jobs.advance(1min) == 1);
    CHECK(report(job).total == 100);
}

TEST_CASE_FIXTURE(JobsTest, "a scheduled report is about the month before its slot") {
    using namespace std::chrono;
    orders["2010-12"] = {100};
    const auto job = jobs.run(SalesReport{.slot = sys_days{2011y / January / 1} + 5h});
    CHECK(report(job).month == "2010-12");
}
