#include "bare_server.hpp"

#include "json_rows.hpp"
#include "mysql_options.hpp"
#include "mysql_statements.hpp"
#include "store_url.hpp"
#include "table_names.hpp"

#include <asyncjobs/job_id.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <fmt/format.h>
#include <mysql.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <random>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

using namespace asyncjobs::soci_adapter;

/// For a parameter: its name with the colon, and what stands in its place.
struct Value {
    Value(std::string_view of, std::string_view what) : name(of), text(what) {}
    Value(std::string_view of, std::int64_t what)
        : name(of), text(std::to_string(what)), is_number(true) {}

    std::string_view name;
    std::string text;
    bool is_number = false;
};
using Values = std::vector<Value>;

/// A connection of the C API. Values go into the text, as SOCI has them.
class MysqlConnection {
public:
    explicit MysqlConnection(const MysqlOptions& options)
        : prefix_(options.table_prefix), handle_(mysql_init(nullptr), &mysql_close) {
        if (!mysql_real_connect(handle_.get(), options.host.c_str(), options.user.c_str(),
                                options.password.c_str(), options.database.c_str(),
                                static_cast<unsigned>(options.port),
                                options.socket.empty() ? nullptr : options.socket.c_str(), 0))
            fail();
        run("SET NAMES utf8mb4");
        run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
        run("SET autocommit = 0");
    }

    /// `each(row)` sees the rows, as arrays of texts.
    template <typename Each>
    void run(std::string_view sql, const Values& values, Each each) {
        const std::string text = filled_in(sql, values);
        if (mysql_real_query(handle_.get(), text.data(), text.size()) != 0) fail();
        const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> rows(
            mysql_store_result(handle_.get()), &mysql_free_result);
        if (!rows) return;
        while (const MYSQL_ROW row = mysql_fetch_row(rows.get())) each(row);
    }
    void run(std::string_view sql, const Values& values = {}) {
        run(sql, values, [](MYSQL_ROW) {});
    }

private:
    [[noreturn]] void fail() { throw std::runtime_error(mysql_error(handle_.get())); }

    std::string filled_in(std::string_view sql, const Values& values) {
        std::string text = with_table_prefix(sql, prefix_);
        for (const Value& value : values) {
            const std::string written = value.is_number ? value.text : quoted(value.text);
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
};

/// What one thread does on one connection.
class MysqlWorker {
public:
    using Options = MysqlOptions;
    explicit MysqlWorker(const Options& options) : connection_(options) {}

    void remove_all() { connection_.run("TRUNCATE jobs"); }

    std::size_t insert(std::size_t count) {
        const auto time = now();
        JsonRows rows;
        for (std::size_t i = 0; i < count; ++i) {
            const auto id = asyncjobs::JobId::make(asyncjobs::Timestamp{asyncjobs::Duration{time}},
                                                   random_(), random_());
            const std::optional<std::string> none;
            rows.add(id, "noop", "default", "", 0, 5, none, none, none, 0,
                     std::int64_t{604'800'000'000}, time, none, none, input_, none);
        }
        connection_.run(mysql::insert.text, {{":now", time}, {":rows", rows.take()}});
        connection_.run("COMMIT");
        return count;
    }

    /// Settles what was claimed before and claims anew; answers how many it
    /// settled.
    std::size_t exchange(std::size_t limit) {
        const auto time = now();
        const auto settled = held_.size();
        if (settled > 0) settle(time);
        if (limit > 0) claim(time, limit);
        connection_.run("COMMIT");
        return settled;
    }

    bool holds_any() const noexcept { return !held_.empty(); }

private:
    void settle(std::int64_t time) {
        const std::optional<std::string_view> none;
        JsonRows ids, rows;
        std::ranges::sort(held_);
        for (const auto& id : held_) {
            ids.add(id);
            rows.add(id, "completed", 100, none, 1, 0, time, time, none, none,
                     time + 604'800'000'000, "null", none, none);
        }
        held_.clear();
        connection_.run(mysql::lock_all.text, {{":ids", ids.take()}});
        connection_.run(mysql::end_leases.text, {{":now", time}, {":rows", rows.take()}});
    }

    void claim(std::int64_t time, std::size_t limit) {
        JsonRows ids;
        std::int64_t first = 0;
        connection_.run(mysql::find_due.text,
                        {{":now", time},
                         {":queue", "default"},
                         {":first", floor_},
                         {":last", time},
                         {":n", static_cast<std::int64_t>(limit)}},
                        [&](MYSQL_ROW row) {
                            if (first == 0) first = std::stoll(row[0]);
                            held_.emplace_back(row[1]);
                            ids.add(held_.back());
                        });
        floor_ = first;
        if (ids.count() > 0)
            connection_.run(mysql::take.text, {{":ids", ids.take()},
                                               {":worker", "bench"},
                                               {":now", time},
                                               {":lease_expires_at", time + 30'000'000}});
    }

    MysqlConnection connection_;
    const std::string input_ = input();
    std::mt19937_64 random_{std::random_device{}()};
    std::vector<std::string> held_;
    std::int64_t floor_ = 0; ///< where to look for jobs that are due
};

/// Tables of its own.
class MysqlPlace final : public Place {
public:
    explicit MysqlPlace(const std::string& url)
        : url_(url + (url.find('?') == url.npos ? "?" : "&") + "table_prefix=" + prefix_),
          options_(options_of(url_, prefix_)) {}
    ~MysqlPlace() override {
        MysqlConnection connection(options_);
        connection.run("DROP VIEW IF EXISTS jobs_readable");
        connection.run("DROP TABLE IF EXISTS jobs, job_queues, job_dependencies, asyncjobs_schema");
    }

    std::string url() const override { return url_; }
    void tidy_up() const override {
        MysqlConnection connection(options_);
        for (bool is_clean = false; !is_clean;) // what is gone is being removed
            connection.run("SELECT count FROM information_schema.innodb_metrics"
                           " WHERE name = 'trx_rseg_history_len'",
                           {}, [&](MYSQL_ROW row) { is_clean = std::stoll(row[0]) < 100; });
        connection.run("FLUSH TABLES jobs FOR EXPORT");
        connection.run("UNLOCK TABLES");
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
