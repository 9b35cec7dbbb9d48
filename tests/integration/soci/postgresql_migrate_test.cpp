#include "databases/foreign_tables.hpp"
#include "databases/limits_of_earlier_tables.hpp"
#include "databases/postgresql_server.hpp"
#include "databases/schema_options.hpp"
#include "postgresql/schema.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <vector>

namespace {

using namespace asyncjobs;
using namespace soci_test;

/// Two schemas of a host; sessions of its URL search `first`, then `second`.
class TwoSchemas {
public:
    TwoSchemas() {
        server().run("CREATE SCHEMA " + first.name() + "; CREATE SCHEMA " + second.name());
    }

    const PostgresqlSchema first, second;

    std::string url() const {
        return needs_postgresql.value() + "?options=-csearch_path%3D" + first.name() + "," +
               second.name();
    }
    std::string dump() const {
        std::string all;
        for (const auto& name : server().column(
                 "SELECT concat_ws(' ', c.relnamespace, c.relname, c.relkind, a.attname)"
                 " FROM pg_class AS c LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid"
                 " WHERE CAST(CAST(c.relnamespace AS regnamespace) AS text) IN ('" +
                 first.name() + "', '" + second.name() + "') ORDER BY 1"))
            all += name + "\n";
        return all;
    }
    static Postgresql server() { return Postgresql(needs_postgresql.value()); }
};

TEST_CASE(
    "a PostgreSQL schema in which a host's object has a name of the store's is refused unchanged" *
    needs_postgresql) {
    std::vector<ForeignObject> all(std::begin(foreign_objects), std::end(foreign_objects));
    all.push_back({"CREATE MATERIALIZED VIEW jobs AS SELECT 1 AS id", "view jobs"});
    all.push_back({"CREATE SEQUENCE jobs", "sequence jobs"});
    all.push_back({"CREATE TYPE jobs AS (id integer)", "type jobs"});
    all.push_back({"CREATE TYPE jobs AS ENUM ('cook', 'clerk')", "type jobs"});
    all.push_back({"CREATE DOMAIN job_queues AS text", "type job_queues"});
    all.push_back({"CREATE TABLE jobs (id integer) PARTITION BY RANGE (id)", "table jobs"});
    all.push_back(
        {"CREATE TABLE theirs (a integer); CREATE INDEX jobs_due ON theirs (a)", "index jobs_due"});
    for (const ForeignObject& foreign : all) {
        const TwoSchemas host;
        host.first.connect().run(foreign.statement);
        check_foreign_is_refused(host.url(), foreign, [&] { return host.dump(); });
        check_foreign_is_refused(host.first.url(), foreign, [&] { return host.dump(); });
        check_prefix_helps(host.url() + "&table_prefix=own_");
    }
}

TEST_CASE("a host's table that the PostgreSQL store's would hide is refused" * needs_postgresql) {
    const TwoSchemas host;
    host.second.connect().run("CREATE TABLE jobs (id integer)");
    const ForeignObject hidden = {"", "table " + host.second.name() + ".jobs"};
    check_foreign_is_refused(host.url(), hidden, [&] { return host.dump(); });
    check_prefix_helps(host.first.url()); // for which the path does not matter
}

TEST_CASE("a host's table before the PostgreSQL store's in the search_path is not mistaken for it" *
          needs_postgresql) {
    const TwoSchemas host;
    submit(*open_store(host.second.url()), new_job(1));
    host.first.connect().run("CREATE TABLE jobs (id integer); CREATE TABLE job_queues (a integer)");
    const auto store = open_store(host.url());
    CHECK(find(*store, new_job(1).id));
    submit(*store, new_job(2));
    CHECK(claim(*store, 5).size() == 2);
}

TEST_CASE("a host's function may have the name of a table of the PostgreSQL store" *
          needs_postgresql) {
    const TwoSchemas host;
    host.first.connect().run("CREATE FUNCTION jobs() RETURNS integer LANGUAGE sql AS 'SELECT 1'");
    check_prefix_helps(host.url());
}

TEST_CASE("opening a PostgreSQL store names its missing table" * needs_postgresql) {
    const PostgresqlSchema schema;
    open_store(schema.url());
    schema.connect().run("DROP TABLE job_waiting");
    CHECK(contains(message_of([&] { open_store(schema.url()); }),
                   "the table job_waiting is missing"));
}

void make_tables(const PostgresqlSchema& schema, Postgresql& server, std::size_t version) {
    server.run("CREATE SCHEMA " + schema.name());
    for (const Migration& step : soci_adapter::postgresql_migrations().first(version)) {
        server.run(step.sql);
        server.run("INSERT INTO asyncjobs_schema VALUES (" + std::to_string(step.version) + ", 0)");
    }
}

/// Makes tables of version 2, with a job that has steps.
void make_old_tables(const PostgresqlSchema& schema, Postgresql& server) {
    make_tables(schema, server, 2);
    server.run("INSERT INTO jobs (id, type, queue, owner, status, max_attempts, timeout,"
               " retention, created_at, updated_at, run_at, input, steps) VALUES ('" +
               std::string(new_job(1).id.text()) +
               "', 'test', 'default', '', 'pending', 5, 0, 0, 1, 1, 1, 'null', '" +
               R"([{"name":"read","result":"{\"rows\": 12}"},{"name":"add","result":"[]"},)"
               R"({"name":"read","result":"2"}]'))");
}

TEST_CASE("a migration of PostgreSQL tables may exceed the statement timeout" * needs_postgresql) {
    const PostgresqlSchema schema;
    auto server = schema.connect();
    make_old_tables(schema, server);
    server.run("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
               " 'BEGIN PERFORM pg_sleep(2); RETURN NEW; END';"
               "CREATE TRIGGER slow BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION wait()");
    const auto store = open_store(schema.url(), {.statement_timeout = std::chrono::seconds{1}});
    CHECK(find(*store, new_job(1).id)->steps.size() == 2);
}

TEST_CASE("PostgreSQL tables are made or upgraded only if the options allow it" *
          needs_postgresql) {
    const TwoSchemas host;
    check_create_is_obeyed(host.url(), [&] { return host.dump(); });

    const PostgresqlSchema schema;
    auto server = schema.connect();
    CHECK(code_of([&] { open_store(schema.url(), {.create = false}); }) == Errc::schema_mismatch);
    make_old_tables(schema, server); // the schema itself was not made either
    check_migrate_is_obeyed(schema.url(), 2, [&] {
        return server.value("SELECT string_agg(concat(c.relname, a.attname), ' '"
                            " ORDER BY c.relname, a.attnum)"
                            " FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
                            " WHERE c.relnamespace = CAST('" +
                            schema.name() + "' AS regnamespace)");
    });
}

TEST_CASE("the steps of a job in older PostgreSQL tables are kept" * needs_postgresql) {
    const PostgresqlSchema schema;
    auto server = schema.connect();
    make_old_tables(schema, server);
    const auto store = open_store(schema.url());
    std::vector<Step> expected = {{"read", JsonText::parse(R"({"rows": 12})")},
                                  {"add", JsonText::parse("[]")}};
    const auto claimed = claim(*store, 1).at(0);
    CHECK((claimed.steps == expected));
    const Heartbeat heartbeat{.lease = claimed.lease, .step = Step{"sum", JsonText::parse("3")}};
    store->renew({&heartbeat, 1}, std::chrono::minutes{1});
    expected.push_back(*heartbeat.step);
    CHECK((find(*store, claimed.lease.id)->steps == expected));
}

TEST_CASE("PostgreSQL tables of the version before claims ahead are upgraded" * needs_postgresql) {
    const PostgresqlSchema schema;
    auto server = schema.connect();
    make_tables(schema, server, 3);
    CHECK(crashes_of_one_lost_ahead(*open_store(schema.url())) == 0);
}

TEST_CASE("limits of an earlier PostgreSQL schema continue, with the jobs under them" *
          needs_postgresql) {
    const PostgresqlSchema schema;
    auto server = schema.connect();
    make_tables(schema, server, 5);
    add_limits_of_earlier_tables([&](const std::string& sql) { server.run(sql); });
    check_limits_of_earlier_tables(*open_store(schema.url()));
}

TEST_CASE("a PostgreSQL search_path without a schema for tables is refused with the reason" *
          needs_postgresql) {
    for (const std::string path : {"pg_catalog", "pg_temp", "no_such_schema"})
        CHECK(contains(message_of([&] {
                           open_store(needs_postgresql.value() + "?options=-csearch_path%3D" +
                                      path);
                       }),
                       "search_path names no schema"));
}

} // namespace
