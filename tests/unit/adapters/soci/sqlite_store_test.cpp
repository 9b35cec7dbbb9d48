#include "sqlite/dialect.hpp"
#include "store/sql_job_store.hpp"

#include "databases/contains.hpp"
#include "databases/forked_process.hpp"
#include "databases/sqlite_file.hpp"
#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

namespace {

using namespace asyncjobs;
using namespace soci_test;
using namespace std::chrono_literals;

TEST_CASE("a SQLite file of UTF-16, which loses characters, is refused and not changed") {
    const SqliteFile file;
    Sqlite owner(file.path());
    owner.run("PRAGMA encoding = 'UTF-16le'");
    owner.run("CREATE TABLE others (id INTEGER)");
    const auto open = [&] { open_store(file.url()); };
    CHECK(code_of(open) == Errc::store_failure);
    CHECK(message_of(open).find("UTF-16le") != std::string::npos);
    CHECK(owner.column("PRAGMA journal_mode") == std::vector<std::string>{"delete"});
    CHECK(owner.column("SELECT name FROM sqlite_master") == std::vector<std::string>{"others"});
}

TEST_CASE("a scheduled job gets its head start from the sweep after it became due") {
    const SqliteFile file;
    Timestamp now{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8}};
    const auto store = open_store(file.url(), {.clock = [&] { return now; }});
    auto urgent = new_job(1), ordinary = new_job(2);
    urgent.priority = 1;
    urgent.delay = 10s;
    submit(*store, urgent);
    store->promote(10);
    now += 9s;
    submit(*store, ordinary);
    store->promote(10);
    CHECK(find(*store, urgent.id)->run_at == now + 1s);

    now += 1s;
    store->promote(10);
    CHECK(find(*store, urgent.id)->run_at == now);
    const auto claimed = claim(*store, 2);
    REQUIRE(claimed.size() == 2);
    CHECK(claimed[0].lease.id == urgent.id);
    CHECK(claimed[1].lease.id == ordinary.id);
}

/// Grows the log by 24 MiB while a reader is active.
void fill_log_beside_reader(JobStore& store, const SqliteFile& file) {
    Sqlite reader(file.path());
    reader.run("BEGIN");
    reader.column("SELECT count(*) FROM jobs", 0);
    auto job = new_job(0);
    job.input = JsonText::trusted('"' + std::string(1024 * 1024, 'x') + '"');
    for (std::uint64_t number = 1; number <= 24; ++number) {
        job.id = new_job(number).id;
        submit(store, job);
    }
    reader.run("COMMIT");
}

constexpr std::uintmax_t log_limit = 17 * 1024 * 1024;

TEST_CASE("the next writers cut SQLite's log after a long reader has ended") {
    const SqliteFile file;
    const auto store = open_store(file.url());
    const auto log = file.path().string() + "-wal";
    fill_log_beside_reader(*store, file);
    REQUIRE(std::filesystem::file_size(log) > log_limit);
    submit(*store, new_job(100)); // copies the log
    submit(*store, new_job(101)); // restarts it
    CHECK(std::filesystem::file_size(log) < log_limit);
}

TEST_CASE("a sweep cuts SQLite's log when no more writes follow") {
    const SqliteFile file;
    const auto store = open_store(file.url());
    const auto log = file.path().string() + "-wal";
    fill_log_beside_reader(*store, file);
    REQUIRE(std::filesystem::file_size(log) > log_limit);
    store->purge(10);
    CHECK(std::filesystem::file_size(log) == 0);
}

TEST_CASE("a sweep neither waits for a reader of SQLite's log nor fails") {
    const SqliteFile file;
    const auto store = open_store(file.url());
    fill_log_beside_reader(*store, file);
    Sqlite reader(file.path());
    reader.run("BEGIN");
    reader.column("SELECT count(*) FROM jobs", 0);
    submit(*store, new_job(100));
    CHECK(store->purge(10) == 0);
    CHECK(find(*store, new_job(100).id).has_value());
}

/// A disk with room for a few hundred kilobytes, until space is freed.
class SmallDisk final : public soci_adapter::SqliteDialect {
public:
    explicit SmallDisk(const SqliteFile& file)
        : SqliteDialect({.path = file.path().string(), .busy_timeout = std::chrono::seconds{5}}) {}

    std::unique_ptr<soci_adapter::Session> open() const override {
        auto session = SqliteDialect::open();
        if (!writer_) writer_ = session.get();
        limit(*session, 100);
        return session;
    }
    void make_room() const { limit(*writer_, 10'000); }

private:
    static void limit(soci_adapter::Session& session, int pages) {
        session.run("PRAGMA max_page_count = " + std::to_string(pages));
    }

    mutable soci_adapter::Session* writer_ = nullptr; ///< a store opens it first
};

NewJob big_job(std::uint64_t number) {
    NewJob job = new_job(number);
    job.input = JsonText::parse('"' + std::string(20'000, 'x') + '"');
    return job;
}

/// Submits until it fails; returns how many submits succeeded.
std::uint64_t fill_disk(JobStore& store, std::error_code& code) {
    std::uint64_t count = 0;
    for (code.clear(); !code && count < 10'000; ++count)
        code = code_of([&] { submit(store, big_job(count)); });
    return count - 1;
}

TEST_CASE("a full disk is reported as store_full, loses nothing, and the store recovers when space "
          "is freed") {
    const SqliteFile file;
    auto disk = std::make_unique<SmallDisk>(file);
    const SmallDisk& small_disk = *disk;
    soci_adapter::SqlJobStore store(std::move(disk), {});
    std::error_code code;
    const auto acknowledged = fill_disk(store, code);
    CHECK(code == Errc::store_full);
    REQUIRE(acknowledged > 0);
    CHECK_FALSE(find(store, new_job(acknowledged).id));
    for (std::uint64_t i = 0; i < acknowledged; ++i) CHECK(find(store, new_job(i).id));

    small_disk.make_room();
    CHECK_FALSE(code_of([&] { submit(store, big_job(acknowledged)); }));
}

TEST_CASE("the next call of an open store reports a removed or replaced file") {
    const SqliteFile file;
    const auto store = open_store(file.url());
    submit(*store, new_job(1));
    const auto away = file.path().string() + ".away";
    std::filesystem::rename(file.path(), away);
    const auto everywhere_unavailable = [&] {
        CHECK(code_of([&] { submit(*store, new_job(2)); }) == Errc::store_unavailable);
        CHECK(code_of([&] { find(*store, new_job(1).id); }) == Errc::store_unavailable);
        CHECK(code_of([&] { claim(*store, 1); }) == Errc::store_unavailable);
    };
    everywhere_unavailable();
    CHECK_FALSE(std::filesystem::exists(file.path()));
    std::ofstream(file.path()) << "another file";
    everywhere_unavailable();
    CHECK(contains(message_of([&] { submit(*store, new_job(2)); }), file.path().string()));

    std::filesystem::rename(away, file.path());
    CHECK(find(*store, new_job(1).id));
    submit(*store, new_job(2));
    CHECK(find(*open_store(file.url()), new_job(2).id));
}

/// Returns the text of the error of a call of the store; empty if it succeeds.
std::string trouble(JobStore& store) {
    std::string message;
    try {
        find(store, new_job(1).id);
    } catch (const Error& error) {
        CHECK(error.code() == Errc::store_unavailable);
        message = error.what();
    }
    CHECK(code_of([&] { submit(store, new_job(2)); }) ==
          (message.empty() ? std::error_code() : Errc::store_unavailable));
    return message;
}

TEST_CASE("the next call of an open store reports a removed or replaced log") {
    for (const char* end : {"-wal", "-shm"}) {
        CAPTURE(end);
        const SqliteFile file;
        auto store = open_store(file.url());
        submit(*store, new_job(1));
        const auto path = file.path().string() + end, away = path + ".away";
        std::filesystem::rename(path, away);
        CHECK(contains(trouble(*store), path));
        CHECK(contains(message_of([&] { claim(*store, 1); }), path));
        CHECK_FALSE(std::filesystem::exists(path));
        std::filesystem::copy(away, path);
        CHECK(contains(trouble(*store), path));
        std::filesystem::rename(away, path);
        CHECK(trouble(*store).empty());

        std::filesystem::remove(path);
        CHECK(contains(trouble(*store), path));
        store.reset(); // SQLite copies the log that it has open
        store = open_store(file.url());
        CHECK(find(*store, new_job(1).id));
        CHECK(find(*store, new_job(2).id));
        CHECK(Sqlite(file.path()).value("PRAGMA integrity_check") == "ok");
    }
}

TEST_CASE("the next call of an open store reports a replaced folder") {
    const SqliteFile file("folder/jobs.db");
    const auto folder = file.path().parent_path(), away = folder.parent_path() / "away";
    std::filesystem::create_directory(folder);
    const auto store = open_store(file.url());
    submit(*store, new_job(1));
    std::filesystem::rename(folder, away);
    CHECK_FALSE(trouble(*store).empty());
    std::filesystem::copy(away, folder);
    CHECK_FALSE(trouble(*store).empty());
    std::filesystem::remove_all(folder);
    std::filesystem::rename(away, folder);
    CHECK(trouble(*store).empty());
}

TEST_CASE("a store opened by a link watches and trims the log next to the file") {
    const SqliteFile file("real.db"), link;
    std::filesystem::create_symlink(file.path(), link.path());
    const auto store = open_store(link.url());
    fill_log_beside_reader(*store, file);
    store->purge(10);
    CHECK(std::filesystem::file_size(file.path().string() + "-wal") == 0);
    std::filesystem::remove(file.path().string() + "-wal");
    CHECK(contains(trouble(*store), "real.db-wal"));
}

TEST_CASE("a store works after all its sessions were closed and SQLite has removed the log") {
    const SqliteFile file;
    const soci_adapter::SqliteDialect dialect({.path = file.path().string(), .busy_timeout = 5s});
    auto session = dialect.open();
    dialect.prepare(*session);
    session.reset();
    CHECK_FALSE(std::filesystem::exists(file.path().string() + "-wal"));
    session = dialect.open();
    dialect.begin_write(*session);
    dialect.commit(*session);
}

TEST_CASE("a store at a relative path does not depend on the directory of the process") {
    const SqliteFile file;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(file.path().parent_path());
    const auto store = open_store("sqlite:jobs.db");
    std::filesystem::current_path(before);
    CHECK(trouble(*store).empty());
    CHECK(find(*open_store(file.url()), new_job(2).id));
}

TEST_CASE("a batch too large for the disk is not submitted partially") {
    const SqliteFile file;
    auto disk = std::make_unique<SmallDisk>(file);
    const SmallDisk& small_disk = *disk;
    soci_adapter::SqlJobStore store(std::move(disk), {});
    std::vector<NewJob> batch;
    for (std::uint64_t i = 0; i < 100; ++i) batch.push_back(big_job(i));
    CHECK(code_of([&] { store.submit(batch); }) == Errc::store_full);
    CHECK(store.list({}).jobs.empty());
    small_disk.make_room();
    CHECK(store.submit(batch).size() == batch.size());
    CHECK(store.list({.limit = 1000}).jobs.size() == batch.size());
}

TEST_CASE("a file that reached its size limit is store_full at the commit") {
    const SqliteFile file;
    ForkedProcess child([&](int out) {
        std::signal(SIGXFSZ, SIG_IGN);
        const auto store = open_store(file.url());
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        const auto before = limit;
        limit.rlim_cur = 500'000;
        ::setrlimit(RLIMIT_FSIZE, &limit);
        std::error_code code;
        const auto acknowledged = fill_disk(*store, code);
        if (code != Errc::store_full) return ForkedProcess::write_text(out, code.message());
        ::setrlimit(RLIMIT_FSIZE, &before);
        for (std::uint64_t i = 0; i <= acknowledged; ++i)
            if (find(*store, new_job(i).id).has_value() != (i < acknowledged))
                return ForkedProcess::write_text(out, "wrong jobs");
        submit(*store, big_job(acknowledged));
        ForkedProcess::write_text(out, acknowledged > 0 ? "full, then not" : "full at once");
    });
    CHECK(child.read_all() == "full, then not");
}

TEST_CASE("another process's write lock makes writes fail with store_busy after the timeout, and "
          "reads continue") {
    const SqliteFile file;
    const auto store = open_store(file.url(), {.busy_timeout = std::chrono::milliseconds{1}});
    submit(*store, new_job(1));
    Sqlite other(file.path());
    other.run("BEGIN IMMEDIATE");
    const auto code = code_of([&] { submit(*store, new_job(2)); });
    CHECK(code == Errc::store_busy);
    CHECK(code == Condition::retryable);
    CHECK(code_of([&] { claim(*store, 1); }) == Errc::store_busy);
    CHECK(find(*store, new_job(1).id));
    CHECK_FALSE(find(*store, new_job(2).id));
    other.run("COMMIT");
    CHECK_FALSE(code_of([&] { submit(*store, new_job(2)); }));
    CHECK(claim(*store, 5).size() == 2);
}

TEST_CASE("a call with nothing to write takes no write lock") {
    const SqliteFile file;
    const auto store = open_store(file.url(), {.busy_timeout = std::chrono::milliseconds{1}});
    auto later = new_job(1);
    later.delay = std::chrono::hours{1};
    submit(*store, later);
    Sqlite other(file.path());
    other.run("BEGIN IMMEDIATE");
    const std::vector<std::string> queues = {"default", "empty"};
    Exchange result;
    CHECK_NOTHROW(result = store->claim({.worker = "w", .queues = queues, .limit = 5}));
    CHECK(result.claimed.empty());
    CHECK(result.next_due_in.value_or(Duration{}) > std::chrono::minutes{59});
    CHECK_NOTHROW(store->rescue(10, 3));
    CHECK_NOTHROW(store->purge(10));
    CHECK_NOTHROW(store->submit({}));
    CHECK_NOTHROW(store->renew({}, {}));
    CHECK_NOTHROW(store->exchange({}, {}));
}

TEST_CASE("no call keeps a snapshot") {
    const SqliteFile file;
    const auto store = open_store(file.url());
    Sqlite other(file.path());
    const auto wal_is_free = [&] { return other.value("PRAGMA wal_checkpoint(TRUNCATE)") == "0"; };
    for (std::uint64_t i = 0; i < 5; ++i) submit(*store, new_job(i));
    const auto claimed = claim(*store, 2);
    CHECK(wal_is_free());
    const Heartbeat heartbeats[] = {{claimed.at(0).lease, Progress{50, "half"}}};
    store->renew(heartbeats, std::chrono::seconds{30});
    const Settlement settlements[] = {Settlement::completed(claimed.at(0).lease, {}),
                                      Settlement::released(claimed.at(1).lease)};
    store->settle(settlements);
    CHECK(wal_is_free());
    store->list({.limit = 2});
    store->leases_of("w");
    store->workload("default", "noop");
    CHECK(wal_is_free());
    store->cancel(new_job(4).id, {});
    store->retry(new_job(4).id);
    store->set_paused("default", true);
    CHECK(wal_is_free());
}

TEST_CASE("a row that another program spoilt fails only the call that reads it") {
    const SqliteFile file;
    const auto store = open_store(file.url());
    submit(*store, new_job(1));
    submit(*store, new_job(2));
    Sqlite other(file.path());
    other.run("UPDATE jobs SET id = 'spoilt' WHERE id = '" + std::string(new_job(1).id.text()) +
              "'");
    CHECK(code_of([&] { store->list({}); }) == Errc::store_failure);
    CHECK(other.value("PRAGMA wal_checkpoint(TRUNCATE)") == "0");
    CHECK(find(*store, new_job(2).id));
    CHECK(code_of([&] { claim(*store, 2); }) == Errc::store_failure);
    other.run("DELETE FROM jobs WHERE id = 'spoilt'");
    CHECK(claim(*store, 2).size() == 1);
}

TEST_CASE("sweeps remove expired tombstones, at most the limit at once") {
    const SqliteFile file;
    static constexpr Timestamp fixed_time{std::chrono::days{20'000}};
    const auto store = open_store(file.url(), {.clock = [] { return fixed_time; }});
    for (std::uint64_t i = 1; i <= 5; ++i) {
        auto job = new_job(i);
        job.owner = "ann";
        job.retention = Duration::zero();
        submit(*store, job);
        store->cancel(job.id, {});
    }
    REQUIRE(store->purge(10) == 5);
    Sqlite other(file.path());
    CHECK(store->purge(10) == 0);
    CHECK(other.value("SELECT count(*) FROM job_tombstones") == "5");
    other.run("UPDATE job_tombstones SET expires_at = " +
              std::to_string(fixed_time.time_since_epoch().count()));
    CHECK_FALSE(store->tombstone_owner(new_job(1).id));
    store->purge(2);
    CHECK(other.value("SELECT count(*) FROM job_tombstones") == "3");
    store->purge(10);
    CHECK(other.value("SELECT count(*) FROM job_tombstones") == "0");
}

TEST_CASE("an error written by hand is read as far as possible") {
    const SqliteFile file;
    const auto store = open_store(file.url());
    submit(*store, new_job(1));
    Sqlite other(file.path());
    other.run(R"(UPDATE jobs SET error = '{"details": [1], "message": "m", "code": "c"}')");
    const auto error = find(*store, new_job(1).id).value().error.value();
    CHECK(error.code == "c");
    CHECK(error.message == "m");
    CHECK(error.details.text() == "[1]");
    other.run("UPDATE jobs SET error = 'no JSON'");
    CHECK(find(*store, new_job(1).id).value().error.value().code == "internal_error");
}

TEST_CASE("an error of the store contains no SQL and no values") {
    const SqliteFile file;
    const auto store = open_store(file.url());
    Sqlite(file.path()).run("DROP TABLE jobs");
    auto job = new_job(1);
    job.input = JsonText::parse("\"secret\"");
    const auto message = message_of([&] { submit(*store, job); });
    CHECK_FALSE(message.empty());
    for (const std::string part : {"secret", "INSERT", "job-"})
        CHECK(message.find(part) == std::string::npos);
}

TEST_CASE("writers and readers of two stores on one file never block each other for long") {
    const SqliteFile file;
    const auto a = open_store(file.url() + "?synchronous=off");
    const auto b = open_store(file.url() + "?synchronous=off");
    std::atomic<int> faults = 0;
    const auto work = [&](JobStore& store, std::uint64_t from) {
        for (std::uint64_t i = from; i < from + 100; ++i) {
            if (code_of([&] {
                    submit(store, new_job(i));
                    store.cancel(new_job(i).id, {});
                    store.list({.limit = 3});
                    store.retry(new_job(i).id);
                    claim(store, 1);
                }))
                ++faults;
        }
    };
    std::thread threads[] = {std::thread(work, std::ref(*a), 0),
                             std::thread(work, std::ref(*a), 1000),
                             std::thread(work, std::ref(*b), 2000)};
    for (auto& thread : threads) thread.join();
    CHECK(faults == 0);
    CHECK(a->list({.limit = 1000}).jobs.size() == 300);
}

TEST_CASE("every acknowledged job survives the death of the process that submitted it") {
    const SqliteFile file;
    open_store(file.url());
    std::uint64_t acknowledged = 0, round = 0;
    for (; round < 20; ++round) {
        ForkedProcess child([&](int out) {
            const auto store = open_store(file.url());
            for (std::uint64_t i = 0;; ++i) {
                auto job = new_job(round * 1'000'000 + i);
                submit(*store, job);
                ForkedProcess::write_text(out, std::string(job.id.text()));
            }
        });
        std::string ids = child.read(JobId::length * (1 + round));
        child.kill();
        ids += child.read_all();
        const auto store = open_store(file.url());
        for (; ids.size() >= JobId::length; ids.erase(0, JobId::length), ++acknowledged) {
            const auto id = JobId::parse(std::string_view(ids).substr(0, JobId::length));
            REQUIRE(id);
            CHECK(find(*store, *id));
        }
    }
    CHECK(acknowledged >= 200);
    CHECK(Sqlite(file.path()).value("PRAGMA integrity_check") == "ok");
}

} // namespace
