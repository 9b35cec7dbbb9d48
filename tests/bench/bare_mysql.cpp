#include "bare_server.hpp"

#include "db/json_rows.hpp"
#include "db/store_url.hpp"
#include "db/table_names.hpp"
#include "mysql/batch.hpp"
#include "mysql/options.hpp"
#include "mysql/slots.hpp"
#include "mysql/statements.hpp"

#include <asyncjobs/job_id.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <fmt/format.h>

#include <mysql.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

using namespace asyncjobs::soci_adapter;

/// A parameter: its name with the colon, and the text that replaces it.
struct Value {
    Value(std::string_view of, std::string_view what) : name(of), text(what) {}
    Value(std::string_view of, std::int64_t what)
        : name(of), text(std::to_string(what)), is_quoted(false) {}
    Value(std::string_view of, Expression what)
        : name(of), text(std::move(what.text)), is_quoted(false) {}

    std::string_view name;
    std::string text;
    bool is_quoted = true;
};
using Values = std::vector<Value>;

/// A connection of the C API. Like the store, it puts values into the text, and several statements
/// into a packet.
class MysqlConnection {
public:
    explicit MysqlConnection(const MysqlOptions& options)
        : prefix_(options.table_prefix), handle_(mysql_init(nullptr), &mysql_close) {
        if (!mysql_real_connect(handle_.get(), options.host.c_str(), options.user.c_str(),
                                options.password.c_str(), options.database.c_str(),
                                static_cast<unsigned>(options.port),
                                options.socket.empty() ? nullptr : options.socket.c_str(), 0))
            fail();
        if (mysql_set_server_option(handle_.get(), MYSQL_OPTION_MULTI_STATEMENTS_ON) != 0) fail();
        run("SET NAMES utf8mb4");
        run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
        run("SET autocommit = 0");
    }

    /// Of the next packet. `each(row)` sees the rows, as arrays of texts.
    void add(std::string_view sql, const Values& values, std::function<void(MYSQL_ROW)> each) {
        if (!packet_.empty()) packet_ += ';';
        packet_ += filled_in(sql, values);
        readers_.push_back(std::move(each));
    }
    void add(std::string_view sql, const Values& values = {}) {
        add(sql, values, [](MYSQL_ROW) {});
    }
    void add(
        const Sql& sql, const Values& values,
        std::function<void(MYSQL_ROW)> each = [](MYSQL_ROW) {}) {
        add(composed(sql), values, std::move(each));
    }

    /// Sends the packet.
    void send() {
        if (readers_.empty()) return;
        const auto packet = std::exchange(packet_, {});
        const auto readers = std::exchange(readers_, {});
        int failed = mysql_real_query(handle_.get(), packet.data(), packet.size());
        for (const auto& each : readers) {
            if (failed != 0) fail();
            const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> rows(
                mysql_store_result(handle_.get()), &mysql_free_result);
            while (const MYSQL_ROW row = rows ? mysql_fetch_row(rows.get()) : nullptr) each(row);
            failed = mysql_next_result(handle_.get());
        }
    }

    void run(std::string_view sql, const Values& values, std::function<void(MYSQL_ROW)> each) {
        add(sql, values, std::move(each));
        send();
    }
    void run(std::string_view sql, const Values& values = {}) {
        run(sql, values, [](MYSQL_ROW) {});
    }

private:
    [[noreturn]] void fail() { throw std::runtime_error(mysql_error(handle_.get())); }

    const std::string& composed(const Sql& sql) {
        std::string& text = composed_[sql.name];
        if (text.empty()) text = compose(sql, mysql::fragments);
        return text;
    }

    std::string filled_in(std::string_view sql, const Values& values) {
        std::string text = with_table_prefix(sql, prefix_);
        for (const Value& value : values) {
            const std::string written = value.is_quoted ? quoted(value.text) : value.text;
            for (auto at = text.find(value.name); at != text.npos; at = text.find(value.name, at)) {
                const auto end = at + value.name.size();
                const bool is_longer =
                    end < text.size() && (std::isalpha(text[end]) != 0 || text[end] == '_');
                if (!is_longer) text.replace(at, value.name.size(), written);
                at += is_longer ? value.name.size() : written.size();
            }
        }
        return text;
    }

    std::string quoted(const std::string& value) {
        std::string text(value.size() * 2 + 3, '\'');
        const auto size =
            mysql_real_escape_string(handle_.get(), text.data() + 1, value.data(), value.size());
        text.resize(size + 1);
        return text += '\'';
    }

    const std::string prefix_;
    std::unique_ptr<MYSQL, decltype(&mysql_close)> handle_;
    std::string packet_;
    std::map<std::string_view, std::string> composed_; ///< by the statements' names
    std::vector<std::function<void(MYSQL_ROW)>> readers_;
};

/// The work of one thread on one connection.
class MysqlWorker {
public:
    using Options = MysqlOptions;
    explicit MysqlWorker(const Options& options) : connection_(options) {}

    void remove_all() { connection_.run("TRUNCATE jobs"); }

    std::size_t insert(std::size_t count) {
        constexpr std::int64_t week = 604'800'000'000;
        const auto time = now();
        JsonRows rows;
        for (std::size_t i = 0; i < count; ++i) {
            const auto id = asyncjobs::JobId::make(asyncjobs::Timestamp{asyncjobs::Duration{time}},
                                                   random_(), random_());
            const std::optional<std::string> none;
            rows.add(id, "noop", "default", "", 0, 5, none, none, none, 0, week, week, time, none,
                     none, input_, none, 0);
        }
        connection_.add(mysql::sql.insert, {{":now", time}, {":rows", rows.take()}});
        connection_.add("COMMIT");
        connection_.send();
        return count;
    }

    /// Settles the claimed jobs and claims more; returns the number of settled jobs.
    std::size_t exchange(std::size_t limit) {
        const auto time = now();
        const auto settled = held_.size();
        if (settled > 0) settle(time);
        if (limit > 0) find(time, limit);
        connection_.send();
        if (!held_.empty())
            connection_.add(mysql::sql.take, {{":these", literals_of(held_)},
                                              {":worker", "bench"},
                                              {":now", time},
                                              {":lease_for", std::int64_t{30'000'000}},
                                              {":used", std::int64_t{0}},
                                              {":ahead", std::int64_t{0}}});
        connection_.add("COMMIT");
        connection_.send();
        return settled;
    }

    bool holds_any() const noexcept { return !held_.empty(); }

private:
    void settle(std::int64_t time) {
        const auto held = std::exchange(held_, {});
        const Expression none{"NULL"};
        connection_.add(
            mysql::sql.lock_settled,
            {{":becomes", "completed"}, {":these", literals_of(held)}, {":fence", fence_}});
        connection_.add(mysql::sql.settle, {{":becomes", "completed"},
                                            {":percent", std::int64_t{-1}},
                                            {":message", ""},
                                            {":result", "null"},
                                            {":error", none},
                                            {":entry", none},
                                            {":now", time},
                                            {":delay", std::int64_t{0}},
                                            {":refund", std::int64_t{0}},
                                            {":these", literals_of(held)},
                                            {":fence", fence_}});
    }

    void find(std::int64_t time, std::size_t limit) {
        const auto watermark = std::exchange(watermark_, 0);
        const asyncjobs::Timestamp from{asyncjobs::Duration{watermark}},
            now{asyncjobs::Duration{time}};
        connection_.add(mysql::sql.find_due,
                        {{":now", time},
                         {":queue", "default"},
                         {":slots", slots_of({from, asyncjobs::Timestamp::max()}, now).condition},
                         {":from", watermark},
                         {":to", std::numeric_limits<std::int64_t>::max()},
                         {":some", static_cast<std::int64_t>(2 * limit)},
                         {":n", static_cast<std::int64_t>(limit)}},
                        [this](MYSQL_ROW row) {
                            if (watermark_ == 0) watermark_ = std::stoll(row[0]);
                            held_.insert(
                                std::ranges::upper_bound(held_, *asyncjobs::JobId::parse(row[1])),
                                *asyncjobs::JobId::parse(row[1]));
                        });
    }

    static constexpr std::int64_t fence_ = 1; ///< each job is claimed once
    MysqlConnection connection_;
    const std::string input_ = input();
    std::mt19937_64 random_{std::random_device{}()};
    std::vector<asyncjobs::JobId> held_; ///< sorted
    std::int64_t watermark_ = 0;         ///< low-water mark of due jobs
};

/// A set of tables with its own prefix.
class MysqlPlace final : public Place {
public:
    explicit MysqlPlace(const std::string& url)
        : url_(url + (url.find('?') == url.npos ? "?" : "&") + "table_prefix=" + prefix_),
          options_(options_of(url_, prefix_)) {}
    ~MysqlPlace() override {
        MysqlConnection connection(options_);
        connection.run("DROP VIEW IF EXISTS jobs_readable");
        connection.run("DROP TABLE IF EXISTS jobs, job_queues, job_dependencies, job_limits, "
                       "job_buckets, job_slots, job_waiting, job_tombstones, job_fences, "
                       "job_steps, job_workers, job_tallies, job_audit, asyncjobs_schema");
    }

    std::string url() const override { return url_; }
    void tidy_up() const override {
        MysqlConnection connection(options_);
        for (bool is_clean = false; !is_clean;) // until InnoDB has purged deleted rows
            connection.run("SELECT count FROM information_schema.innodb_metrics"
                           " WHERE name = 'trx_rseg_history_len'",
                           {}, [&](MYSQL_ROW row) { is_clean = std::stoll(row[0]) < 100; });
        connection.run("FLUSH TABLES jobs FOR EXPORT");
        connection.run("UNLOCK TABLES");
    }
    std::shared_ptr<void> hold_snapshot() const override {
        auto reader = std::make_shared<MysqlConnection>(options_);
        reader->run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        reader->run("SET SESSION wait_timeout = 28800");
        reader->run("START TRANSACTION WITH CONSISTENT SNAPSHOT");
        return reader;
    }
    std::unique_ptr<Subject> make_bare(const Load& load) const override {
        asyncjobs::open_store(url_); // makes the tables
        return std::make_unique<BareServer<MysqlWorker>>(options_, load);
    }

private:
    static MysqlOptions options_of(const std::string& url, const std::string& prefix) {
        auto options = mysql_options(parse_store_url(url));
        options.table_prefix = prefix;
        return options;
    }

    const std::string prefix_ = fmt::format("bench{}_", ::getpid());
    const std::string url_;
    const MysqlOptions options_;
};

} // namespace

std::unique_ptr<Place> make_mysql_place(const std::string& url) {
    return std::make_unique<MysqlPlace>(url);
}

} // namespace bench
