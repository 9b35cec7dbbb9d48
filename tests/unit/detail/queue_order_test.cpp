#include <asyncjobs/executor.hpp>

#include <asyncjobs/detail/queue_order.hpp>

#include <doctest/doctest.h>

#include <map>

using asyncjobs::ServedQueue;
using asyncjobs::detail::QueueOrder;

namespace {

using Names = std::vector<std::string>;

/// Random bits that unit_interval() turns into `part`.
std::uint64_t bits(double part) { return static_cast<std::uint64_t>(part * 0x1p53) << 11; }

/// The order that results from `draws`, from 0 to below 1; each must be used, and no more.
Names drawn(const QueueOrder& order, std::vector<double> draws) {
    std::size_t used = 0;
    const auto names = order.draw([&] { return bits(draws.at(used++)); });
    CHECK(used == draws.size());
    return names;
}

TEST_CASE("queues without weights are served in the order given, without a draw") {
    CHECK(drawn(QueueOrder({"c", "a", "b"}), {}) == Names{"c", "a", "b"});
}

TEST_CASE("the chance of the first place is in proportion to the weight") {
    const QueueOrder order({{"a", 3}, {"b", 1}});
    CHECK(drawn(order, {0.0}) == Names{"a", "b"});
    CHECK(drawn(order, {0.74}) == Names{"a", "b"});
    CHECK(drawn(order, {0.76}) == Names{"b", "a"});
    CHECK(drawn(order, {0.99}) == Names{"b", "a"});
}

TEST_CASE("each further place is drawn among the remaining queues") {
    const QueueOrder order({{"a", 1}, {"b", 1}, {"c", 2}});
    CHECK(drawn(order, {0.6, 0.0}) == Names{"c", "b", "a"});
    CHECK(drawn(order, {0.6, 0.9}) == Names{"c", "a", "b"});
    CHECK(drawn(order, {0.3, 0.34}) == Names{"b", "c", "a"});
    CHECK(drawn(order, {0.3, 0.3}) == Names{"b", "a", "c"});
}

TEST_CASE("queues without a weight come after weighted ones") {
    CHECK(drawn(QueueOrder({"x", {"a", 1}, "y"}), {}) == Names{"a", "x", "y"});
    CHECK(drawn(QueueOrder({"x", {"a", 1}, {"b", 1}}), {0.5}) == Names{"b", "a", "x"});
}

TEST_CASE("a queue is found by its name") {
    const QueueOrder order({"a", {"b", 2}});
    CHECK(order.contains("a"));
    CHECK(order.contains("b"));
    CHECK_FALSE(order.contains("c"));
    CHECK(order.names() == Names{"b", "a"});
}

} // namespace
