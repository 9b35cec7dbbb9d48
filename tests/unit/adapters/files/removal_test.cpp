#include "removal.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace asyncjobs::files;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp now{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8}};

std::optional<Duration> kept(JobStatus status, std::optional<Timestamp> expires_at = {}) {
    const Job job{.status = status, .expires_at = expires_at};
    return keep_file_for(&job, now, 1h);
}

} // namespace

TEST_SUITE("removal") {
    TEST_CASE("the file of a job that is gone, failed or cancelled goes") {
        CHECK_FALSE(keep_file_for(nullptr, now, 1h));
        CHECK_FALSE(kept(JobStatus::failed, now + 7h));
        CHECK_FALSE(kept(JobStatus::cancelled, now + 7h));
    }

    TEST_CASE("that of a completed one goes when it has expired") {
        CHECK(kept(JobStatus::completed, now + 5min) == Duration{5min});
        CHECK(kept(JobStatus::completed, now + 1us) == 1us);
        CHECK_FALSE(kept(JobStatus::completed, now));
        CHECK_FALSE(kept(JobStatus::completed));
    }

    TEST_CASE("in between the job is looked at, for it can be removed before") {
        CHECK(kept(JobStatus::completed, now + 7h) == Duration{1h});
    }

    TEST_CASE("that of a job which was started anew stays, to be looked at soon") {
        CHECK(kept(JobStatus::pending) == Duration{1min});
        CHECK(kept(JobStatus::processing) == Duration{1min});
    }
}
