#include "databases/contains.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include "databases/forked_process.hpp"
#include "databases/sqlite_file.hpp"
#include "databases/store_calls.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace {

using namespace asyncjobs;
using namespace soci_test;

std::string refusal_of(const std::string& url, StoreOptions options = {}) {
    std::string message;
    try {
        open_store(url, options);
    } catch (const Error& error) {
        CHECK(error.code() == Errc::invalid_argument);
        message = error.what();
    }
    return message;
}

TEST_CASE("the refusal of a store URL names the fault and the rule") {
    CHECK(contains(refusal_of("jobs.db"), "no scheme"));
    CHECK(contains(refusal_of("redis:jobs"), "\"redis\"; this build supports sqlite: "));
    CHECK(contains(refusal_of("sqlite:"), "needs a path"));
    CHECK(contains(refusal_of("sqlite::memory:"), "use memory:"));
    CHECK(contains(refusal_of("sqlite://jobs.db"), "use sqlite:jobs.db"));
    CHECK(contains(refusal_of("memory:jobs"), "takes no path"));
    CHECK(contains(refusal_of("memory:?synchronous=off"), "allows none"));
    CHECK(contains(refusal_of("sqlite:jobs.db?cache=1"),
                   "a parameter cache, but sqlite: allows synchronous, table_prefix"));
    CHECK(contains(refusal_of("sqlite:jobs.db?synchronous=maybe"), "off, normal, full or extra"));
    CHECK(contains(refusal_of("sqlite:jobs.db?synchronous"), "not of the form name=value"));
}

TEST_CASE("options out of range are refused by name") {
    CHECK(contains(refusal_of("memory:", {.busy_timeout = Duration{-1}}), "busy_timeout is -1 us"));
    CHECK(contains(refusal_of("memory:", {.statement_timeout = Duration{1}}),
                   "statement_timeout is 1 us"));
    CHECK(contains(refusal_of("memory:", {.readers = 0}), "readers is 0"));
    CHECK(contains(refusal_of("memory:", {.readers = 65}), "readers is 65"));
    CHECK(contains(refusal_of("memory:", {.writers = 0}), "writers is 0"));
}

TEST_CASE("the schemes of the databases' own tools are accepted") {
    CHECK(contains(refusal_of("postgres:?nonsense=1"), "postgresql: allows"));
    CHECK(contains(refusal_of("mariadb://127.0.0.1"), "mysql: names no database"));
    CHECK(contains(refusal_of("sqlite3:"), "needs a path"));
}

TEST_CASE("an absolute path may follow an empty host") {
    const SqliteFile file;
    submit(*open_store("sqlite://" + file.path().string()), new_job(1));
    CHECK(find(*open_store(file.url()), new_job(1).id));
    CHECK(pending_migrations("sqlite://" + file.path().string()).empty());
}

TEST_CASE("memory: opens a store in this process") {
    const auto store = open_store("memory:");
    submit(*store, new_job(1));
    CHECK(find(*store, new_job(1).id));
}

TEST_CASE("a store's path may contain characters special to SQLite and SOCI") {
    for (const char* name :
         {"two words.db", "a=b.db", "it's.db", "a \"quote\".db", "timeout=0 dbname=x.db", "ü.db"}) {
        CAPTURE(name);
        const SqliteFile file(name);
        submit(*open_store(file.url()), new_job(1));
        CHECK(std::filesystem::exists(file.path()));
        CHECK(find(*open_store(file.url()), new_job(1).id));
    }
}

TEST_CASE("a relative path that looks like a SQLite URI is a path") {
    const SqliteFile file;
    std::filesystem::create_directories(file.path().parent_path());
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(file.path().parent_path());
    submit(*open_store("sqlite:file:jobs.db"), new_job(1));
    std::filesystem::current_path(before);
    CHECK(std::filesystem::exists(file.path().parent_path() / "file:jobs.db"));
}

TEST_CASE("a submitted job exists after the store is reopened") {
    const SqliteFile file;
    submit(*open_store(file.url()), new_job(1));
    CHECK(find(*open_store(file.url()), new_job(1).id).value().type == "noop");
}

TEST_CASE("a missing folder is store_unavailable, and the error names the path") {
    const SqliteFile file;
    const auto url = "sqlite:" + (file.path().parent_path() / "missing" / "jobs.db").string();
    CHECK(code_of([&] { open_store(url); }) == Errc::store_unavailable);
    CHECK(contains(message_of([&] { open_store(url); }), "missing/jobs.db"));
}

TEST_CASE("a file that is no database is refused unchanged") {
    const SqliteFile file;
    const std::string text(4096, 'x');
    std::ofstream(file.path()) << text;
    CHECK(code_of([&] { open_store(file.url()); }) == Errc::store_failure);
    std::ifstream in(file.path());
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == text);
}

TEST_CASE("a damaged database fails with an error that is not retryable") {
    const SqliteFile file;
    {
        const auto store = open_store(file.url());
        for (std::uint64_t i = 0; i < 500; ++i) submit(*store, new_job(i));
    }
    {
        std::fstream out(file.path(), std::ios::in | std::ios::out | std::ios::binary);
        const auto size = std::filesystem::file_size(file.path());
        out.seekp(4096);
        out << std::string(size - 4096, '\xff');
    }
    std::error_code code;
    code = code_of([&] {
        const auto store = open_store(file.url());
        store->list({});
    });
    CHECK(code == Errc::store_failure);
    CHECK(code != Condition::retryable);
}

TEST_CASE("a read-only database is store_unavailable") {
    const SqliteFile file;
    { const auto store = open_store(file.url()); }
    std::filesystem::permissions(file.path(), std::filesystem::perms{0444});
    std::filesystem::permissions(file.path().parent_path(), std::filesystem::perms{0555});
    ForkedProcess child([&](int out) {
        // Permissions do not bind root.
        if (::getuid() == 0 && ::seteuid(65534) != 0) ::_exit(1);
        const auto code = code_of([&] {
            const auto store = open_store(file.url());
            submit(*store, new_job(1));
        });
        ForkedProcess::write_text(out,
                                  code == Errc::store_unavailable ? "unavailable" : code.message());
    });
    CHECK(child.read_all() == "unavailable");
    std::filesystem::permissions(file.path().parent_path(), std::filesystem::perms{0755});
}

} // namespace
