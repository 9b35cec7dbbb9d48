#include "host_checks.hpp"

#include "databases/store_calls.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <latch>
#include <thread>
#include <vector>

namespace soci_test {
namespace {

using namespace asyncjobs;
using Outcome = Submitted::Outcome;

constexpr std::uint64_t submitters = 64;

/// Half of the submitters roll back, whatever the outcome.
bool commits(std::uint64_t submitter) { return submitter % 2 == 0; }

struct Kind {
    std::optional<std::string> NewJob::*key;
    Outcome taken;
};

/// Retries until its transaction ends; returns the outcome in that one.
Submitted submit_until_done(const HostDatabase& database, soci::session& session,
                            std::uint64_t submitter, const Kind& kind) {
    NewJob job = new_job(submitter);
    job.*kind.key = "key";
    for (;;) {
        session.begin();
        try {
            const auto outcome = submit(session, job, database.tables());
            commits(submitter) ? session.commit() : session.rollback();
            return outcome;
        } catch (const Error& error) {
            session.rollback();
            if (error.code() != Condition::retryable) throw;
        } catch (const soci::soci_error&) { // the commit did not happen: SQLite is busy
            session.rollback();
        }
        std::this_thread::yield();
    }
}

void check_one_makes_the_job(HostDatabase& database, const Kind& kind) {
    const auto store = open_store(database.store_url());
    std::vector<std::unique_ptr<soci::session>> sessions;
    for (std::uint64_t i = 0; i < submitters; ++i) sessions.push_back(database.open());
    std::vector<Submitted> outcomes(submitters);
    {
        std::latch start(submitters);
        std::vector<std::jthread> threads;
        for (std::uint64_t i = 0; i < submitters; ++i)
            threads.emplace_back([&, i] {
                start.arrive_and_wait();
                outcomes[i] = submit_until_done(database, *sessions[i], i, kind);
            });
    }
    const auto jobs = store->list({}).jobs;
    REQUIRE(jobs.size() == 1);
    for (std::uint64_t i = 0; i < submitters; ++i) {
        if (!commits(i)) continue;
        CHECK(outcomes[i].id == jobs.front().id);
        const bool is_first = jobs.front().id == new_job(i).id;
        CHECK(outcomes[i].outcome == (is_first ? Outcome::created : kind.taken));
    }
}

} // namespace

void check_race_for_unique_key(HostDatabase& database) {
    check_one_makes_the_job(database, {&NewJob::unique_key, Outcome::key_taken});
}

void check_race_for_idempotency_key(HostDatabase& database) {
    check_one_makes_the_job(database, {&NewJob::idempotency_key, Outcome::repeated});
}

} // namespace soci_test
