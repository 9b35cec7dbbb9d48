#include "conformance_operator.hpp"

#include <limits>

/// Arguments that operators pass.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

/// A NUL, no UTF-8, and too long.
const std::vector<std::string> not_storable = {{"a\0b", 3}, "\xff", std::string(256, 'x')};

void checks_searches(Scene& scene) {
    scene.submit(2);
    const auto search = [&](const JobSearch& bad) { scene.operators().search(bad); };
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    for (const std::size_t limit : {std::size_t{0}, JobSearch::max_limit + 1, most})
        expect_refused("limit", [&] { search({.limit = limit}); });
    for (const std::size_t looks : {std::size_t{0}, JobSearch::max_looks + 1, most})
        expect_refused("looks", [&] { search({.looks = looks}); });
    for (const std::string& bad : not_storable) {
        expect_refused("queue", [&] { search({.queue = bad}); });
        expect_refused("type", [&] { search({.type = bad}); });
        expect_refused("owner", [&] { search({.owner = bad}); });
        expect_refused("worker", [&] { search({.worker = bad}); });
        expect_refused("error_code", [&] { search({.error_code = bad}); });
        expect_refused("key", [&] { search({.key = bad}); });
        expect_refused("after.queue", [&] { search({.after = SearchPosition{.queue = bad}}); });
    }
    for (const Timestamp bad : {Timestamp{Duration{-1}}, Timestamp::min(), Timestamp::max()}) {
        expect_refused("created_since", [&] { search({.created_since = bad}); });
        expect_refused("created_until", [&] { search({.created_until = bad}); });
    }
    const auto page =
        scene.operators().search({.limit = JobSearch::max_limit, .looks = JobSearch::max_looks});
    expect_equal(page.jobs.size(), 2, "jobs found within the highest limits");
}

void checks_pages_of_queues(Scene& scene) {
    scene.submit();
    for (const std::size_t limit :
         {std::size_t{0}, OperatorStore::max_queues + 1, std::numeric_limits<std::size_t>::max()})
        expect_refused("limit", [&] { scene.operators().queues({}, limit); });
    for (const std::string& bad : not_storable)
        expect_refused("after", [&] { scene.operators().queues(bad, 1); });
    expect_equal(scene.operators().queues({}, OperatorStore::max_queues).queues.size(), 1,
                 "queues within the highest limit");
    expect_equal(scene.operators().queues(std::string(255, 'a'), 1).queues.size(), 1,
                 "queues after the longest text");
}

} // namespace

Cases operator_argument_cases() {
    return {
        {"a search out of range is refused", checks_searches},
        {"a page of queues out of range is refused", checks_pages_of_queues},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
