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

TEST_CASE("a negative delay is none") {
    CHECK(deadline_after(now, -1us) == now);
    CHECK(bounded(Duration::min()) == 0s);
}

TEST_CASE("the longest delay is a century, which two of do not overflow a clock of nanoseconds") {
    CHECK(bounded(Duration::max()) == std::chrono::days{36'500});
    const auto far = deadline_after(deadline_after(now, Duration::max()), Duration::max());
    CHECK(std::chrono::time_point_cast<std::chrono::nanoseconds>(far) > now);
}

} // namespace
