#include <asyncjobs/detail/refused_outcomes.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace asyncjobs;
using detail::RefusedOutcome;
using detail::RefusedOutcomes;

namespace {

LeaseRef lease_of(std::uint64_t job) { return {JobId::make({}, 0, job), 1}; }

RefusedOutcome end_of(std::uint64_t job, std::size_t bytes = 0) {
    return {.settlement = Settlement::completed(lease_of(job), {}), .bytes = bytes};
}

TEST_CASE("a new refused outcome is retried next, one refused again comes last") {
    RefusedOutcomes ends;
    for (std::uint64_t job = 1; job <= 4; ++job) ends.add(end_of(job));
    auto taken = ends.take(3);
    REQUIRE(taken.size() == 3);
    detail::RefusedOutcomeList refused;
    refused.splice(refused.end(), taken, taken.begin());
    taken.pop_front(); // recorded
    ends.put_back(std::move(taken), std::move(refused));

    CHECK(ends.size() == 3);
    CHECK_FALSE(ends.holds(lease_of(3)));
    const auto left = ends.take(10);
    std::vector<JobId> order;
    for (const auto& end : left) order.push_back(end.settlement.lease().id);
    CHECK(order == std::vector{lease_of(2).id, lease_of(1).id, lease_of(4).id});
    CHECK(ends.empty());
}

TEST_CASE("refused outcomes are full by number until a quarter is free") {
    RefusedOutcomes ends;
    for (std::uint64_t job = 1; job < RefusedOutcomes::most; ++job) ends.add(end_of(job));
    CHECK_FALSE(ends.is_full());
    ends.add(end_of(RefusedOutcomes::most));
    CHECK(ends.is_full());
    ends.take(RefusedOutcomes::most / 4);
    ends.put_back({}, {});
    CHECK(ends.is_full());
    ends.take(1);
    ends.put_back({}, {});
    CHECK_FALSE(ends.is_full());
}

TEST_CASE("refused outcomes are full by bytes until a quarter is free") {
    constexpr std::size_t quarter = RefusedOutcomes::most_bytes / 4;
    RefusedOutcomes ends;
    for (std::uint64_t job = 1; job <= 3; ++job) ends.add(end_of(job, quarter));
    CHECK_FALSE(ends.is_full());
    ends.add(end_of(4, quarter));
    CHECK(ends.is_full());
    ends.put_back({}, ends.take(2));
    CHECK(ends.is_full());
    CHECK(ends.bytes() == 4 * quarter);
    ends.take(2);
    ends.put_back({}, {});
    CHECK_FALSE(ends.is_full());
}

TEST_CASE("the bytes of an outcome are those of its result, its error and its follow-ups") {
    const auto text = JsonText::trusted('"' + std::string(1000, 'x') + '"');
    const auto least = detail::bytes_of(Settlement::completed({}, {}));
    CHECK(detail::bytes_of(Settlement::completed({}, text)) >= least + 990);
    CHECK(detail::bytes_of(Settlement::failed({}, {"E1", std::string(1000, 'x'), text})) >=
          least + 1990);
    std::vector<NewJob> jobs(3, NewJob{.type = "next", .input = text});
    CHECK(detail::bytes_of(Settlement::completed({}, {}).with_follow_ups(std::move(jobs))) >=
          least + 2990);
}

TEST_CASE("an outcome without its content has the same status, or fails the job") {
    using Kind = Settlement::Kind;
    using namespace std::chrono_literals;
    const JobError error{"E1", "no paper", {}};
    const auto lease = lease_of(7);
    const auto completed = detail::bare(Settlement::completed(lease, {}));
    CHECK(completed.kind() == Kind::failed);
    CHECK(completed.error().code == "internal_error");
    CHECK(completed.lease() == lease);
    CHECK(detail::bare(Settlement::failed(lease, error)).kind() == Kind::failed);
    const auto retried = detail::bare(Settlement::retried(lease, error, 3s));
    CHECK(retried.kind() == Kind::retried);
    CHECK(retried.delay() == 3s);
    CHECK(retried.error().message != error.message);
    const auto released =
        detail::bare(Settlement::released(lease, 5s).with_progress(Progress{3, "three"}));
    CHECK(released.kind() == Kind::released);
    CHECK(released.delay() == 5s);
    CHECK_FALSE(released.progress());
    CHECK(detail::bare(Settlement::cancelled(lease)).kind() == Kind::cancelled);
}

} // namespace
