#include "databases/foreign_tables.hpp"
#include "databases/mysql_tables.hpp"
#include "mysql_cases.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <vector>

namespace {

using namespace asyncjobs;
using namespace soci_test;

/// A database of the test's own, without a prefix.
class OwnDatabase {
public:
    explicit OwnDatabase(const Need& server) : needed_(server) {
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
    /// The names and columns of all there is.
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
    const std::string name_ = "asyncjobs_t" + std::to_string(::getpid());
    const Need& needed_;
    Mysql server_{needed_.value()};
};

MYSQL_CASE("migrate",
           "a MySQL database in which a host has taken a name of the store's is left alone") {
    OwnDatabase database(needed);
    for (const ForeignObject& foreign : foreign_objects) {
        database.run(foreign.statement);
        check_foreign_is_refused(database.url(), foreign, [&] { return database.dump(); });
        database.run("DROP " + foreign.what);
    }
    check_prefix_helps(database.url());
}

MYSQL_CASE("migrate", "a host's table stays refused where a MySQL migration broke off") {
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

MYSQL_CASE("migrate",
           "a table of the MySQL store's that is gone is named when the store is opened") {
    OwnDatabase database(needed);
    open_store(database.url());
    database.run("DROP TABLE job_waiting");
    CHECK(contains(message_of([&] { open_store(database.url()); }),
                   "the table job_waiting is missing"));
    CHECK_FALSE(contains(database.dump(), "job_waiting"));
}

MYSQL_CASE("migrate", "a host's table may have a name of the store's in another MySQL database") {
    OwnDatabase theirs(needed);
    theirs.run("CREATE TABLE jobs (id INT)");
    const MysqlTables ours(needed);
    check_prefix_helps(ours.url());
}

} // namespace
