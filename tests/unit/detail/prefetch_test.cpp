#include <asyncjobs/detail/prefetch.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;
using asyncjobs::detail::Prefetch;

namespace {

TEST_CASE("nothing is claimed ahead before the first run") {
    CHECK(Prefetch(4, 1000).target() == 0);
}

TEST_CASE("as many jobs are claimed ahead as all threads run within the budget") {
    Prefetch prefetch(4, 1000);
    prefetch.ran(1ms);
    CHECK(prefetch.target() == 80); // 4 threads, 20 ms, 1 ms each
}

TEST_CASE("long jobs are not claimed ahead") {
    Prefetch prefetch(4, 1000);
    prefetch.ran(1s);
    CHECK(prefetch.target() == 0);
}

TEST_CASE("the limit applies to jobs of any length") {
    Prefetch prefetch(4, 10);
    prefetch.ran(0us);
    CHECK(prefetch.target() == 10);
    Prefetch none(4, 0);
    none.ran(1us);
    CHECK(none.target() == 0);
}

TEST_CASE("the mean follows the latest runs, an eighth of the way each") {
    Prefetch prefetch(1, 1000);
    prefetch.ran(1ms);
    prefetch.ran(9ms); // 2 ms
    CHECK(prefetch.target() == 10);
    for (int i = 0; i < 100; ++i) prefetch.ran(100us);
    CHECK(prefetch.target() >= 199);
}

TEST_CASE("an overdue wait counts at once, and never makes jobs seem shorter") {
    Prefetch prefetch(1, 1000);
    prefetch.ran(1ms);
    prefetch.overdue(500ms);
    CHECK(prefetch.target() == 0);
    Prefetch slow(1, 1000);
    slow.ran(10ms);
    slow.overdue(1ms);
    CHECK(slow.target() == 2);
}

} // namespace
