// Jobs that commit together with a shop's own data.
//
// An order and the job that confirms it are one commit; the confirmation and the job's completion
// are another. Transactions are rolled back and processes killed between, and the count is exact.
//
// Usage: example_07_host_transaction [--store URL], by default sqlite:shop.db

#include "database.hpp"

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/soci/host_transaction.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <stdexcept>

using namespace std::chrono_literals;

struct Confirmation {
    static constexpr std::string_view type = "confirmation";
    std::int64_t order = 0;
};
struct Confirmed {
    std::int64_t order = 0;
    int attempt = 0;
};
BOOST_DESCRIBE_STRUCT(Confirmation, (), (order))
BOOST_DESCRIBE_STRUCT(Confirmed, (), (order, attempt))

namespace {

constexpr int order_count = 20;

/// Stores an order and its confirmation job, or neither.
asyncjobs::JobId take_order(soci::session& session, std::int64_t order, bool customer_leaves) {
    soci::transaction transaction(session);
    session << "INSERT INTO shop_orders VALUES (" << order << ", 'Ada')";
    const auto id = asyncjobs::submit(session, Confirmation{order}).id;
    if (!customer_leaves) transaction.commit();
    return id;
}

/// Takes twice as many orders and rolls back every other one. Leaves no session open, because the
/// process forks afterwards.
std::vector<asyncjobs::JobId> take_orders(const Database& database) {
    std::vector<asyncjobs::JobId> jobs;
    const auto session = database.open();
    for (int order = 1; order <= order_count; ++order) {
        take_order(*session, order, true);
        jobs.push_back(take_order(*session, order, false));
    }
    return jobs;
}

/// The fault between the side effect and the commit of a first attempt; later ones have none.
enum class Mishap { none, killed, threw, rolled_back };

Mishap mishap_of(std::int64_t order, int tries) {
    return tries == 1 ? static_cast<Mishap>(order % 4) : Mishap::none;
}

/// Confirms an order: increments the counter if and only if the job is completed.
void confirm(const Database& database, const Confirmation& in, asyncjobs::JobContext& context,
             bool may_be_killed) {
    const auto& job = context.job();
    const auto mishap = mishap_of(in.order, job.attempt + job.crashes);
    const auto session = database.open();
    soci::transaction transaction(*session);
    *session << "UPDATE shop_counters SET confirmations = confirmations + 1";
    const auto result = asyncjobs::json::serialize(Confirmed{in.order, job.attempt});
    if (!asyncjobs::complete(*session, context, result)) return; // another worker has the job
    if (mishap == Mishap::killed && may_be_killed) std::raise(SIGKILL);
    if (mishap == Mishap::threw) throw std::runtime_error("the mail server is down");
    if (mishap == Mishap::rolled_back) return;
    transaction.commit();
}

/// Runs jobs until `done()` returns.
template <typename Done>
void work(const Database& database, bool may_be_killed, Done done) {
    const auto store = asyncjobs::open_store(database.store_url());
    asyncjobs::Executor executor{*store,
                                 {.concurrency = 1,
                                  .lease_for = 500ms,
                                  .poll_every = 50ms,
                                  .rescue_every = 50ms,
                                  .crash_limit = 10,
                                  .retry = asyncjobs::RetryPolicy::fixed(10ms)}};
    executor.handle<Confirmation>([&](const Confirmation& in, asyncjobs::JobContext& context) {
        confirm(database, in, context, may_be_killed);
    });
    executor.start();
    done(*store);
}

/// Runs a worker process; returns true if it was killed.
bool work_in_a_process(const Database& database) {
    const pid_t worker = ::fork();
    if (worker == 0) {
        work(database, true, [](auto&) { ::pause(); });
        ::_exit(1);
    }
    int status = 0;
    ::waitpid(worker, &status, 0);
    return WIFSIGNALED(status);
}

} // namespace

int main(int argc, char** argv) {
    const bool has_store = argc == 3 && std::string_view(argv[1]) == "--store";
    if (argc > 1 && !has_store) {
        std::cerr << "usage: example_07_host_transaction [--store URL]\n";
        return 2;
    }
    const Database database(has_store ? argv[2] : "sqlite:shop.db");
    asyncjobs::open_store(database.store_url()); // makes the tables; then fork without threads
    database.make_tables();

    const auto jobs = take_orders(database);
    std::cout << "orders taken: " << database.number("SELECT count(*) FROM shop_orders") << '\n';

    int killed = 0;
    for (; killed < 2 && work_in_a_process(database); ++killed)
        std::cout << "a worker was killed between its side effect and its commit\n";

    bool all_completed = killed == 2;
    work(database, false, [&](asyncjobs::JobStore& store) {
        asyncjobs::Client client{store};
        for (const auto& id : jobs) {
            const auto job = client.wait(id, 20s);
            all_completed &= job && job->status == asyncjobs::JobStatus::completed;
        }
    });
    std::cout << "counted " << database.number("SELECT confirmations FROM shop_counters") << " of "
              << order_count << '\n';
    return all_completed ? 0 : 1;
}
