#include <asyncjobs/detail/bounded_counter.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using asyncjobs::detail::BoundedCounter;

namespace {

/// Shows it `count` things, of which every `step`th counts, until it looks at no further one.
BoundedCounter shown(std::size_t count, std::size_t step = 1) {
    BoundedCounter counter;
    for (std::size_t i = 0; i < count && counter.look(i % step == 0); ++i) {
    }
    return counter;
}

TEST_CASE("a bounded count is exact as long as it is not full") {
    CHECK(shown(0).count() == Count{});
    CHECK(shown(12).count() == Count{.value = 12});
    CHECK(shown(12, 5).count() == Count{.value = 3});
    CHECK(shown(Count::counted).count() == Count{.value = Count::counted});
}

TEST_CASE("a full count is a lower bound") {
    const Count full{.value = Count::counted, .precision = Count::Precision::at_least};
    CHECK(shown(Count::counted + 1).count() == full);
    CHECK(shown(10 * Count::counted).count() == full);
}

TEST_CASE("a count of few among many is a lower bound") {
    const auto counter = shown(10 * Count::counted, 1000);
    CHECK(counter.count().precision == Count::Precision::at_least);
    CHECK(counter.count().value == 2 * Count::counted / 1000);
    CHECK(counter.looks() <= 2 * Count::counted + 1);
}

} // namespace
