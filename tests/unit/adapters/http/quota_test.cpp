#include "guard/quota.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;
using http::Quota;

namespace {
const SteadyTime start(Duration(1h));
}

TEST_CASE("a whole quota can be taken at once and is refilled evenly") {
    Quota quota(6, 1min);
    for (std::size_t left = 6; left-- > 0;) {
        const auto standing = quota.take("ann", start);
        CHECK(standing.granted);
        CHECK(standing.left == left);
    }
    const auto refused = quota.take("ann", start);
    CHECK_FALSE(refused.granted);
    CHECK(refused.left == 0);
    CHECK(refused.next_in == 10s);
    CHECK(refused.full_in == 1min);
    CHECK_FALSE(quota.take("ann", start + 9s).granted);
    CHECK(quota.take("ann", start + 10s).granted);
    CHECK_FALSE(quota.take("ann", start + 10s).granted);
    CHECK(quota.take("ann", start + 10min).left == 5);
}

TEST_CASE("each owner has a separate quota") {
    Quota quota(1, 1min);
    CHECK(quota.take("ann", start).granted);
    CHECK_FALSE(quota.take("ann", start).granted);
    CHECK(quota.take("bob", start).granted);
}

TEST_CASE("owners with a full quota are removed, and others are kept") {
    Quota quota(1, 1min);
    CHECK(quota.take("early", start).granted);
    CHECK(quota.take("late", start + 59s).granted);
    for (int i = 0; i < 3000; ++i) CHECK(quota.take(std::to_string(i), start + 61s).granted);
    CHECK_FALSE(quota.take("late", start + 61s).granted);
    CHECK(quota.take("early", start + 61s).granted);
}

TEST_CASE("a quota is described by its policy and its rest") {
    Quota quota(100, 1min);
    http::Headers headers;
    quota.describe("submits", quota.take("ann", start), headers);
    CHECK(*headers.find("RateLimit-Policy") == R"("submits";q=100;w=60)");
    CHECK(*headers.find("RateLimit") == R"("submits";r=99;t=1)");
}

TEST_CASE("a returned unit can be taken again, up to the full quota") {
    Quota quota(2, 1min);
    CHECK(quota.take("ann", start).left == 1);
    CHECK(quota.take("ann", start).left == 0);
    CHECK(quota.refund("ann", start).left == 1);
    CHECK(quota.refund("ann", start).left == 2);
    CHECK(quota.refund("ann", start).left == 2);
    CHECK(quota.refund("bob", start).left == 2);
    CHECK(quota.take("ann", start).granted);
    CHECK(quota.take("ann", start).granted);
    CHECK_FALSE(quota.take("ann", start).granted);
}
