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
    TEST_CASE("the file of a removed, failed or cancelled job is removed") {
        CHECK_FALSE(keep_file_for(nullptr, now, 1h));
        CHECK_FALSE(kept(JobStatus::failed, now + 7h));
        CHECK_FALSE(kept(JobStatus::cancelled, now + 7h));
    }

    TEST_CASE("the file of a completed job is removed when it expires") {
        CHECK(kept(JobStatus::completed, now + 5min) == Duration{5min});
        CHECK(kept(JobStatus::completed, now + 1us) == 1us);
        CHECK_FALSE(kept(JobStatus::completed, now));
        CHECK_FALSE(kept(JobStatus::completed));
    }

    TEST_CASE("until then the job is read again, since it can be removed earlier") {
        CHECK(kept(JobStatus::completed, now + 7h) == Duration{1h});
    }

    TEST_CASE("the file of a retried job is kept, and the job is read again soon") {
        CHECK(kept(JobStatus::pending) == Duration{1min});
        CHECK(kept(JobStatus::processing) == Duration{1min});
    }
}
