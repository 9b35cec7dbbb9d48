#include "outage.hpp"

#include "databases/postgresql_server.hpp"

#include <doctest/doctest.h>

namespace {

using namespace soci_test;

/// A schema whose store uses its own role, whose rights can be revoked.
struct OwnRole {
    OwnRole() {
        admin.run("CREATE SCHEMA " + schema.name());
        admin.run("CREATE ROLE " + role + " LOGIN");
        admin.run("GRANT ALL ON SCHEMA " + schema.name() + " TO " + role);
    }
    ~OwnRole() {
        try {
            admin.run("DROP SCHEMA " + schema.name() + " CASCADE; DROP OWNED BY " + role +
                      "; DROP ROLE " + role);
        } catch (const std::exception&) { // the server is down
        }
    }
    OwnRole(const OwnRole&) = delete;
    OwnRole& operator=(const OwnRole&) = delete;

    std::string url() const {
        const std::string url = schema.url();
        return "postgresql://" + role + url.substr(url.find('@'));
    }

    PostgresqlSchema schema;
    const std::string role = schema.name() + "_role";
    Postgresql admin = schema.connect();
};

TEST_CASE("results survive an outage of PostgreSQL whose sqlstates do not indicate one" *
          needs_postgresql) {
    OwnRole database;
    const auto run = [&](const std::string& sql) {
        return [&database, sql] { database.admin.run(sql); };
    };
    const std::string jobs = database.schema.name() + ".jobs";
    const Outage outages[] = {
        {"42501", run("REVOKE UPDATE ON " + jobs + " FROM " + database.role),
         run("GRANT UPDATE ON " + jobs + " TO " + database.role)},
        {"42P01", run("ALTER TABLE " + jobs + " RENAME TO gone"),
         run("ALTER TABLE " + database.schema.name() + ".gone RENAME TO jobs")},
        {"42703", run("ALTER TABLE " + jobs + " RENAME COLUMN revision TO gone"),
         run("ALTER TABLE " + jobs + " RENAME COLUMN gone TO revision")},
        {"42703, for settlements alone", run("ALTER TABLE " + jobs + " RENAME result TO gone"),
         run("ALTER TABLE " + jobs + " RENAME gone TO result")},
    };
    for (const auto& outage : outages) check_results_survive(database.url(), outage);
}

TEST_CASE("results survive PostgreSQL's errors of a broken disk, index or server" *
          needs_postgresql) {
    OwnRole database;
    const std::string& schema = database.schema.name();
    // An I/O error, an internal error, a corrupted table and a corrupted index; a server that is
    // not in the state for it, and one that became a standby.
    for (const std::string code : {"58030", "XX000", "XX001", "XX002", "55000", "25006"}) {
        const Outage outage{
            code,
            [&] {
                database.admin.run("CREATE FUNCTION " + schema +
                                   ".refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                                   " RAISE EXCEPTION 'refused' USING ERRCODE = '" +
                                   code +
                                   "'; END $$;"
                                   "CREATE TRIGGER refuse BEFORE UPDATE ON " +
                                   schema + ".jobs EXECUTE FUNCTION " + schema + ".refuse()");
            },
            [&] { database.admin.run("DROP FUNCTION " + schema + ".refuse() CASCADE"); }};
        check_results_survive(database.url(), outage);
    }
}

} // namespace
