#include "mysql/slots.hpp"

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;

constexpr Timestamp noon{1000 * slot_width};

TEST_CASE("a search for due jobs covers the slots from the mark to one beyond now") {
    const auto slots = slots_of({noon - slot_width, Timestamp::max()}, noon);
    CHECK(slots.condition.text == "due_slot IN (999,1000,1001)");
    CHECK(slots.to == noon + 2 * slot_width);
}

TEST_CASE("a search in a range of times covers its slots") {
    const auto slots = slots_of({noon, noon + Duration{1}}, noon + std::chrono::hours{1});
    CHECK(slots.condition.text == "due_slot IN (1000)");
    CHECK(slots.to == noon + Duration{1});
}

TEST_CASE("a search begins at a mark in the future") {
    CHECK(slots_of({noon + 5 * slot_width, Timestamp::max()}, noon).condition.text ==
          "due_slot IN (1005)");
}

TEST_CASE("a search with too many slots, or an unknown time, is a range scan") {
    const auto all = slots_of({Timestamp::min(), Timestamp::max()}, noon);
    CHECK(all.condition.text == "due_slot BETWEEN -35184372088832 AND 1001");
    CHECK(all.to == Timestamp::max());
    CHECK(slots_of({noon, Timestamp::max()}, std::nullopt).condition.text ==
          "due_slot BETWEEN 1000 AND 35184372088831");
}

TEST_CASE("the widest piece never has too many slots") {
    for (const Duration shift : {Duration{0}, Duration{1}, slot_width - Duration{1}})
        CHECK(slots_of({noon + shift, noon + shift + widest_piece}, std::nullopt)
                  .condition.text.starts_with("due_slot IN"));
}

} // namespace
