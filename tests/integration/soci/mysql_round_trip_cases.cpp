#include "databases/store_calls.hpp"
#include "mysql_cases.hpp"
#include "tcp_proxy.hpp"

#include <asyncjobs/soci/open_store.hpp>

namespace {

using namespace asyncjobs;
using namespace soci_test;

/// A store with one writing connection, which counts the round trips of its calls.
class CountedStore {
public:
    explicit CountedStore(const Need& needed)
        : tables_(needed), proxy_(port_in(tables_.url())),
          store_(open_store(through(proxy_, tables_.url()), {.writers = 1})) {}

    JobStore& operator*() { return *store_; }
    JobStore* operator->() { return store_.get(); }

    template <typename Call>
    std::size_t round_trips_of(Call call) {
        constexpr std::size_t writer = 0; // the store's first connection
        const auto before = proxy_.requests(writer);
        call();
        return proxy_.requests(writer) - before;
    }

    Exchange exchange(std::span<const Settlement> settlements, std::size_t limit,
                      const std::vector<std::string>& queues = {"default", "other"}) {
        return store_->exchange(settlements, {.worker = "w", .queues = queues, .limit = limit});
    }

private:
    const MysqlTables tables_;
    TcpProxy proxy_;
    const std::unique_ptr<JobStore> store_;
};

std::vector<NewJob> new_jobs(std::uint64_t first, std::uint64_t count) {
    std::vector<NewJob> jobs;
    for (std::uint64_t i = 0; i < count; ++i) jobs.push_back(new_job(first + i));
    return jobs;
}

std::vector<Settlement> completed(const std::vector<ClaimedJob>& jobs) {
    std::vector<Settlement> settlements;
    for (const ClaimedJob& job : jobs)
        settlements.push_back(Settlement::completed(
            job.lease, JsonText::parse('"' + std::string(job.lease.id.text()) + '"')));
    return settlements;
}

MYSQL_CASE("round trips", "an exchange that settles and claims takes two round trips") {
    CountedStore store(needed);
    store->submit(new_jobs(0, 40));
    auto claimed = store.exchange({}, 10).claimed;
    for (int i = 0; i < 3; ++i) {
        const auto settlements = completed(claimed);
        Exchange result;
        CHECK(store.round_trips_of([&] { result = store.exchange(settlements, 10); }) == 2);
        for (const Settled& one : result.settled) CHECK(one.status == JobStatus::completed);
        claimed = std::move(result.claimed);
        CHECK(claimed.size() == 10);
    }
}

MYSQL_CASE("round trips",
           "an exchange takes two round trips whatever the outcomes of the attempts") {
    CountedStore store(needed);
    store->submit(new_jobs(0, 10));
    const auto claimed = store.exchange({}, 5).claimed;
    store->cancel(claimed.at(3).lease.id, {});
    const JobError error{.code = "E", .message = "it's \\ broken", .details = {}};
    const std::vector<Settlement> settlements = {
        Settlement::completed(claimed.at(0).lease, JsonText::parse("[1]")),
        Settlement::retried(claimed.at(1).lease, error, {}),
        Settlement::failed(claimed.at(2).lease, error), Settlement::cancelled(claimed.at(3).lease),
        Settlement::released(claimed.at(4).lease, {})};
    Exchange result;
    CHECK(store.round_trips_of([&] { result = store.exchange(settlements, 5); }) == 2);
    CHECK(result.settled.at(0).status == JobStatus::completed);
    CHECK(result.settled.at(1).status == JobStatus::pending);
    CHECK(result.settled.at(2).status == JobStatus::failed);
    CHECK(result.settled.at(3).status == JobStatus::cancelled);
    CHECK(result.settled.at(4).status == JobStatus::pending);
    CHECK(result.claimed.size() == 5);
}

MYSQL_CASE("round trips",
           "an exchange under a limit takes seven round trips for any number of keys") {
    for (const std::size_t keys : {std::size_t{1}, std::size_t{8}}) {
        CAPTURE(keys);
        CountedStore store(needed);
        store->set_limit({.name = "one", .scope = LimitScope::key, .concurrency = 8 / keys});
        auto jobs = new_jobs(0, 40);
        for (std::size_t i = 0; i < jobs.size(); ++i)
            jobs[i].limit_key = "key " + std::to_string(i % keys);
        store->submit(jobs);
        const std::vector<std::string> queues = {"default"};
        auto claimed = store.exchange({}, 20, queues).claimed;
        CHECK(claimed.size() == 8);
        for (int i = 0; i < 3; ++i) {
            const auto settlements = completed(claimed);
            Exchange result;
            CHECK(store.round_trips_of([&] { result = store.exchange(settlements, 8, queues); }) ==
                  7);
            for (const Settled& one : result.settled) CHECK(one.status == JobStatus::completed);
            claimed = std::move(result.claimed);
            CHECK(claimed.size() == 8);
        }
    }
}

MYSQL_CASE("round trips", "an exchange that finds too few jobs again takes two round trips") {
    CountedStore store(needed);
    store->submit(new_jobs(0, 6));
    store.exchange({}, 2);
    CHECK(store.exchange({}, 5).claimed.size() == 4);
    NewJob later = new_job(100);
    later.delay = std::chrono::hours{1};
    submit(*store, later);
    submit(*store, new_job(101));
    Exchange result;
    CHECK(store.round_trips_of([&] { result = store.exchange({}, 5); }) == 2);
    CHECK(result.claimed.size() == 1);
    CHECK(result.next_due_in > std::chrono::minutes{50});
}

MYSQL_CASE("round trips",
           "a chain is submitted in five round trips, and cancelled in about one a job") {
    CountedStore store(needed);
    submit(*store, new_job(1000)); // so that the session is one for writing
    auto chain = new_jobs(0, 100);
    for (std::size_t i = 1; i < chain.size(); ++i) chain[i].after = {chain[i - 1].id};
    CHECK(store.round_trips_of([&] { store->submit(chain); }) <= 5);
    store->cancel(chain.front().id, {});
    CHECK(store.round_trips_of([&] { CHECK(store->promote(200).size() == 99); }) < 130);
    CHECK(find(*store, chain.back().id)->status == JobStatus::cancelled);
}

MYSQL_CASE("round trips", "submits, renewals and rescues take two round trips") {
    CountedStore store(needed);
    submit(*store, new_job(0)); // so that the session is one for writing
    CHECK(store.round_trips_of([&] { store->submit(new_jobs(1, 10)); }) == 2);
    const auto claimed = store.exchange({}, 3).claimed;
    std::vector<Heartbeat> heartbeats;
    for (const ClaimedJob& job : claimed)
        heartbeats.push_back(
            {job.lease, Progress{50, "half"}, asyncjobs::Step{"one", JsonText::parse("1")}});
    CHECK(store.round_trips_of([&] {
        for (const Renewal& one : store->renew(heartbeats, Duration{1})) CHECK(one.kept);
    }) == 2);
    CHECK(store.round_trips_of([&] { CHECK(store->rescue(10, 1).size() == 3); }) == 2);
    CHECK(find(*store, claimed.at(0).lease.id)->status == JobStatus::failed);
}

} // namespace
