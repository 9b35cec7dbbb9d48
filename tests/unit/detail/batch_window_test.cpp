#include <asyncjobs/detail/batch_window.hpp>

#include <doctest/doctest.h>

using asyncjobs::detail::BatchWindow;
using namespace std::chrono_literals;

namespace {

TEST_CASE("the first commit does not wait") {
    BatchWindow window;
    CHECK(window.missing(1) == 0);
}

TEST_CASE("a lone caller does not wait") {
    BatchWindow window;
    window.committed(1, 0, 1ms);
    CHECK(window.missing(1) == 0);
}

TEST_CASE("a commit waits for recent callers, half as long as their commit took") {
    BatchWindow window;
    window.committed(8, 7, 1ms);
    CHECK(window.missing(7) == 8);
    CHECK(window.pause() == 500us);
    CHECK(window.missing(15) == 0);
    CHECK(window.missing(20) == 0);
}

TEST_CASE("a long commit during an outage causes no long pause") {
    BatchWindow window;
    window.committed(8, 8, 1h);
    CHECK(window.pause() == 5ms);
}

TEST_CASE("each pause in vain makes the next ones rarer, and a useful one restores them") {
    BatchWindow window;
    window.committed(8, 8, 1ms);
    const auto commits_until_next_pause = [&] {
        int commits = 0;
        while (window.missing(8) == 0) ++commits;
        return commits;
    };
    CHECK(commits_until_next_pause() == 0);
    window.paused(false);
    CHECK(commits_until_next_pause() == 1);
    window.paused(false);
    CHECK(commits_until_next_pause() == 3);
    for (int i = 0; i < 10; ++i) window.paused(false);
    CHECK(commits_until_next_pause() == 64);
    window.paused(true);
    CHECK(commits_until_next_pause() == 0);
}

} // namespace
