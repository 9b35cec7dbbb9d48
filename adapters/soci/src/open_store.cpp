#include <asyncjobs/detail/resource_error.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#ifdef ASYNCJOBS_HAS_MYSQL
#include "mysql/dialect.hpp"
#endif
#ifdef ASYNCJOBS_HAS_POSTGRESQL
#include "postgresql/dialect.hpp"
#endif
#include "db/store_url.hpp"
#include "sqlite/dialect.hpp"
#include "store/sql_job_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace {

using namespace soci_adapter;

constexpr std::string_view schemes = "sqlite: "
#ifdef ASYNCJOBS_HAS_POSTGRESQL
                                     "postgresql: "
#endif
#ifdef ASYNCJOBS_HAS_MYSQL
                                     "mysql: "
#endif
    ;

[[noreturn]] void refuse(const std::string& message) {
    throw Error(Errc::invalid_argument, message);
}

void check(const StoreOptions& options) {
    if (options.busy_timeout < Duration::zero() || options.busy_timeout > std::chrono::minutes{10})
        refuse(fmt::format("busy_timeout is {} us, but must be from 0 to 10 min",
                           options.busy_timeout.count()));
    if (options.statement_timeout < std::chrono::milliseconds{1} ||
        options.statement_timeout > std::chrono::hours{1})
        refuse(fmt::format("statement_timeout is {} us, but must be from 1 ms to 1 h",
                           options.statement_timeout.count()));
    if (options.readers < 1 || options.readers > 64)
        refuse(fmt::format("readers is {}, but must be from 1 to 64", options.readers));
    if (options.writers < 1 || options.writers > 64)
        refuse(fmt::format("writers is {}, but must be from 1 to 64", options.writers));
}

std::string table_prefix_of(const StoreUrl& url) {
    const auto given = url.parameters.find("table_prefix");
    if (given == url.parameters.end()) return {};
    check_table_prefix(given->second);
    return given->second;
}

/// As in a file URL, an absolute path follows an empty host.
std::string sqlite_path(const StoreUrl& url) {
    std::string path = url.target;
    if (!path.starts_with("//")) return path;
    if (!path.starts_with("///"))
        refuse(fmt::format("the store URL sqlite:{} names a host; use sqlite:{} for a path, or "
                           "sqlite:///PATH for an absolute one",
                           path, path.substr(2)));
    return path.erase(0, 2);
}

std::unique_ptr<Dialect> make_sqlite(const StoreUrl& url, const StoreOptions& options) {
    allow_parameters(url, {"synchronous", "table_prefix"});
    SqliteOptions sqlite{.path = sqlite_path(url),
                         .table_prefix = table_prefix_of(url),
                         .create = options.create,
                         .busy_timeout = options.busy_timeout,
                         .clock = options.clock};
    if (sqlite.path.empty()) refuse("the store URL sqlite: needs a path: sqlite:PATH");
    if (sqlite.path == ":memory:")
        refuse("the store URL sqlite::memory: is refused, as each of a store's sessions would see "
               "its own database; use memory:");
    // The process may change its directory, and SQLite does not take an absolute path for a URI.
    sqlite.path = std::filesystem::absolute(sqlite.path).string();

    if (const auto given = url.parameters.find("synchronous"); given != url.parameters.end()) {
        constexpr std::array<std::string_view, 4> levels = {"off", "normal", "full", "extra"};
        if (std::ranges::find(levels, given->second) == levels.end())
            refuse(fmt::format("synchronous is \"{}\", but must be off, normal, full or extra",
                               given->second));
        sqlite.synchronous = given->second;
    }
    return std::make_unique<SqliteDialect>(std::move(sqlite));
}

#ifdef ASYNCJOBS_HAS_MYSQL
std::unique_ptr<Dialect> make_mysql(const StoreUrl& url, const StoreOptions& options) {
    MysqlOptions mysql = mysql_options(url);
    mysql.table_prefix = table_prefix_of(url);
    mysql.busy_timeout = options.busy_timeout;
    mysql.statement_timeout = options.statement_timeout;
    mysql.writers = options.writers;
    mysql.clock = options.clock;
    return std::make_unique<MysqlDialect>(std::move(mysql));
}
#endif

std::unique_ptr<Dialect> make_dialect(const StoreUrl& url, const StoreOptions& options) {
    if (url.scheme == "sqlite") return make_sqlite(url, options);
#ifdef ASYNCJOBS_HAS_MYSQL
    if (url.scheme == "mysql") return make_mysql(url, options);
#endif
#ifdef ASYNCJOBS_HAS_POSTGRESQL
    if (url.scheme == "postgresql")
        return std::make_unique<PostgresqlDialect>(postgresql_options(url, options));
#endif
    refuse(fmt::format(
        "the store URL's scheme is \"{}\"; this build supports {}memory:", url.scheme, schemes));
}

} // namespace

std::unique_ptr<JobStore> open_store(std::string_view url, StoreOptions options) try {
    const StoreUrl parts = parse_store_url(url);
    check(options);
    if (parts.scheme == "memory") {
        allow_parameters(parts, {});
        if (!parts.target.empty())
            refuse(
                fmt::format("the store URL memory: takes no path, but has \"{}\"", parts.target));
        return options.clock ? std::make_unique<MemoryJobStore>(options.clock)
                             : std::make_unique<MemoryJobStore>();
    }
    return std::make_unique<SqlJobStore>(make_dialect(parts, options), options);
} catch (...) {
    detail::rethrow_as_error("a store");
}

std::vector<Migration> pending_migrations(std::string_view url) {
    const StoreUrl parts = parse_store_url(url);
    if (parts.scheme == "memory") return {};
    const auto dialect = make_dialect(parts, {});
    std::vector<Migration> missing;
    if (parts.scheme == "sqlite" && !std::filesystem::exists(sqlite_path(parts))) {
        const auto all = dialect->migrations();
        missing.assign(all.begin(), all.end());
    } else {
        const auto session = dialect->open();
        missing = missing_migrations(*dialect, *session);
    }
    for (Migration& step : missing) step.sql = with_table_prefix(step.sql, table_prefix_of(parts));
    return missing;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
