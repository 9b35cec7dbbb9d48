#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/progress_reporter.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <thread>
#include <vector>

using namespace asyncjobs;

namespace {

struct ReportingJob {
    detail::Attempt attempt{ClaimedJob{}, SteadyTime{}};
    ProgressReporter progress{attempt};

    int percentage(auto done, auto total) {
        detail::Attempt fresh{ClaimedJob{}, SteadyTime{}};
        ProgressReporter(fresh).report(done, total);
        const auto sent = fresh.take_unsent();
        return sent ? sent->percent : 0;
    }
};

TEST_CASE_FIXTURE(ReportingJob, "the latest report is sent to the store") {
    progress.report(10, "reading");
    progress.report(20, "writing");
    CHECK(attempt.take_unsent() == Progress{20, "writing"});
    CHECK(attempt.take_unsent() == std::nullopt);
}

TEST_CASE_FIXTURE(ReportingJob, "progress never decreases while the message changes") {
    progress.report(50, "a");
    progress.report(40, "b");
    CHECK(attempt.take_unsent() == Progress{50, "b"});
}

TEST_CASE_FIXTURE(ReportingJob, "a percentage out of range is clamped") {
    progress.report(-5, "a");
    CHECK(attempt.take_unsent() == Progress{0, "a"});
    progress.report(1000, "a");
    CHECK(attempt.take_unsent() == Progress{100, "a"});
}

TEST_CASE_FIXTURE(ReportingJob, "a share is rounded down, exactly") {
    for (int percent = 0; percent <= 100; ++percent)
        CHECK(percentage(static_cast<std::uint64_t>(percent), 100) == percent);
    CHECK(percentage(1, 3) == 33);
    CHECK(percentage(2, 3) == 66);
    CHECK(percentage(999'999, 1'000'000) == 99);
    CHECK(percentage(0, 5) == 0);
}

TEST_CASE_FIXTURE(ReportingJob, "a share of nothing, and more than all, is 100 percent") {
    CHECK(percentage(0, 0) == 100);
    CHECK(percentage(7, 5) == 100);
}

TEST_CASE_FIXTURE(ReportingJob, "a share takes any integers, negative ones as 0") {
    CHECK(percentage(1, 4U) == 25);
    CHECK(percentage(std::int64_t{3}, std::uint8_t{4}) == 75);
    CHECK(percentage(-1, 4) == 0);
    CHECK(percentage(1, -4) == 100);
}

TEST_CASE_FIXTURE(ReportingJob, "shares of the largest numbers are exact") {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    CHECK(percentage(most, most) == 100);
    CHECK(percentage(most - 1, most) == 99);
    CHECK(percentage(most / 2 + 1, most) >= 49);
    CHECK(percentage(most / 100, most) == 0);
    CHECK(percentage(most / 100 * 30, most) >= 29);
}

TEST_CASE_FIXTURE(ReportingJob, "characters that no store keeps are replaced in a message") {
    progress.report(1, std::string_view("a\0\xFF", 3));
    CHECK(attempt.take_unsent() == Progress{1, "a\xEF\xBF\xBD\xEF\xBF\xBD"});
}

TEST_CASE_FIXTURE(ReportingJob, "a long message is cut between characters") {
    progress.report(1, std::string(ProgressReporter::max_message - 1, 'x') + "\xC3\xA9");
    CHECK(attempt.take_unsent()->message == std::string(ProgressReporter::max_message - 1, 'x'));
}

TEST_CASE_FIXTURE(ReportingJob, "reports and checks are cancellation points") {
    CHECK_NOTHROW(progress.check());
    CHECK_FALSE(progress.stop_token().stop_requested());
    attempt.stop(detail::StopReason::cancelled);
    CHECK_THROWS_AS(progress.check(), Interrupted);
    CHECK_THROWS_AS(progress.report(1), Interrupted);
    CHECK_THROWS_AS(progress.report(1, 2), Interrupted);
    CHECK(attempt.take_unsent() == std::nullopt);
    CHECK(progress.stop_token().stop_requested());
}

TEST_CASE_FIXTURE(ReportingJob, "several threads may report at once") {
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int percent = 0; percent <= 100; ++percent) progress.report(percent, "busy");
            });
    }
    CHECK(attempt.take_unsent() == Progress{100, "busy"});
}

} // namespace
