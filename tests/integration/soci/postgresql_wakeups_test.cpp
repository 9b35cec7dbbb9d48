#include "databases/postgresql_server.hpp"
#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <set>

namespace {

using namespace asyncjobs;
using namespace soci_test;

/// The hints that a store's subscribers receive.
class Hints {
public:
    explicit Hints(JobStore& store)
        : on_ready_(store.notifier().on_ready([this](std::string_view queue) { add(queue); })),
          on_cancel_(store.notifier().on_cancel_requested([this](std::span<const JobId> ids) {
              for (const auto& id : ids) add(id.text());
          })) {}

    void wait_for(std::string_view hint) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return received_.contains(std::string(hint)); });
        received_.erase(received_.find(std::string(hint)));
    }
    std::size_t count(std::string_view hint) {
        const std::lock_guard lock(mutex_);
        return received_.count(std::string(hint));
    }

private:
    void add(std::string_view hint) {
        const std::lock_guard lock(mutex_);
        received_.emplace(hint);
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::multiset<std::string> received_;
    Notifier::Subscription on_ready_, on_cancel_;
};

/// Waits until `wanted` stores of the schema listen.
void wait_for_listeners(Postgresql& other, const PostgresqlSchema& schema, int wanted) {
    const auto count = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle'"
                       " AND query LIKE 'LISTEN asyncjobs_%' AND application_name = '" +
                       schema.name() + "'";
    while (other.value(count) != std::to_string(wanted)) {
    }
}

struct Pair {
    Pair() { wait_for_listeners(other, schema, 2); }
    PostgresqlSchema schema;
    std::unique_ptr<JobStore> ours = open_store(schema.url_to_end());
    std::unique_ptr<JobStore> theirs = open_store(schema.url_to_end());
    Postgresql other = schema.connect();
    Hints our_hints{*ours}, their_hints{*theirs};
};

TEST_CASE("on PostgreSQL other processes are notified of ready queues and cancel requests" *
          needs_postgresql) {
    Pair pair;
    pair.ours->notifier().ready("reports");
    pair.their_hints.wait_for("reports");
    pair.theirs->notifier().ready("mails");
    pair.our_hints.wait_for("mails");
    pair.ours->notifier().cancel_requested(new_job(1).id);
    pair.their_hints.wait_for(new_job(1).id.text());
}

TEST_CASE("on PostgreSQL a hint is neither echoed nor delivered to its sender again" *
          needs_postgresql) {
    Pair pair;
    pair.ours->notifier().ready("once");
    pair.their_hints.wait_for("once");
    pair.theirs->notifier().ready("last");
    pair.our_hints.wait_for("last"); // would have come after an echo
    CHECK(pair.our_hints.count("once") == 1);
    CHECK(pair.their_hints.count("once") == 0);
}

TEST_CASE("stores of other schemas in one PostgreSQL database are not notified" *
          needs_postgresql) {
    Pair pair, strangers;
    pair.ours->notifier().ready("ours");
    pair.their_hints.wait_for("ours");
    strangers.ours->notifier().ready("strangers'");
    strangers.their_hints.wait_for("strangers'");
    CHECK(strangers.their_hints.count("ours") == 0);
}

TEST_CASE("after its PostgreSQL session was lost, a listener is notified of queues with waiting "
          "jobs, and continues" *
          needs_postgresql) {
    Pair pair;
    auto job = new_job(1);
    job.queue = "missed";
    submit(*pair.ours, job);
    pair.schema.end_sessions(pair.other);
    pair.their_hints.wait_for("missed");
    pair.our_hints.wait_for("missed");
    pair.ours->notifier().ready("later");
    pair.their_hints.wait_for("later");
}

TEST_CASE("listen=off costs no PostgreSQL session" * needs_postgresql) {
    const PostgresqlSchema schema;
    auto other = schema.connect();
    const auto store = open_store(schema.url_to_end() + "&listen=off");
    CHECK(other.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" +
                      schema.name() + "'") == "1");
    CHECK(code_of([&] { open_store(schema.url() + "&listen=maybe"); }) == Errc::invalid_argument);
}

} // namespace
