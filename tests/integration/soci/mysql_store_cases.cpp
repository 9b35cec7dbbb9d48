#include "mysql_cases.hpp"

#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <fcntl.h>
#include <fmt/format.h>

#include <future>
#include <optional>
#include <set>

namespace {

using namespace asyncjobs;
using namespace soci_test;

/// Polls the server until the condition holds.
template <typename Condition>
void wait_until(Condition condition) {
    for (int tries = 0; !condition(); ++tries) REQUIRE(tries < 200'000);
}

/// A query for the sessions that use these tables.
std::string sessions_at(const MysqlTables& tables) {
    return "FROM information_schema.processlist WHERE info LIKE '%" + tables.prefix() +
           "%' AND id <> CONNECTION_ID()";
}

/// Whether a session that uses these tables waits for a lock. The server's counters include other
/// waits, and its table of transactions is out of date when queried often.
bool waits_for_a_lock(Mysql& server, const MysqlTables& tables) {
    const auto sessions = server.rows("SELECT id " + sessions_at(tables), 1);
    const std::string report = server.rows("SHOW ENGINE INNODB STATUS", 3).at(0).at(2);
    constexpr std::string_view start = "---TRANSACTION";
    for (auto at = report.find(start); at != report.npos; at = report.find(start, at)) {
        at += start.size();
        const auto transaction = report.substr(at, report.find(start, at) - at);
        if (transaction.find("LOCK WAIT") == transaction.npos) continue;
        for (const auto& session : sessions)
            if (transaction.find(" thread id " + session[0] + ",") != transaction.npos) return true;
    }
    return false;
}

void wait_for_a_waiting_one(Mysql& server, const MysqlTables& tables) {
    wait_until([&] { return waits_for_a_lock(server, tables); });
}

/// Waits until the call waits for a lock. If the call returns instead, the test fails with its
/// error.
template <typename Result>
void wait_until_it_waits(std::future<Result>& call, Mysql& server, const MysqlTables& tables) {
    const auto has_returned = [&] {
        return call.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
    };
    wait_until([&] { return has_returned() || waits_for_a_lock(server, tables); });
    if (!has_returned()) return;
    call.get();
    FAIL("the call has not waited for a lock");
}

std::string quoted(const JobId& id) { return "'" + std::string(id.text()) + "'"; }

Submitted::Outcome submit_one(JobStore& store, std::uint64_t number) {
    return submit(store, new_job(number)).outcome;
}

/// The open descriptors of this process.
std::set<int> descriptors() {
    std::set<int> open;
    for (int one = 0; one < 1024; ++one)
        if (::fcntl(one, F_GETFD) >= 0) open.insert(one);
    return open;
}

/// A store with its own user and two sessions, which can be killed.
class KillableStore {
public:
    explicit KillableStore(const Need& needed) : tables_(needed), user_(tables_.prefix() + "u") {
        server_.run("CREATE USER " + user_ + "@'127.0.0.1'");
        server_.run("GRANT ALL ON *.* TO " + user_ + "@'127.0.0.1'");
        before_ = descriptors();
        const std::string url = tables_.url();
        store_ = open_store("mysql://" + user_ + url.substr(url.find('@')),
                            {.readers = 1, .writers = 1});
        use(1);
    }
    ~KillableStore() {
        store_.reset();
        server_.run("DROP USER " + user_ + "@'127.0.0.1'");
    }

    void use(std::uint64_t number) {
        CHECK(submit_one(*store_, number) == Submitted::Outcome::created);
        CHECK(find(*store_, new_job(number).id).has_value());
    }

    void kill_sessions() {
        const auto sessions = server_.rows("SELECT id FROM information_schema.processlist"
                                           " WHERE user = '" +
                                               user_ + "'",
                                           1);
        CHECK(sessions.size() == 2);
        for (const auto& session : sessions) server_.run("KILL CONNECTION " + session[0]);
    }

    /// How many of its descriptors, two for each session's socket, a program started now would
    /// inherit, and how many there are.
    std::pair<std::size_t, std::size_t> inherited() const {
        std::size_t all = 0, inherited = 0;
        for (const int one : descriptors()) {
            if (before_.contains(one)) continue;
            ++all;
            inherited += (::fcntl(one, F_GETFD) & FD_CLOEXEC) == 0;
        }
        return {inherited, all};
    }

private:
    const MysqlTables tables_;
    Mysql server_ = tables_.connect();
    const std::string user_;
    std::set<int> before_;
    std::unique_ptr<JobStore> store_;
};

MYSQL_CASE("store", "a MySQL session that was killed while idle costs its next user nothing") {
    KillableStore store(needed);
    store.kill_sessions();
    store.use(2);
}

MYSQL_CASE("store", "started programs inherit no connection of a MySQL store") {
    KillableStore store(needed);
    CHECK(store.inherited() == std::pair<std::size_t, std::size_t>(0, 4));
    store.kill_sessions();
    store.use(2);
    CHECK(store.inherited() == std::pair<std::size_t, std::size_t>(0, 4));
}

MYSQL_CASE("store", "a MySQL call that is killed while it waits for a lock is retried") {
    const MysqlTables tables(needed);
    const auto store = open_store(tables.url(), {.busy_timeout = std::chrono::seconds{30}});
    Mysql other = tables.connect(), server = tables.connect();
    const auto id = new_job(1).id;
    submit_one(*store, 1);
    other.run("START TRANSACTION");
    other.run("UPDATE jobs SET revision = revision + 1 WHERE id = " + quoted(id));
    auto outcome = std::async(std::launch::async, [&] { return store->cancel(id, {}); });
    wait_until_it_waits(outcome, server, tables);
    const auto session = server.value("SELECT id " + sessions_at(tables));
    server.run("KILL CONNECTION " + session);
    wait_until([&] {
        return server.value("SELECT count(*) FROM information_schema.processlist WHERE id = " +
                            session) == "0";
    });
    wait_until_it_waits(outcome, server, tables);
    other.run("COMMIT");
    CHECK(outcome.get() == CancelOutcome::cancelled);
    CHECK(find(*store, id)->revision == 3);
}

MYSQL_CASE("store",
           "a submit that waits for the removal of its id gets no fence of the removed job") {
    for (const bool is_limited : {false, true}) {
        const MysqlTables tables(needed);
        const auto store = open_store(tables.url());
        Mysql server = tables.connect(), other = tables.connect();
        submit_one(*store, 1);
        const auto lease = claim(*store, 1).at(0).lease;
        const std::vector<Settlement> done = {Settlement::completed(lease, {})};
        store->settle(done);
        if (is_limited) store->set_limit({.name = "l", .queue = "default", .concurrency = 9});
        other.run("START TRANSACTION");
        other.run("UPDATE job_fences SET used = (SELECT fence FROM jobs)");
        other.run("DELETE FROM jobs");
        auto again = std::async(std::launch::async, [&] { return submit_one(*store, 1); });
        wait_until_it_waits(again, server, tables);
        other.run("COMMIT");
        CHECK(again.get() == Submitted::Outcome::created);
        const auto fence = claim(*store, 1).at(0).lease.fence;
        CHECK(fence > lease.fence);
        CHECK(find(*store, lease.id)->fence == fence);
    }
}

MYSQL_CASE("store", "a MySQL call waits for a lock for a bounded time, and leaves nothing behind") {
    const MysqlTables tables(needed);
    const auto store = open_store(tables.url(), {.busy_timeout = std::chrono::seconds{1}});
    Mysql other = tables.connect();
    const auto id = new_job(1).id;
    submit_one(*store, 1);
    other.run("START TRANSACTION");
    other.run("SELECT id FROM jobs FOR UPDATE");
    CHECK(code_of([&] { store->cancel(id, {}); }) == Errc::store_busy);
    CHECK(claim(*store, 10).empty()); // skips it
    other.run("COMMIT");
    CHECK(store->cancel(id, {}) == CancelOutcome::cancelled);
    CHECK(find(*store, id)->revision == 2);
}

MYSQL_CASE("store", "locked jobs hide no others from a claim under limits") {
    const MysqlTables tables(needed);
    const auto store = open_store(tables.url());
    Mysql other = tables.connect();
    for (std::uint64_t number = 1; number <= 5; ++number) submit_one(*store, number);
    store->set_limit({.name = "l", .queue = "default", .concurrency = 9});
    other.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"); // locks nothing else
    other.run("START TRANSACTION");
    other.run("SELECT id FROM jobs WHERE id <= " + quoted(new_job(4).id) + " FOR UPDATE");
    const auto claimed = claim(*store, 1);
    REQUIRE(claimed.size() == 1);
    CHECK(claimed[0].lease.id == new_job(5).id);
    other.run("ROLLBACK");
    CHECK(claim(*store, 5).size() == 4);
}

MYSQL_CASE("store", "a MySQL server aborts a statement that takes too long") {
    const MysqlTables tables(needed);
    const auto store = open_store(tables.url(), {.busy_timeout = std::chrono::minutes{1},
                                                 .statement_timeout = std::chrono::seconds{1}});
    Mysql other = tables.connect();
    submit_one(*store, 1);
    other.run("START TRANSACTION");
    other.run("SELECT id FROM jobs FOR UPDATE");
    CHECK(code_of([&] { store->cancel(new_job(1).id, {}); }) == Errc::store_busy);
    other.run("COMMIT");
    CHECK(store->cancel(new_job(1).id, {}) == CancelOutcome::cancelled);
}

MYSQL_CASE("store", "a MySQL transaction that loses a deadlock is retried") {
    const MysqlTables tables(needed);
    const auto store = open_store(tables.url(), {.busy_timeout = std::chrono::seconds{30}});
    Mysql other = tables.connect(), server = tables.connect();
    std::vector<NewJob> others(200);
    for (std::size_t i = 0; i < others.size(); ++i) {
        others[i] = new_job(100 + i);
        others[i].queue = "other";
    }
    store->submit(others);
    submit_one(*store, 1);
    submit_one(*store, 2);
    const auto claimed = claim(*store, 2);
    REQUIRE(claimed.size() == 2);
    const std::vector<Settlement> both = {Settlement::completed(claimed[0].lease, {}),
                                          Settlement::completed(claimed[1].lease, {})};

    // The server rolls back the transaction that has written less.
    const auto deadlocks = [&] {
        return server.value("SELECT count FROM information_schema.innodb_metrics"
                            " WHERE name = 'lock_deadlocks'");
    };
    const auto before = deadlocks();
    other.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    other.run("START TRANSACTION");
    other.run("UPDATE jobs SET revision = revision + 1 WHERE queue = 'other'");
    other.run("UPDATE jobs SET progress = 1 WHERE id = " + quoted(claimed[1].lease.id));
    auto settled = std::async(std::launch::async, [&] { return store->settle(both); });
    wait_for_a_waiting_one(server, tables);
    other.run("UPDATE jobs SET progress = 1 WHERE id = " + quoted(claimed[0].lease.id));
    other.run("COMMIT");
    for (const Settled& one : settled.get()) CHECK(one.accepted);
    CHECK(deadlocks() != before);
    CHECK(find(*store, claimed[0].lease.id)->status == JobStatus::completed);
}

MYSQL_CASE("store", "many processes may open a new MySQL database at the same time") {
    const MysqlTables tables(needed);
    std::vector<std::future<void>> opened;
    for (int i = 0; i < 8; ++i)
        opened.push_back(std::async(std::launch::async, [&] { open_store(tables.url()); }));
    for (auto& one : opened) CHECK_NOTHROW(one.get());
    CHECK(tables.connect().value("SELECT count(*) - max(version) FROM asyncjobs_schema") == "0");
}

MYSQL_CASE("store", "an interrupted migration of the MySQL schema is run again") {
    const MysqlTables tables(needed);
    const auto known = pending_migrations(tables.url());
    REQUIRE(known.size() > 1);
    CHECK(known[0].sql.find("CREATE TABLE IF NOT EXISTS " + tables.prefix() + "jobs") !=
          std::string::npos);
    submit_one(*open_store(tables.url()), 1);
    CHECK(pending_migrations(tables.url()).empty());
    tables.connect().run("DELETE FROM asyncjobs_schema");
    tables.connect().run("DROP TABLE job_queues");
    const auto store = open_store(tables.url());
    CHECK(find(*store, new_job(1).id).has_value());
    store->set_paused("default", true);
    CHECK(claim(*store, 1).empty());
}

MYSQL_CASE("store", "MySQL tables of a newer library are refused") {
    const MysqlTables tables(needed);
    open_store(tables.url());
    tables.connect().run("INSERT INTO asyncjobs_schema VALUES (99, 0)");
    CHECK(code_of([&] { open_store(tables.url()); }) == Errc::schema_mismatch);
}

MYSQL_CASE("store",
           "a MySQL server with a packet limit of 16 MB stores a payload of 10 MB of quotes") {
    const MysqlTables tables(needed);
    Mysql server = tables.connect();
    const auto usual = server.value("SELECT @@GLOBAL.max_allowed_packet");
    server.run("SET GLOBAL max_allowed_packet = 16777216");
    const auto store = open_store(tables.url());
    server.run("SET GLOBAL max_allowed_packet = " + usual);

    // Two thirds are quotes, so that it would be longer than 16 MB as SQL. The 4 MB at which it is
    // cut are inside of a character.
    constexpr std::size_t cut = 4 * 1024 * 1024;
    std::string text = "[\"\"";
    while (text.size() < cut - 100'000) text += ",\"\"";
    text += ",\"";
    while ((cut - text.size()) % 4 != 2) text += 'x';
    while (text.size() < cut + 100'000) text += "\xF0\x9F\x8E\x89";
    text += '"';
    while (text.size() + 4 < JsonText::max_size) text += ",\"\"";
    const auto payload = JsonText::parse(text + ']');
    NewJob job = new_job(1);
    job.input = payload;
    CHECK(submit(*store, job).outcome == Submitted::Outcome::created);
    const auto claimed = claim(*store, 1).at(0);
    CHECK(claimed.input == payload);
    const std::vector<Settlement> failure = {
        Settlement::retried(claimed.lease, {.code = "E", .message = "m", .details = payload}, {})};
    CHECK(store->settle(failure).at(0).accepted);
    CHECK(find(*store, job.id)->error->details == payload);
    const std::vector<Settlement> success = {
        Settlement::completed(claim(*store, 1).at(0).lease, payload)};
    CHECK(store->settle(success).at(0).accepted);
    const auto found = find(*store, job.id);
    CHECK(found->input == payload);
    CHECK(found->result == payload);
}

MYSQL_CASE("store", "the steps of a job may exceed a MySQL server's packet limit in total") {
    const MysqlTables tables(needed);
    Mysql server = tables.connect();
    const auto usual = server.value("SELECT @@GLOBAL.max_allowed_packet");
    server.run("SET GLOBAL max_allowed_packet = 1048576");
    const auto store = open_store(tables.url(), {.readers = 1, .writers = 1});
    find(*store, new_job(1).id); // so that both sessions are open
    server.run("SET GLOBAL max_allowed_packet = " + usual);

    submit(*store, new_job(1));
    const auto lease = claim(*store, 1).at(0).lease;
    std::vector<asyncjobs::Step> expected;
    const auto record = [&](const std::string& name, const std::string& characters) {
        std::string text;
        while (text.size() < 300'000) text += characters;
        const asyncjobs::Step step{name, JsonText::parse('"' + text + '"')};
        const Heartbeat heartbeat{.lease = lease, .step = step};
        CHECK(store->renew({&heartbeat, 1}, std::chrono::minutes{1}).at(0).kept);
        if (expected.empty() || expected.back() != step) expected.push_back(step);
    };
    for (int i = 0; i < 6; ++i) record(std::to_string(9 - i), "x");
    record("quotes", "\\\"'");
    record("characters", "\xF0\x9F\x8E\x89");
    record("characters", "\xF0\x9F\x8E\x89"); // as if the response had been lost
    const Heartbeat too_large{
        .lease = lease,
        .step = asyncjobs::Step{"more", JsonText::parse('"' + std::string(1'100'000, 'x') + '"')}};
    CHECK(code_of([&] {
              store->renew({&too_large, 1}, std::chrono::minutes{1});
          }) == Errc::invalid_payload);

    CHECK((find(*store, lease.id)->steps == expected));
    CHECK((store->leases_of("w").at(0).steps == expected));
    const std::vector<Settlement> back = {Settlement::released(lease)};
    CHECK(store->settle(back).at(0).accepted);
    CHECK((claim(*store, 1).at(0).steps == expected));
}

MYSQL_CASE("store", "a payload too large for the MySQL server is refused, not truncated") {
    const MysqlTables tables(needed);
    Mysql server = tables.connect();
    const auto usual = server.value("SELECT @@GLOBAL.max_allowed_packet");
    server.run("SET GLOBAL max_allowed_packet = 4194304");
    const auto store = open_store(tables.url(), {.readers = 1, .writers = 1});
    server.run("SET GLOBAL max_allowed_packet = " + usual);
    NewJob job = new_job(1);
    job.input = JsonText::parse('"' + std::string(5'000'000, 'x') + '"');
    CHECK(code_of([&] { submit(*store, job); }) == Errc::invalid_payload);
    CHECK_FALSE(find(*store, job.id).has_value());
    job.input = JsonText::parse('"' + std::string(4'000'000, 'x') + '"');
    CHECK(submit(*store, job).outcome == Submitted::Outcome::created);
    CHECK(find(*store, job.id)->input == job.input);

    const auto lease = claim(*store, 1).at(0).lease;
    const auto too_large = JsonText::parse('"' + std::string(5'000'000, 'x') + '"');
    const std::vector<Settlement> settlement = {Settlement::completed(lease, too_large)};
    CHECK(code_of([&] { store->settle(settlement); }) == Errc::invalid_payload);
    CHECK(find(*store, job.id)->status == JobStatus::processing);
}

MYSQL_CASE("store", "an unknown MySQL user is store_failure, without the password") {
    const auto server = needed.value();
    const auto at = server.find('@');
    const auto stranger = [&] { open_store("mysql://stranger:pa55" + server.substr(at)); };
    CHECK(code_of(stranger) == Errc::store_failure);
    CHECK(message_of(stranger).find("pa55") == std::string::npos);
}

MYSQL_CASE("store", "the password of a MySQL user may hold quotes and backslashes") {
    const MysqlTables tables(needed);
    Mysql server = tables.connect();
    const std::string user = tables.prefix() + "u";
    server.run("CREATE USER " + user + "@'127.0.0.1' IDENTIFIED BY 'a''b\\\\c d'");
    server.run("GRANT ALL ON *.* TO " + user + "@'127.0.0.1'");
    const std::string url = tables.url();
    CHECK_NOTHROW(open_store("mysql://" + user + ":a'b%5Cc%20d" + url.substr(url.find('@'))));
    server.run("DROP USER " + user + "@'127.0.0.1'");
}

MYSQL_CASE("store",
           "jobs_readable shows times as ISO 8601 and ids as text, whatever the time zone") {
    const MysqlTables tables(needed);
    const Timestamp time{std::chrono::sys_days{std::chrono::year{2024} / 3 / 31} +
                         std::chrono::minutes{90} + Duration{7}};
    const auto store = open_store(tables.url(), {.clock = [&] { return time; }});
    NewJob job = new_job(1);
    job.owner = "caf\xC3\xA9";
    job.timeout = Duration{1'500'001};
    submit(*store, job);
    Mysql server = tables.connect();
    server.run("SET time_zone = '+05:45'");
    const auto row =
        server
            .rows("SELECT id, owner, created_at, timeout_seconds, started_at FROM jobs_readable", 5)
            .at(0);
    CHECK(row == std::vector<std::string>{std::string(job.id.text()), job.owner,
                                          "2024-03-31T01:30:00.000007Z", "1.500001", "NULL"});
}

MYSQL_CASE("store", "the clock of a MySQL store does not depend on a time zone") {
    const MysqlTables tables(needed);
    const auto store = open_store(tables.url());
    submit_one(*store, 1);
    const auto off = find(*store, new_job(1).id)->created_at - std::chrono::system_clock::now();
    CHECK(off < std::chrono::minutes{5});
    CHECK(off > -std::chrono::minutes{5});
}

MYSQL_CASE("store", "a batch of MySQL submits full of conflicts creates the rest") {
    const MysqlTables tables(needed);
    const auto store = open_store(tables.url());
    std::vector<NewJob> jobs;
    for (std::uint64_t i = 0; i < 300; ++i) {
        jobs.push_back(new_job(i / 2)); // each id twice
        jobs.back().unique_key = fmt::format("key {}", i / 3);
    }
    std::size_t created = 0;
    for (const auto& job : store->submit(jobs))
        created += job.outcome == Submitted::Outcome::created;
    // In their order: of three that share a key, the first whose id is free takes it.
    std::size_t expected = 0;
    std::vector<bool> ids(150), keys(100);
    for (std::size_t i = 0; i < 300; ++i) {
        if (ids[i / 2] || keys[i / 3]) continue;
        ids[i / 2] = keys[i / 3] = true;
        ++expected;
    }
    CHECK(created == expected);
}

MYSQL_CASE("store", "a server whose clock was set back delays no job") {
    const MysqlTables tables(needed);
    Mysql server = tables.connect();
    const auto store = open_store(tables.url());
    submit_one(*store, 1);
    submit_one(*store, 2);
    CHECK(claim(*store, 1).size() == 1);
    server.run("UPDATE jobs SET run_at = run_at + 7200000000,"
               " lease_expires_at = CASE status WHEN 'processing' THEN updated_at + 7200000000"
               "  END, lease_for = 0,"
               " updated_at = updated_at + 7200000000");
    CHECK(claim(*store, 10).empty());
    store->rescue(10, 3);
    const auto notices = store->take_clock_notices();
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].kind == ClockNotice::Kind::set_back);
    CHECK(claim(*store, 10).size() == 2);
    store->rescue(10, 3);
    CHECK(store->take_clock_notices().empty());
}

} // namespace
