#include "body_deadline.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace asyncjobs::beast;
using namespace std::chrono_literals;

namespace {
const ServerOptions options{.body_timeout = 60s, .min_body_rate = 1000, .rate_grace = 5s};
}

TEST_CASE("a body without bytes times out after the grace") { CHECK(body_time(options, 0) == 5s); }

TEST_CASE("each second requires its bytes") {
    CHECK(body_time(options, 500) == 5500ms);
    CHECK(body_time(options, 1000) == 6s);
    CHECK(body_time(options, 20'000) == 25s);
}

TEST_CASE("the deadline never exceeds the body timeout") {
    CHECK(body_time(options, 100'000) == 60s);
    CHECK(body_time(options, std::numeric_limits<std::uint64_t>::max()) == 60s);
}

TEST_CASE("without a rate the deadline is the body timeout") {
    CHECK(body_time({.body_timeout = 60s, .min_body_rate = 0}, 0) == 60s);
}
