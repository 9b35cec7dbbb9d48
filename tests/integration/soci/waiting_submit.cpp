#include "host_checks.hpp"

#include "databases/store_calls.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>

#include <doctest/doctest.h>

#include <future>
#include <latch>

namespace soci_test {
namespace {

using namespace asyncjobs;

/// Signals when a submit of a job with the unique key "held" has begun.
class AnnouncingStore final : public ForwardingJobStore {
public:
    AnnouncingStore(JobStore& to, std::latch& begun) : ForwardingJobStore(to), begun_(begun) {}

    std::vector<Submitted> submit(std::span<const NewJob> jobs) override {
        if (jobs.front().unique_key == "held") begun_.count_down();
        return inner().submit(jobs);
    }

private:
    std::latch& begun_;
};

} // namespace

void check_waiting_submit_delays_no_other(HostDatabase& database) {
    const auto opened = open_store(database.store_url(), {.busy_timeout = std::chrono::minutes{1}});
    std::latch begun(1);
    AnnouncingStore store(*opened, begun);
    Client client(store);

    const auto host = database.open();
    host->begin();
    submit(*host, with_key(new_job(1), "held"), database.tables());
    auto waits = std::async(std::launch::async,
                            [&] { return client.submit({.type = "noop", .unique_key = "held"}); });
    begun.wait();
    for (const NewJob& other :
         {NewJob{.type = "noop"}, NewJob{.type = "noop", .unique_key = "another"},
          NewJob{.type = "noop", .idempotency_key = "another"}})
        CHECK(client.submit(other).outcome == Submitted::Outcome::created);
    CHECK(waits.wait_for(std::chrono::seconds{0}) == std::future_status::timeout);
    host->commit();
    CHECK(waits.get().outcome == Submitted::Outcome::key_taken);
}

} // namespace soci_test
