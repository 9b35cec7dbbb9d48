#include "bare_server.hpp"

#include "db/store_url.hpp"
#include "postgresql/array.hpp"
#include "postgresql/dialect.hpp"
#include "postgresql/schema.hpp"
#include "postgresql/session.hpp"
#include "postgresql/statements.hpp"

#include <asyncjobs/job_id.hpp>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

using namespace asyncjobs::soci_adapter;

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

struct Prepared {
    const char* name;
    Sql sql;
};
constexpr std::array<Prepared, 3> prepared = {{{"insert", postgresql::sql.insert},
                                               {"settle", postgresql::sql.settle},
                                               {"claim", postgresql::sql.claim}}};

/// A connection of libpq, set up like the store's, with prepared statements.
class PostgresqlConnection {
public:
    explicit PostgresqlConnection(const PostgresqlOptions& options)
        : handle_(PQconnectdb(options.connect_string.c_str()), &PQfinish) {
        if (PQstatus(handle_.get()) != CONNECTION_OK)
            throw std::runtime_error(PQerrorMessage(handle_.get()));
        run(postgresql_settings(options, false));
    }

    void run(const std::string& statements) {
        check(Result(PQexec(handle_.get(), statements.c_str()), &PQclear));
    }

    void prepare() {
        for (const auto& [name, sql] : prepared) {
            const auto text = postgresql_text(compose(sql, postgresql::fragments));
            check(Result(PQprepare(handle_.get(), name, text.c_str(), 0, nullptr), &PQclear));
        }
    }

    /// Adds a statement to the next round trip.
    void send(const char* name, const std::vector<const char*>& values) {
        if (std::exchange(is_sending_, true) == false) PQenterPipelineMode(handle_.get());
        ++sent_;
        if (PQsendQueryPrepared(handle_.get(), name, static_cast<int>(values.size()), values.data(),
                                nullptr, nullptr, 0) != 1)
            throw std::runtime_error(PQerrorMessage(handle_.get()));
    }

    /// Commits the sent statements; calls `each(result)` for each result.
    template <typename Each>
    void commit(Each each) {
        if (!std::exchange(is_sending_, false)) return;
        PQpipelineSync(handle_.get());
        for (; sent_ > 0; --sent_)
            while (const Result result = next()) each(*result);
        next(); // the result of the synchronisation
        PQexitPipelineMode(handle_.get());
    }

private:
    Result next() {
        Result result(PQgetResult(handle_.get()), &PQclear);
        if (result && PQresultStatus(result.get()) != PGRES_PIPELINE_SYNC) check(result);
        return result;
    }
    void check(const Result& result) {
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            throw std::runtime_error(PQerrorMessage(handle_.get()));
    }

    std::unique_ptr<PGconn, decltype(&PQfinish)> handle_;
    bool is_sending_ = false;
    int sent_ = 0;
};

/// The work of one thread on one connection.
class PostgresqlWorker {
public:
    using Options = PostgresqlOptions;
    explicit PostgresqlWorker(const Options& options) : connection_(options) {
        connection_.prepare();
    }

    void remove_all() { connection_.run("TRUNCATE jobs"); }

    std::size_t insert(std::size_t count) {
        PostgresqlArray ids, types, queues, owners, priorities, max_attempts, keys,
            idempotency_keys, limit_keys, timeouts, retentions, keep_failed, run_at, delays,
            deadlines, start_within, inputs, metadata, dependents;
        for (std::size_t i = 0; i < count; ++i) {
            ids.add(asyncjobs::JobId::make(wall_clock(), random_(), random_()).text());
            types.add(std::string_view("noop"));
            queues.add(std::string_view("default"));
            owners.add(std::string_view());
            priorities.add(0);
            max_attempts.add(5);
            keys.add_null();
            idempotency_keys.add_null();
            limit_keys.add_null();
            timeouts.add(0);
            retentions.add(604'800'000'000);
            keep_failed.add(604'800'000'000);
            run_at.add_null();
            delays.add(0);
            deadlines.add_null();
            start_within.add_null();
            inputs.add(input_);
            metadata.add_null();
            dependents.add(0);
        }
        const auto step = std::to_string(asyncjobs::priority_step.count());
        connection_.send("insert", {nullptr,
                                    step.c_str(),
                                    ids.text().c_str(),
                                    types.text().c_str(),
                                    queues.text().c_str(),
                                    owners.text().c_str(),
                                    priorities.text().c_str(),
                                    max_attempts.text().c_str(),
                                    keys.text().c_str(),
                                    idempotency_keys.text().c_str(),
                                    limit_keys.text().c_str(),
                                    timeouts.text().c_str(),
                                    retentions.text().c_str(),
                                    keep_failed.text().c_str(),
                                    run_at.text().c_str(),
                                    delays.text().c_str(),
                                    deadlines.text().c_str(),
                                    start_within.text().c_str(),
                                    inputs.text().c_str(),
                                    metadata.text().c_str(),
                                    dependents.text().c_str()});
        connection_.commit([](const PGresult&) {});
        return count;
    }

    /// Settles the claimed jobs and claims more; returns the number of settled jobs.
    std::size_t exchange(std::size_t limit) {
        PostgresqlArray ids, fences, becomes, percents, messages, results, errors, entries, delays,
            refunds;
        std::ranges::sort(held_);
        for (const auto& [id, fence] : held_) {
            ids.add(id);
            fences.add(std::string_view(fence));
            becomes.add(std::string_view("completed"));
            percents.add(-1);
            messages.add(std::string_view());
            results.add(std::string_view("null"));
            errors.add_null();
            entries.add_null();
            delays.add(0);
            refunds.add(0);
        }
        if (!held_.empty())
            connection_.send("settle", {nullptr, ids.text().c_str(), fences.text().c_str(),
                                        becomes.text().c_str(), percents.text().c_str(),
                                        messages.text().c_str(), results.text().c_str(),
                                        errors.text().c_str(), entries.text().c_str(),
                                        delays.text().c_str(), refunds.text().c_str()});
        const auto settled = held_.size();
        held_.clear();
        if (limit > 0)
            connection_.send("claim",
                             {"bench", nullptr, "30000000", "0", "{default}", watermark_.c_str(),
                              "{9223372036854775807}", std::to_string(limit).c_str()});
        connection_.commit([&](const PGresult& result) {
            constexpr int columns_of_claim = asyncjobs::soci_adapter::columns::due.size();
            if (PQnfields(&result) != columns_of_claim || PQntuples(&result) == 0) return;
            watermark_ = fmt::format("{{{}}}", PQgetvalue(&result, 0, 0));
            for (int row = 0; row < PQntuples(&result); ++row)
                held_.emplace_back(PQgetvalue(&result, row, 1), PQgetvalue(&result, row, 2));
        });
        return settled;
    }

    bool holds_any() const noexcept { return !held_.empty(); }

private:
    static asyncjobs::Timestamp wall_clock() {
        return std::chrono::floor<asyncjobs::Duration>(std::chrono::system_clock::now());
    }

    PostgresqlConnection connection_;
    const std::string input_ = input();
    std::mt19937_64 random_{std::random_device{}()};
    std::vector<std::pair<std::string, std::string>> held_; ///< id and fence
    std::string watermark_ = "{0}";                         ///< low-water mark of due jobs
};

/// A separate schema.
class PostgresqlPlace final : public Place {
public:
    explicit PostgresqlPlace(const std::string& url)
        : url_(url + (url.find('?') == url.npos ? "?" : "&") + "schema=" + schema_),
          options_(postgresql_options(parse_store_url(url_), {})) {
        PostgresqlConnection(options_).run("CREATE SCHEMA " + schema_);
    }
    ~PostgresqlPlace() override {
        PostgresqlConnection(options_).run("DROP SCHEMA " + schema_ + " CASCADE");
    }

    std::string url() const override { return url_; }
    void tidy_up() const override { PostgresqlConnection(options_).run("VACUUM ANALYZE jobs"); }
    std::shared_ptr<void> hold_snapshot() const override {
        auto reader = std::make_shared<PostgresqlConnection>(options_);
        reader->run("SET idle_in_transaction_session_timeout = 0; SET search_path = public;"
                    "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
        return reader;
    }
    std::unique_ptr<Subject> make_bare(const Load& load) const override {
        for (const auto& step : postgresql_migrations())
            PostgresqlConnection(options_).run(step.sql);
        return std::make_unique<BareServer<PostgresqlWorker>>(options_, load);
    }

private:
    const std::string schema_ = fmt::format("asyncjobs_bench_{}", ::getpid());
    const std::string url_;
    const PostgresqlOptions options_;
};

} // namespace

std::unique_ptr<Place> make_postgresql_place(const std::string& url) {
    return std::make_unique<PostgresqlPlace>(url);
}

} // namespace bench
