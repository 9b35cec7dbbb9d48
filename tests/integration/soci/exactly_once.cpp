#include "host_checks.hpp"

#include "databases/store_calls.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>

namespace soci_test {
namespace {

using namespace asyncjobs;
using namespace std::chrono_literals;

/// Where a handler's transaction is interrupted.
enum class Break { before_complete, after_complete, silent_rollback, lost_session, none };

} // namespace

void check_exactly_once(HostDatabase& database) {
    constexpr int jobs = 20;
    const auto store = open_store(database.store_url());
    database.add_order(*database.connect(), 1);
    std::atomic<int> failures = 0;
    std::mutex log_mutex;
    std::vector<std::string> log;
    Executor executor(*store, {.concurrency = 2,
                               .poll_every = 10ms,
                               .retry = Backoff{.first = 1ms, .most = 2ms},
                               .log = [&](const LogEntry& entry) {
                                   const std::lock_guard lock(log_mutex);
                                   log.push_back(entry.message);
                               }});
    executor.handle("count", [&](const JsonText& input, JobContext& context) {
        const auto breaks = context.attempt() > 1
                                ? Break::none
                                : static_cast<Break>(std::stoi(std::string(input.text())) % 4);
        if (breaks != Break::none) ++failures;
        const auto session = database.open();
        if (database.backend() == "sqlite3") *session << "PRAGMA busy_timeout = 30000";
        soci::transaction transaction(*session);
        *session << "UPDATE " << database.orders() << " SET amount = amount + 1 WHERE id = 1";
        if (breaks == Break::before_complete) throw std::runtime_error("before");
        CHECK(complete(*session, context, JsonText::parse("[1]"), database.tables()));
        if (breaks == Break::after_complete) throw std::runtime_error("after");
        if (breaks == Break::lost_session) {
            session->close();
            throw std::runtime_error("lost");
        }
        if (breaks == Break::silent_rollback)
            transaction.rollback();
        else
            transaction.commit();
        return JsonText::parse("[\"returned\"]");
    });
    executor.start();
    Client client(*store, {.poll_every = 10ms});
    std::vector<JobId> ids;
    for (int i = 0; i < jobs; ++i)
        ids.push_back(
            client.submit({.type = "count", .input = JsonText::parse(std::to_string(i))}).id);
    for (const auto& id : ids) {
        const auto job = client.wait(id, 1min);
        REQUIRE(job);
        CHECK(job->status == JobStatus::completed);
        CHECK(job->result->text() == "[1]");
        CHECK(job->attempt == 2);
    }
    executor.stop(1min);
    CHECK(failures == jobs);
    long long counter = 0;
    *database.open() << "SELECT amount FROM " << database.orders(), soci::into(counter);
    CHECK(counter == jobs);
    for (const auto& message : log) CHECK(message.find("lease was lost") == std::string::npos);
}

} // namespace soci_test
