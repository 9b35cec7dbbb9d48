#include "subject.hpp"

#include "db/store_url.hpp"
#include "sqlite/schema.hpp"
#include "sqlite/statements.hpp"

#include <asyncjobs/job_id.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace bench {
namespace {

using asyncjobs::soci_adapter::Sql;
namespace sqlite = asyncjobs::soci_adapter::sqlite;

/// A prepared statement of the C API. Parameters follow the order of their first appearance.
class Statement {
public:
    Statement(sqlite3* connection, std::string_view sql) {
        if (sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()), &handle_,
                               nullptr) != SQLITE_OK)
            throw std::runtime_error(sqlite3_errmsg(connection));
    }
    ~Statement() { sqlite3_finalize(handle_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    template <typename... Args>
    Statement& bind(const Args&... args) {
        int at = 0;
        (bind_at(++at, args), ...);
        return *this;
    }

    bool step() {
        const int result = sqlite3_step(handle_);
        if (result == SQLITE_ROW) return true;
        sqlite3_reset(handle_);
        if (result != SQLITE_DONE) throw std::runtime_error(sqlite3_errstr(result));
        return false;
    }

    std::string_view text(int at) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_, at));
        return {text, static_cast<std::size_t>(sqlite3_column_bytes(handle_, at))};
    }
    std::int64_t number(int at) { return sqlite3_column_int64(handle_, at); }

private:
    void bind_at(int at, std::string_view text) {
        sqlite3_bind_text(handle_, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    }
    void bind_at(int at, std::int64_t number) { sqlite3_bind_int64(handle_, at, number); }
    void bind_at(int at, std::nullptr_t) { sqlite3_bind_null(handle_, at); }

    sqlite3_stmt* handle_ = nullptr;
};

void run(sqlite3* connection, const std::string& sql) {
    if (sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        throw std::runtime_error(sqlite3_errmsg(connection));
}

/// The same durable work with the same statements on the C API: one thread, no engine.
class BareSqlite final : public Subject {
public:
    BareSqlite(const std::string& path, const std::string& synchronous, const Load& load)
        : load_(load), connection_(open(path, synchronous)) {}
    ~BareSqlite() override {
        for (auto* statement : {&insert_, &complete_, &claim_, &begin_, &commit_})
            statement->reset();
        sqlite3_close(connection_);
    }

    double enqueue1() override {
        return rate(load_.jobs, load_.seconds, [&] { return insert(1); });
    }
    double enqueue16() override { return enqueue1(); } // SQLite has one writer
    double bulk() override {
        return rate(load_.jobs, load_.seconds, [&] { return insert(1000); });
    }

    double drain() override {
        fill(load_.jobs);
        return exchange_all(drain_batch);
    }

    double latency() override {
        return median_of([&] {
            const auto start = Clock::now();
            insert(1);
            exchange(1);
            const auto time = microseconds_since(start);
            exchange(0);
            return time;
        });
    }

private:
    static sqlite3* open(const std::string& path, const std::string& synchronous) {
        sqlite3* connection = nullptr;
        sqlite3_open_v2(path.c_str(), &connection,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
        run(connection, "PRAGMA journal_mode = WAL");
        run(connection, "PRAGMA synchronous = " + synchronous);
        for (const auto& step : asyncjobs::soci_adapter::sqlite_migrations())
            run(connection, step.sql);
        return connection;
    }

    void fill(std::size_t jobs) {
        for (std::size_t done = 0; done < jobs; done += 1000)
            insert(std::min<std::size_t>(jobs - done, 1000));
    }

    std::size_t insert(std::size_t count) {
        begin_->step();
        const auto time = now();
        constexpr std::int64_t week = 604'800'000'000;
        for (std::size_t i = 0; i < count; ++i) {
            const auto id = asyncjobs::JobId::make(asyncjobs::Timestamp{asyncjobs::Duration{time}},
                                                   0, next_id_++);
            insert_
                ->bind(id.text(), "noop", "default", "", std::int64_t{0}, std::int64_t{5}, nullptr,
                       nullptr, nullptr, std::int64_t{0}, week, week, time, time, nullptr, nullptr,
                       input_, nullptr, std::int64_t{0})
                .step();
        }
        commit_->step();
        return count;
    }

    /// Settles the claimed jobs and claims more; returns the number of settled jobs.
    std::size_t exchange(std::size_t limit) {
        begin_->step();
        const auto time = now();
        for (const auto& [id, fence] : held_)
            complete_->bind(std::int64_t{-1}, "", "null", time, id, fence).step();
        const auto settled = held_.size();
        held_.clear();
        if (limit > 0) {
            constexpr std::int64_t lease_for = 30'000'000;
            claim_->bind("bench", time, time + lease_for, lease_for, std::int64_t{0}, "default",
                         static_cast<std::int64_t>(limit));
            while (claim_->step()) {
                held_.emplace_back(claim_->text(1), claim_->number(2));
                claim_->text(6);
            }
        }
        commit_->step();
        return settled;
    }

    double exchange_all(std::size_t batch) {
        exchange(batch);
        return rate(load_.jobs, 1e9, [&] { return exchange(batch); });
    }

    std::unique_ptr<Statement> prepare(const Sql& sql) {
        return prepare(compose(sql, sqlite::fragments));
    }
    std::unique_ptr<Statement> prepare(std::string_view sql) {
        return std::make_unique<Statement>(connection_, sql);
    }

    const Load load_;
    const std::string input_ = input();
    sqlite3* const connection_;
    std::unique_ptr<Statement> insert_ = prepare(sqlite::sql.insert);
    std::unique_ptr<Statement> complete_ = prepare(sqlite::sql.complete);
    std::unique_ptr<Statement> claim_ = prepare(sqlite::sql.claim);
    std::unique_ptr<Statement> begin_ = prepare("BEGIN IMMEDIATE");
    std::unique_ptr<Statement> commit_ = prepare("COMMIT");
    std::vector<std::pair<std::string, std::int64_t>> held_;
    std::uint64_t next_id_ = 0;
};

/// A separate file.
class SqlitePlace final : public Place {
public:
    explicit SqlitePlace(const std::string& url)
        : url_(url), parts_(asyncjobs::soci_adapter::parse_store_url(url)) {
        if (std::filesystem::exists(parts_.target))
            throw std::runtime_error(parts_.target +
                                     " exists already; the benchmark must create it");
    }
    ~SqlitePlace() override {
        for (const char* suffix : {"", "-wal", "-shm"})
            std::filesystem::remove(parts_.target + suffix);
    }

    std::string url() const override { return url_; }
    void tidy_up() const override {
        sqlite3* connection = nullptr;
        sqlite3_open(parts_.target.c_str(), &connection);
        run(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        sqlite3_close(connection);
    }
    std::shared_ptr<void> hold_snapshot() const override {
        sqlite3* connection = nullptr;
        sqlite3_open(parts_.target.c_str(), &connection);
        run(connection, "BEGIN");
        run(connection, "SELECT count(*) FROM sqlite_master");
        return {connection, [](void* opened) { sqlite3_close(static_cast<sqlite3*>(opened)); }};
    }
    std::size_t log_bytes() const override {
        std::error_code ignored;
        return std::filesystem::file_size(parts_.target + "-wal", ignored);
    }
    std::unique_ptr<Subject> make_bare(const Load& load) const override {
        const auto given = parts_.parameters.find("synchronous");
        return std::make_unique<BareSqlite>(
            parts_.target, given == parts_.parameters.end() ? "full" : given->second, load);
    }

private:
    const std::string url_;
    const asyncjobs::soci_adapter::StoreUrl parts_;
};

} // namespace

std::unique_ptr<Place> make_sqlite_place(const std::string& url) {
    return std::make_unique<SqlitePlace>(url);
}

} // namespace bench
