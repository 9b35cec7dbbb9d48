#include <asyncjobs/detail/gathering.hpp>

#include <doctest/doctest.h>

using asyncjobs::detail::Gathering;
using namespace std::chrono_literals;

namespace {

TEST_CASE("the first commit does not wait") {
    Gathering gathering;
    CHECK(gathering.missing(1) == 0);
}

TEST_CASE("a lone caller does not wait") {
    Gathering gathering;
    gathering.committed(1, 0, 1ms);
    CHECK(gathering.missing(1) == 0);
}

TEST_CASE("a commit waits for recent callers, half as long as their commit took") {
    Gathering gathering;
    gathering.committed(8, 7, 1ms);
    CHECK(gathering.missing(7) == 8);
    CHECK(gathering.pause() == 500us);
    CHECK(gathering.missing(15) == 0);
    CHECK(gathering.missing(20) == 0);
}

TEST_CASE("a long commit during an outage causes no long pause") {
    Gathering gathering;
    gathering.committed(8, 8, 1h);
    CHECK(gathering.pause() == 5ms);
}

TEST_CASE("each pause in vain makes the next ones rarer, and a useful one restores them") {
    Gathering gathering;
    gathering.committed(8, 8, 1ms);
    const auto commits_until_next_pause = [&] {
        int commits = 0;
        while (gathering.missing(8) == 0) ++commits;
        return commits;
    };
    CHECK(commits_until_next_pause() == 0);
    gathering.paused(false);
    CHECK(commits_until_next_pause() == 1);
    gathering.paused(false);
    CHECK(commits_until_next_pause() == 3);
    for (int i = 0; i < 10; ++i) gathering.paused(false);
    CHECK(commits_until_next_pause() == 64);
    gathering.paused(true);
    CHECK(commits_until_next_pause() == 0);
}

} // namespace
