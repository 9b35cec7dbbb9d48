#include <asyncjobs/store/count.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;

TEST_CASE("the text of a count shows how well it is known") {
    using enum Count::Precision;
    CHECK(to_string(Count{}) == "0");
    CHECK(to_string(Count{12, exact}) == "12");
    CHECK(to_string(Count{Count::counted, at_least}) == "10000+");
    CHECK(to_string(Count{250'000, about}) == "~250000");
}
