#include <asyncjobs/detail/deadline.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;
using asyncjobs::detail::bounded;
using asyncjobs::detail::deadline_after;

namespace {

constexpr SteadyTime now{std::chrono::hours{24 * 365}};

TEST_CASE("a deadline is a delay from now") {
    CHECK(deadline_after(now, 5s) == now + 5s);
    CHECK(deadline_after(now, 0s) == now);
}

TEST_CASE("a negative delay counts as zero") {
    CHECK(deadline_after(now, -1us) == now);
    CHECK(bounded(Duration::min()) == 0s);
}

TEST_CASE("two of the longest delay, a century, do not overflow a nanosecond clock") {
    CHECK(bounded(Duration::max()) == std::chrono::days{36'500});
    const auto far = deadline_after(deadline_after(now, Duration::max()), Duration::max());
    CHECK(std::chrono::time_point_cast<std::chrono::nanoseconds>(far) > now);
}

} // namespace
