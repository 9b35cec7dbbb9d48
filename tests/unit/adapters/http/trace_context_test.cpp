#include "message/trace_context.hpp"

#include <asyncjobs/detail/traceparent.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using asyncjobs::detail::is_traceparent;

namespace {
const std::string valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
}

TEST_CASE("a traceparent is a version, a trace, a span and flags") {
    CHECK(is_traceparent(valid));
    CHECK(is_traceparent("cc" + valid.substr(2)));
    CHECK(is_traceparent("cc" + valid.substr(2) + "-what-comes-later"));
    for (const std::string& broken :
         {std::string(), valid.substr(0, 54), valid + "0", valid + "-00", "ff" + valid.substr(2),
          "0" + valid, "00-00000000000000000000000000000000" + valid.substr(35),
          valid.substr(0, 36) + "0000000000000000-01", "00-4BF9" + valid.substr(7),
          "cc" + valid.substr(2) + "x", "cc" + valid.substr(2) + "-a\r\nb: c",
          valid.substr(0, 53) + "0g"}) {
        CAPTURE(broken);
        CHECK_FALSE(is_traceparent(broken));
    }
}

TEST_CASE(
    "a valid trace continues, an invalid one starts a new one, and an absent one starts none") {
    const auto runtime = make_runtime();
    CHECK_FALSE(http::trace_of({}, *runtime));
    CHECK(http::trace_of({{"traceparent", valid}}, *runtime) == valid);
    for (const http::Headers& headers :
         {http::Headers{{"traceparent", "nonsense"}},
          http::Headers{{"traceparent", valid}, {"traceparent", valid}}}) {
        const auto made = http::trace_of(headers, *runtime);
        REQUIRE(made);
        CHECK(is_traceparent(*made));
        CHECK(made != valid);
    }
}
