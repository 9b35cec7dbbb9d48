#include "databases/foreign_tables.hpp"
#include "databases/limits_of_earlier_tables.hpp"
#include "databases/mysql_tables.hpp"
#include "databases/schema_options.hpp"
#include "mysql/schema.hpp"
#include "mysql_cases.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <functional>
#include <vector>

namespace {

using namespace asyncjobs;
using namespace soci_test;

/// The test's own database, without a prefix.
class OwnDatabase {
public:
    explicit OwnDatabase(const Need& server, const std::string& suffix = {})
        : name_("asyncjobs_t" + std::to_string(::getpid()) + suffix), needed_(server) {
        server_.run("DROP DATABASE IF EXISTS " + name_);
        server_.run("CREATE DATABASE " + name_);
    }
    ~OwnDatabase() { server_.run("DROP DATABASE " + name_); }

    std::string url() const {
        const std::string server = needed_.value();
        const auto end = server.find('?');
        return server.substr(0, server.rfind('/', end) + 1) + name_ +
               (end == server.npos ? "" : server.substr(end));
    }
    void run(const std::string& sql) { Mysql(url()).run(sql); }
    /// The names and columns of all objects.
    std::string dump() {
        std::string all;
        for (const auto& row :
             server_.rows("SELECT CONCAT_WS(' ', t.table_name, t.table_type, c.column_name)"
                          " FROM information_schema.tables AS t"
                          " JOIN information_schema.columns AS c USING (table_schema, table_name)"
                          " WHERE t.table_schema = '" +
                              name_ + "' ORDER BY t.table_name, c.ordinal_position",
                          1))
            all += row[0] + "\n";
        return all;
    }

private:
    const std::string name_;
    const Need& needed_;
    Mysql server_{needed_.value()};
};

MYSQL_CASE(
    "migrate",
    "a MySQL database in which a host's object has a name of the store's is refused unchanged") {
    OwnDatabase database(needed);
    for (const ForeignObject& foreign : foreign_objects) {
        database.run(foreign.statement);
        check_foreign_is_refused(database.url(), foreign, [&] { return database.dump(); });
        database.run("DROP " + foreign.what);
    }
    check_prefix_helps(database.url());
}

MYSQL_CASE("migrate", "a host's table stays refused after an interrupted MySQL migration") {
    OwnDatabase database(needed);
    open_store(database.url());
    database.run("DELETE FROM asyncjobs_schema");
    database.run("DROP TABLE job_queues");
    database.run("CREATE TABLE job_queues (name INT, paused INT)");
    check_foreign_is_refused(database.url(), {"", "table job_queues"},
                             [&] { return database.dump(); });
    database.run("DROP TABLE job_queues");
    check_prefix_helps(database.url());
}

MYSQL_CASE("migrate", "opening a MySQL store names its missing table") {
    OwnDatabase database(needed);
    open_store(database.url());
    database.run("DROP TABLE job_waiting");
    CHECK(contains(message_of([&] { open_store(database.url()); }),
                   "the table job_waiting is missing"));
    CHECK_FALSE(contains(database.dump(), "job_waiting"));
}

std::vector<std::string> statements_of(std::string_view sql) {
    constexpr std::string_view end_of_statement = ";\n";
    std::vector<std::string> statements;
    for (auto end = sql.find(end_of_statement); end != sql.npos; end = sql.find(end_of_statement)) {
        statements.emplace_back(sql.substr(0, end));
        sql.remove_prefix(end + end_of_statement.size());
    }
    return statements;
}

/// Adds a job that waits for a limit and one that has steps, as version 1 stored them.
void add_jobs_of_version_1(Mysql& server) {
    const auto insert = [&](const JobId& id, const std::string& run_at, const std::string& steps) {
        server.run(
            "INSERT INTO jobs (id, type, queue, owner, status, max_attempts, timeout,"
            " retention, created_at, updated_at, run_at, not_before, input, steps) VALUES ('" +
            std::string(id.text()) + "', 'test', 'default', '', 'pending', 5, 0, 0, 1, 1, " +
            run_at + ", 1000, 'null', " + steps + ")");
    };
    insert(new_job(1).id, "253402300799999999", "NULL");
    server.run("INSERT INTO job_waiting VALUES ('" + std::string(new_job(1).id.text()) +
               "', 'one', 'default', 1000, 0)");
    insert(new_job(2).id, "2000",
           R"('[{"name":"read","result":"{\\"rows\\": \\"12\\"}"},{"name":"add","result":"[]"},)"
           R"({"name":"read","result":"2"}]')");
}

/// Leaves the tables as if the process had been killed after the first `done` statements of the
/// last of `known`. Calls `add_rows(version)` after each of the others.
void break_off(Mysql& server, std::span<const Migration> known, std::size_t done,
               const std::function<void(int)>& add_rows) {
    for (const Migration& step : known) {
        const auto statements = statements_of(step.sql);
        const bool is_last = &step == &known.back();
        for (std::size_t i = 0; i < (is_last ? done : statements.size()); ++i)
            server.run(statements[i]);
        if (is_last) return;
        server.run("INSERT INTO asyncjobs_schema VALUES (" + std::to_string(step.version) + ", 0)");
        add_rows(step.version);
    }
}

/// With the jobs of add_jobs_of_version_1().
void break_off(Mysql& server, std::span<const Migration> known, std::size_t done) {
    break_off(server, known, done, [&](int version) {
        if (version == 1) add_jobs_of_version_1(server);
    });
}

MYSQL_CASE("migrate", "a migration of MySQL tables continues wherever it was interrupted") {
    const auto known = soci_adapter::mysql_migrations();
    for (std::size_t i = 1; i <= known.size(); ++i) {
        const auto count = statements_of(known[i - 1].sql).size();
        CHECK(count > 0);
        for (std::size_t done = 0; done <= count; ++done) {
            CAPTURE(i);
            CAPTURE(done);
            const MysqlTables tables(needed);
            Mysql server = tables.connect();
            break_off(server, known.first(i), done);
            const auto store = open_store(tables.url());
            CHECK(server.value("SELECT max(version) FROM asyncjobs_schema") ==
                  std::to_string(known.back().version));
            if (i == 1) {
                submit(*store, new_job(1));
                CHECK(claim(*store, 5).size() == 1);
                continue;
            }
            const auto claimed = claim(*store, 5);
            REQUIRE(claimed.size() == 2);
            CHECK(claimed[0].lease.id == new_job(1).id);
            CHECK(claimed[0].steps.empty());
            const std::vector<asyncjobs::Step> steps = {
                {"read", JsonText::parse(R"({"rows": "12"})")}, {"add", JsonText::parse("[]")}};
            CHECK((claimed[1].steps == steps));
        }
    }
}

MYSQL_CASE("migrate", "MySQL tables of the version before claims ahead are upgraded") {
    const MysqlTables tables(needed);
    Mysql server = tables.connect();
    break_off(server, soci_adapter::mysql_migrations().first(4), 0, [](int) {});
    CHECK(crashes_of_one_lost_ahead(*open_store(tables.url())) == 0);
}

MYSQL_CASE("migrate", "MySQL tables are made or upgraded only if the options allow it") {
    OwnDatabase database(needed);
    check_create_is_obeyed(database.url(), [&] { return database.dump(); });

    OwnDatabase old(needed, "_old");
    Mysql server(old.url());
    break_off(server, soci_adapter::mysql_migrations().first(4), 0, [](int) {});
    check_migrate_is_obeyed(old.url(), 3, [&] { return old.dump(); });
}

MYSQL_CASE("migrate", "limits of earlier MySQL tables continue, wherever a migration stopped") {
    constexpr int earlier = 6;
    const auto known = soci_adapter::mysql_migrations().first(earlier + 1);
    const auto count = statements_of(known.back().sql).size();
    for (std::size_t done = 0; done <= count; ++done) {
        CAPTURE(done);
        const MysqlTables tables(needed);
        Mysql server = tables.connect();
        break_off(server, known, done, [&](int version) {
            if (version != earlier) return;
            add_limits_of_earlier_tables([&](const std::string& sql) { server.run(sql); });
        });
        check_limits_of_earlier_tables(*open_store(tables.url()));
    }
}

MYSQL_CASE("migrate", "a migration of MySQL tables may exceed the statement timeout") {
    const MysqlTables tables(needed);
    Mysql server = tables.connect();
    const auto known = soci_adapter::mysql_migrations();
    break_off(server, known.first(3), 0);
    server.run("CREATE TRIGGER jobs_slow BEFORE UPDATE ON jobs FOR EACH ROW SET @slept = SLEEP(2)");
    open_store(tables.url(), {.statement_timeout = std::chrono::seconds{1}});
    CHECK(server.value("SELECT max(version) FROM asyncjobs_schema") ==
          std::to_string(known.back().version));
}

MYSQL_CASE("migrate", "a missing table is named after an interrupted MySQL migration") {
    OwnDatabase database(needed);
    Mysql server(database.url());
    break_off(server, soci_adapter::mysql_migrations().first(2), 3);
    database.run("DROP TABLE job_queues");
    CHECK(contains(message_of([&] { open_store(database.url()); }),
                   "the table job_queues is missing"));
}

MYSQL_CASE("migrate", "a host's table may have a name of the store's in another MySQL database") {
    OwnDatabase theirs(needed);
    theirs.run("CREATE TABLE jobs (id INT)");
    const MysqlTables ours(needed);
    check_prefix_helps(ours.url());
}

} // namespace
